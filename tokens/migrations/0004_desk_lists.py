from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0003_credential_warnings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # Beside the running site, however long it takes.
    atomic = False

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        AddIndexConcurrently(
            model_name="apikey",
            index=models.Index(fields=["user", "-id"], name="key_ever_of_person"),
        ),
        AddIndexConcurrently(
            model_name="apikey",
            index=models.Index(fields=["-created_at", "-id"], name="key_by_age"),
        ),
        AddIndexConcurrently(
            model_name="apikey",
            index=models.Index(
                condition=models.Q(("end", ""), _negated=True),
                fields=["end", "-created_at"],
                name="key_by_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="family",
            index=models.Index(fields=["-created_at", "-id"], name="family_by_age"),
        ),
        AddIndexConcurrently(
            model_name="family",
            index=models.Index(
                condition=models.Q(("end", ""), _negated=True),
                fields=["end", "-created_at"],
                name="family_by_end",
            ),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
