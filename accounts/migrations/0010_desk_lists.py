import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_roles_and_bulk_actions"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # Beside the running site, however long it takes.
    atomic = False

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                fields=["email"], name="invitation_by_address", opclasses=["varchar_pattern_ops"]
            ),
        ),
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                models.Func(
                    models.F("email"),
                    models.Value("@"),
                    models.Value(2),
                    function="split_part",
                    output_field=models.TextField(),
                ),
                name="invitation_by_domain",
            ),
        ),
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(fields=["-created_at", "-id"], name="invitation_by_age"),
        ),
        AddIndexConcurrently(
            model_name="session",
            index=models.Index(fields=["-created_at", "-session_key"], name="session_by_age"),
        ),
        AddIndexConcurrently(
            model_name="session",
            index=models.Index(fields=["address"], name="session_by_address"),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                models.OrderBy(models.F("date_joined"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="person_by_age",
            ),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                models.Func(
                    models.F("email"),
                    models.Value("@"),
                    models.Value(2),
                    function="split_part",
                    output_field=models.TextField(),
                ),
                models.OrderBy(models.F("id"), descending=True),
                name="person_by_domain",
            ),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="simple"),
                name="person_by_word_of_name",
            ),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["-id"], name="person_disabled"
            ),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("locked_at__isnull", False)), fields=["-id"], name="person_locked"
            ),
        ),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_staff", True)), fields=["-id"], name="person_of_staff"
            ),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
