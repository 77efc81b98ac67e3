"""The switch that only tests have: the log refuses changes to everybody else."""

DISABLE = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE audit_event DISABLE TRIGGER USER;
ALTER TABLE audit_seal DISABLE TRIGGER USER;
"""
ENABLE = """
ALTER TABLE audit_event ENABLE TRIGGER audit_event_in_time;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only;
ALTER TABLE audit_seal ENABLE ALWAYS TRIGGER audit_seal_append_only;
SET CONSTRAINTS ALL DEFERRED;
"""
