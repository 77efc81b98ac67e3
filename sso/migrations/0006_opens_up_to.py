from django.db import migrations, models

RANKS = [
    (1, "plain members"),
    (2, "members and admins"),
    (3, "members, admins and owners"),
    (4, "everybody, also those who help to run the site"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("sso", "0005_without_secrets"),
    ]

    operations = [
        # Those that are there open what they opened so far; new ones begin with what nobody has to answer for.
        migrations.AddField(
            model_name="connection",
            name="opens_up_to",
            field=models.PositiveSmallIntegerField(
                choices=RANKS, default=4, editable=False, verbose_name="opens the accounts of"
            ),
        ),
        migrations.AlterField(
            model_name="connection",
            name="opens_up_to",
            field=models.PositiveSmallIntegerField(
                choices=RANKS, default=1, editable=False, verbose_name="opens the accounts of"
            ),
        ),
    ]
