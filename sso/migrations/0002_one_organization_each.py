"""What Django has no words for: what a group brings belongs to the organization of its connection."""

from django.db import migrations

# Column of the rule that points to another table of the same organization.
LINKS = [("connection_id", "sso_connection"), ("role_id", "orgs_role"), ("team_id", "orgs_team")]


class Migration(migrations.Migration):
    dependencies = [("sso", "0001_connections"), ("orgs", "0002_one_organization_each")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE sso_grouprule ADD CONSTRAINT sso_grouprule_{column}_same_organization "
            f"FOREIGN KEY (organization_id, {column}) REFERENCES {other} (organization_id, id) "
            "DEFERRABLE INITIALLY DEFERRED",
            f"ALTER TABLE sso_grouprule DROP CONSTRAINT sso_grouprule_{column}_same_organization",
        )
        for column, other in LINKS
    ]
