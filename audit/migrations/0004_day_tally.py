from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_service_actor"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("action", models.CharField(max_length=64)),
                ("number", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(models.F("day"), models.F("action"), name="one_tally_of_day")
                ],
            },
        ),
    ]
