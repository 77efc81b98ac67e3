"""What Django has no words for: keys over two columns, and that an organization with owners keeps one."""

from django.db import migrations

# Table and column that point to another table of the same organization.
LINKS = [
    ("orgs_teammember", "team_id", "orgs_team"),
    ("orgs_teammember", "membership_id", "orgs_membership"),
    ("orgs_grant", "role_id", "orgs_role"),
    ("orgs_grant", "membership_id", "orgs_membership"),
    ("orgs_grant", "team_id", "orgs_team"),
    ("orgs_invitation", "team_id", "orgs_team"),
]

# The organization's row is locked, so that of two transactions the later one sees what the earlier one left.
KEEP_AN_OWNER = """
CREATE FUNCTION orgs_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM orgs_organization WHERE id = OLD.organization_id FOR NO KEY UPDATE;
  IF FOUND AND NOT EXISTS (
    SELECT 1 FROM orgs_membership
    WHERE organization_id = OLD.organization_id AND role = 'owner' AND paused_at IS NULL
  ) THEN
    RAISE EXCEPTION 'organization % would be left without an owner', OLD.organization_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER orgs_owner_left AFTER DELETE ON orgs_membership
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner')
  EXECUTE FUNCTION orgs_keep_an_owner();
CREATE CONSTRAINT TRIGGER orgs_owner_changed AFTER UPDATE ON orgs_membership
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.role = 'owner' AND (NEW.role <> 'owner' OR NEW.paused_at IS NOT NULL))
  EXECUTE FUNCTION orgs_keep_an_owner();
"""
KEEP_NOBODY = """
DROP TRIGGER orgs_owner_changed ON orgs_membership;
DROP TRIGGER orgs_owner_left ON orgs_membership;
DROP FUNCTION orgs_keep_an_owner();
"""


def name_of(table: str, column: str) -> str:
    return f"{table}_{column}_same_organization"


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name_of(table, column)} "
                f"FOREIGN KEY (organization_id, {column}) REFERENCES {other} (organization_id, id) "
                "DEFERRABLE INITIALLY DEFERRED",
                f"ALTER TABLE {table} DROP CONSTRAINT {name_of(table, column)}",
            )
            for table, column, other in LINKS
        ),
        migrations.RunSQL(KEEP_AN_OWNER, KEEP_NOBODY),
    ]
