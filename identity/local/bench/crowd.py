"""Runs inside the site: makes the bench's people as many as BENCH_PEOPLE, with what people leave behind.

Straight into the tables, by one statement for each; a column that is not named here gets its model's default.
"""

import os
import uuid
from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import Browser, Session, User
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from identity.local.bench import people
from tokens.models import Family

DEFAULTS = {uuid.uuid4: "gen_random_uuid()", timezone.now: "now()"}
NEW = "generate_series(%(seeded)s, %(last)s) AS number"
EACH = "accounts_user AS person WHERE person.id > %(newest)s"
DIGEST = "encode(sha256(person.public_id::text::bytea), 'hex')"
LATER = "now() + interval '10 days'"

# What to insert into, from where, and by column what differs from the defaults.
TABLES: list[tuple[type[models.Model], str, dict[str, str]]] = [
    (User, NEW, {"email": f"'person' || number || '@{people.DOMAIN}'", "password": "%(password)s"}),
    (
        EmailAddress,
        EACH,
        {"user_id": "person.id", "email": "person.email", "verified": "true", "primary": "true"},
    ),
    (Browser, EACH, {"user_id": "person.id", "digest": DIGEST}),
    (
        Session,
        EACH,
        {"session_key": DIGEST, "session_data": "''", "expire_date": LATER, "user_id": "person.id"},
    ),
    (Family, EACH, {"user_id": "person.id", "expires_at": LATER}),
    (
        Event,
        EACH,
        {
            "action": f"'{Action.SIGN_IN}'",
            "outcome": f"'{Outcome.SUCCESS}'",
            "actor_kind": f"'{ActorKind.PERSON}'",
            "actor": "person.public_id",
            "person": "person.public_id",
        },
    ),
]


def main() -> None:
    newest = User.objects.latest("pk")
    values = {
        "seeded": people.NUMBER,
        "last": int(os.environ["BENCH_PEOPLE"]) - 1,
        "newest": newest.pk,
        "password": newest.password,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with transaction.atomic():
            # Keys between tables hold as it is; to check a million of each would take longer than writing them.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for model, source, columns in TABLES:
                fill(cursor, model, source, columns, values)
        # Otherwise the server would do it by itself later, while we measure.
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def fill(
    cursor: CursorWrapper,
    model: type[models.Model],
    source: str,
    columns: Mapping[str, str],
    values: Mapping[str, Any],
) -> None:
    expressions, literals = dict(columns), dict(values)
    for field in model._meta.concrete_fields:
        if field.attname not in columns and not _fills_itself(field):
            expressions[field.attname] = DEFAULTS.get(field.default) or f"%({field.attname})s"
            literals[field.attname] = field.get_db_prep_save(field.get_default(), connection)
    names = ", ".join(map(connection.ops.quote_name, expressions))
    # All of it stands in this file and in our models.
    select = f"SELECT {', '.join(expressions.values())} FROM {source}"  # noqa: S608
    cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) {select}", literals)


def _fills_itself(field: "models.Field[Any, Any]") -> bool:
    return field.null or field.has_db_default() or isinstance(field, models.AutoField)
