"""What the tables promise."""

import re
from io import StringIO
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

OURS = {"core", "audit", "accounts", "sso", "orgs", "mfa", "tokens", "oauth"}
SECRET = re.compile(r"token|secret|code|password|passwd|private|api_?key|session_?key|seed", re.IGNORECASE)
# Columns with such a name that hold no usable secret, each with what they hold instead.
HARMLESS = {
    "accounts.User.password": "an Argon2id hash",
    "accounts.Session.session_key": "the digest of the key in the cookie",
    "accounts.Proof.code_digest": "a keyed digest of the code in the mail",
}


def columns() -> list[tuple[str, models.Field]]:
    return [
        (f"{model._meta.label}.{field.name}", field)
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.concrete_fields
    ]


def test_no_column_holds_a_secret_in_clear() -> None:
    raw = [
        name
        for name, field in columns()
        if SECRET.search(field.name) and not isinstance(field, models.BinaryField) and name not in HARMLESS
    ]
    assert raw == []


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("app", sorted(OURS & set(apps.app_configs)))
def test_migrations_are_a_line(app: str) -> None:
    graph = MigrationLoader(connection).graph
    names = sorted(name for label, name in graph.nodes if label == app)
    for earlier, later in pairwise(names):
        assert (app, earlier) in graph.node_map[(app, later)].parents
    assert len(graph.leaf_nodes(app)) <= 1


@pytest.mark.django_db
@pytest.mark.parametrize("app", ["core", "audit"])
def test_migrations_can_be_undone(app: str) -> None:
    graph = MigrationLoader(connection).graph
    for label, name in graph.nodes:
        if label == app:
            for operation in graph.nodes[label, name].operations:
                assert operation.reversible, f"{label}.{name}: {operation}"
