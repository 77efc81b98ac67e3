import django.utils.timezone
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_day_tally"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedExport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("filters", core.fields.EncryptedJSONField(default=dict, verbose_name="narrowed down by")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("csv", "CSV, for spreadsheets"),
                            ("ndjson", "NDJSON, a line of JSON for each row"),
                        ],
                        max_length=10,
                        verbose_name="format",
                    ),
                ),
                ("made_by", models.UUIDField(verbose_name="made by")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="made")),
                ("last_run_at", models.DateTimeField(null=True, verbose_name="last run")),
            ],
            options={
                "verbose_name": "kept export",
                "verbose_name_plural": "kept exports",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("begun_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("events", models.BigIntegerField(default=0)),
                ("seals", models.BigIntegerField(default=0)),
                ("waiting", models.BigIntegerField(default=0)),
                ("head", models.CharField(blank=True, max_length=64)),
                ("fault", models.TextField(blank=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
