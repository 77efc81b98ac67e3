"""Runs inside the site: makes the bench's people as many as BENCH_PEOPLE, with what people leave behind."""

import os

from allauth.account.models import EmailAddress
from django.db import connection, transaction

from accounts.models import Browser, Session, User
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from identity.local.bench import people
from identity.local.crowd import Table, gather
from tokens.models import Family

NEW = "generate_series(%(seeded)s, %(last)s) AS number"
EACH = "accounts_user AS person WHERE person.id > %(newest)s"
DIGEST = "encode(sha256(person.public_id::text::bytea), 'hex')"
LATER = "now() + interval '10 days'"

TABLES = [
    Table(User, NEW, {"email": f"'person' || number || '@{people.DOMAIN}'", "password": "%(password)s"}),
    Table(
        EmailAddress,
        EACH,
        {"user_id": "person.id", "email": "person.email", "verified": "true", "primary": "true"},
    ),
    Table(Browser, EACH, {"user_id": "person.id", "digest": DIGEST}),
    Table(
        Session,
        EACH,
        {"session_key": DIGEST, "session_data": "''", "expire_date": LATER, "user_id": "person.id"},
    ),
    Table(Family, EACH, {"user_id": "person.id", "expires_at": LATER}),
    Table(
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
        with transaction.atomic():
            gather(cursor, TABLES, values)
        cursor.execute("SET statement_timeout = 0")
        # Otherwise the server would do it by itself later, while we measure.
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
