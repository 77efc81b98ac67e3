"""PostgreSQL itself refuses to change the log, whoever asks, and refuses a commit that would look forged later."""

from django.db import migrations

# ALWAYS: the trigger fires for a session in replica mode too. Only ALTER TABLE … DISABLE TRIGGER gets past it.
REFUSE_CHANGES = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only;

CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_seal ENABLE ALWAYS TRIGGER audit_seal_append_only;
"""
ALLOW_CHANGES = """
DROP TRIGGER audit_seal_append_only ON audit_seal;
DROP TRIGGER audit_event_append_only ON audit_event;
DROP FUNCTION audit_refuse_change();
"""

# The sealer takes an event that turns up more than 15 minutes late for a forgery (audit/chain.py). No honest one
# may do so: a transaction that wrote an event and then ran for 10 minutes cannot commit.
REFUSE_LATENESS = """
CREATE FUNCTION audit_refuse_lateness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.at NOT BETWEEN clock_timestamp() - interval '10 minutes' AND clock_timestamp() + interval '1 minute' THEN
        RAISE EXCEPTION 'an audit event of % cannot be committed now', NEW.at USING ERRCODE = 'restrict_violation',
            HINT = 'The transaction took more than ten minutes: split it.';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER audit_event_in_time AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_refuse_lateness();
"""
ALLOW_LATENESS = """
DROP TRIGGER audit_event_in_time ON audit_event;
DROP FUNCTION audit_refuse_lateness();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        migrations.RunSQL(REFUSE_LATENESS, ALLOW_LATENESS),
    ]
