import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0004_desk_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apikey",
            options={"default_permissions": (), "verbose_name": "API key", "verbose_name_plural": "API keys"},
        ),
        migrations.AlterModelOptions(
            name="family",
            options={
                "default_permissions": (),
                "verbose_name": "sign-in of a program",
                "verbose_name_plural": "sign-ins of programs",
            },
        ),
        migrations.AlterField(
            model_name="apikey",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("ended", "ended by its owner"),
                    ("rotated", "replaced by a new one"),
                    ("reported", "reported as leaked"),
                    ("revoked", "all access ended"),
                ],
                max_length=10,
                verbose_name="how it ended",
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="hint",
            field=models.CharField(editable=False, max_length=12, verbose_name="begins with"),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scope",
            field=models.CharField(max_length=1000, verbose_name="what it may do"),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="family",
            name="end",
            field=models.CharField(
                blank=True,
                choices=[
                    ("signed-out", "signed out"),
                    ("reused", "an old token was used again"),
                    ("revoked", "all access ended"),
                ],
                max_length=12,
                verbose_name="how it ended",
            ),
        ),
        migrations.AlterField(
            model_name="family",
            name="scope",
            field=models.CharField(blank=True, max_length=1000, verbose_name="what it may do"),
        ),
        migrations.AlterField(
            model_name="family",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="families",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="serviceaccount",
            name="scope",
            field=models.CharField(blank=True, max_length=1000, verbose_name="what it may do"),
        ),
    ]
