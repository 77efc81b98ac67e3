"""A crowd that has lived here for two months: people with all that they leave behind, in every table of the desk.

Only those whose address ends in DOMAIN belong to it. What they hold opens nothing: nobody knows its other half.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import Browser, Invitation, Session, User
from audit import chain, leaves, log
from audit.actions import Action, ActorKind, Outcome
from audit.models import Event
from core.client import Facts
from core.models import OutboxMessage
from identity.local.crowd import Table, gather
from mfa import codes
from mfa.models import Authenticator
from orgs.models import Membership, Organization, Policy
from sso.models import Connection, IdpCertificate
from tokens.models import ApiKey, Family, ServiceAccount

DOMAIN = "crowd.example"
DAYS = 60
BATCH = 20_000
# Written one by one, as the site does it, with what is personal in them; the rest of the log has none of that.
LATELY = 10_000
PER_ORGANIZATION = 200
MAIL_TEXTS = ("subject", "text", "html")

NEW = "generate_series(%(first)s, %(last)s) AS number"
# All of it stands in this file.
PEOPLE = f"""(
    SELECT *, substr(split_part(email, '@', 1), 7)::int AS number FROM accounts_user
    WHERE id > %(newest)s AND email LIKE '%%@{DOMAIN}'
) AS person"""  # noqa: S608
MEMBERS = f"""{PEOPLE} JOIN orgs_organization AS organization
    ON organization.slug = 'crowd-' || (person.number - person.number %% {PER_ORGANIZATION})"""
ORGANIZATIONS = """(
    SELECT *, substr(slug, 7)::int AS number FROM orgs_organization
    WHERE slug LIKE 'crowd-%%' AND substr(slug, 7)::int BETWEEN %(first)s AND %(last)s
) AS organization"""
KINDS = f"""(VALUES
    ('{Action.SIGN_UP}', '{Outcome.SUCCESS}', '{ActorKind.PERSON}', 1),
    ('{Action.SIGN_IN}', '{Outcome.SUCCESS}', '{ActorKind.PERSON}', 1),
    ('{Action.SIGN_IN_REFUSE}', '{Outcome.REFUSED}', '{ActorKind.ANONYMOUS}', 5),
    ('{Action.SIGN_IN_LOCK}', '{Outcome.REFUSED}', '{ActorKind.ANONYMOUS}', 50),
    ('{Action.PROFILE_CHANGE}', '{Outcome.SUCCESS}', '{ActorKind.PERSON}', 10)
) AS kind (action, outcome, actor_kind, every)"""


def digest(of: str, what: str) -> str:
    return f"encode(sha256(({of}.public_id::text || '{what}')::bytea), 'hex')"


def passed(number: str) -> str:
    """When the one of this number came, evenly through the days of this batch."""
    return f"%(begin)s::timestamptz + interval '1 second' * (%(step)s * ({number} - %(first)s))"


def one_of(number: str, *texts: str) -> str:
    quoted = ", ".join(f"'{text}'" for text in texts)
    return f"(ARRAY[{quoted}])[1 + {number} %% {len(texts)}]"


SINCE = passed("person.number")
SEEN = "now() - random() * interval '14 days'"
DEVICE = one_of(
    "person.number", "Firefox on Windows", "Safari on iPhone", "Chrome on Android", "Edge on Windows"
)
FROM = "'203.0.113.' || person.number %% 254"
STATE = "CASE WHEN number %% 500 = 1 THEN 'failed' WHEN number %% 2000 = 2 THEN 'deferred' ELSE 'sent' END"
NAME = (
    one_of("number", "Ada", "Bruno", "Clara", "Dmitri", "Elif", "Farid", "Greta")
    + " || ' ' || "
    + one_of("number / 7", "Nowak", "Okafor", "Petrov", "Quinn", "Rossi", "Sato", "Tanaka", "Weber", "Young")
)
BY_PERSON = {"user_id": "person.id"}

TABLES = [
    Table(
        User,
        NEW,
        {
            "email": f"'person' || number || '@{DOMAIN}'",
            "name": NAME,
            "password": "%(password)s",
            "is_active": "number %% 97 <> 0",
            "date_joined": passed("number"),
            "last_login": f"CASE WHEN number %% 9 <> 0 THEN {SEEN} END",
            "locked_at": "CASE WHEN number %% 1009 = 0 THEN now() END",
        },
    ),
    Table(
        EmailAddress,
        PEOPLE,
        {**BY_PERSON, "email": "email", "verified": "number %% 50 <> 0", "primary": "true"},
    ),
    Table(Browser, PEOPLE, {**BY_PERSON, "digest": digest("person", "browser")}),
    Table(
        Session,
        PEOPLE,
        {
            **BY_PERSON,
            "session_key": digest("person", "session"),
            "session_data": "''",
            "created_at": "now() - interval '15 days'",
            "last_seen_at": SEEN,
            "expire_date": "now() + interval '15 days'",
            "device": DEVICE,
            "address": FROM,
            "methods": one_of("person.number", "password", "password totp", "passkey"),
        },
    ),
    Table(
        Family,
        PEOPLE,
        {
            **BY_PERSON,
            "created_at": SINCE,
            "rotated_at": SEEN,
            "expires_at": "now() + interval '15 days'",
            "device": one_of("person.number", "curl", "Android app", "iPhone app"),
            "address": FROM,
            "methods": "'password'",
            "ended_at": "CASE WHEN number %% 4 = 0 THEN now() END",
            "end": "CASE WHEN number %% 4 = 0 THEN 'signed-out' ELSE '' END",
        },
    ),
    Table(
        ApiKey,
        f"{PEOPLE} WHERE number %% 3 = 0",
        {
            **BY_PERSON,
            "name": one_of("number / 3", "backup", "deploy", "report"),
            "hint": "'idk_' || substr(public_id::text, 1, 4)",
            "digest": digest("person", "key"),
            "scope": "'profile:read'",
            "public_id": "gen_random_uuid()",
            "created_at": SINCE,
            "expires_at": "now() + interval '90 days'",
            "ended_at": "CASE WHEN number %% 12 = 0 THEN now() END",
            "end": "CASE WHEN number %% 12 = 0 THEN 'ended' ELSE '' END",
        },
    ),
    Table(
        Authenticator,
        f"{PEOPLE} WHERE number %% 4 = 0",
        {
            **BY_PERSON,
            "name": "'Phone'",
            "secret": "%(secret)s",
            "last_step": "0",
            "created_at": SINCE,
        },
    ),
    Table(
        SocialAccount,
        f"{PEOPLE} WHERE number %% 5 = 0",
        {
            **BY_PERSON,
            "provider": "'google'",
            "uid": digest("person", "google"),
            "date_joined": SINCE,
            "last_login": SEEN,
        },
    ),
    Table(
        OutboxMessage,
        # None of them is due: nothing of this is ever mailed.
        f"{PEOPLE} CROSS JOIN (VALUES ('verify_email', 1), ('new_sign_in', 2)) AS kind (message, every) "
        "WHERE number %% every = 0 ORDER BY person.id",
        {
            "message": "kind.message",
            **{name: f"%({name})s" for name in MAIL_TEXTS},
            "person": "person.public_id",
            "recipient": "person.email",
            "state": STATE,
            "last_error": "CASE WHEN number %% 500 = 1 THEN '550 no such mailbox' ELSE '' END",
            "attempts": "1",
            "created_at": SINCE,
            "not_before": "now() + interval '1 year'",
            "sent_at": f"CASE WHEN number %% 500 <> 1 AND number %% 2000 <> 2 THEN {SINCE} END",
        },
    ),
    Table(
        Invitation,
        f"{PEOPLE} WHERE number %% 20 = 0",
        {
            "email": "'guest' || person.email",
            "link_digest": digest("person", "invitation"),
            "invited_by_id": "person.id",
            "created_at": SINCE,
            "expires_at": f"{SINCE} + interval '7 days'",
        },
    ),
    Table(
        Organization,
        f"{NEW} WHERE number %% {PER_ORGANIZATION} = 0",
        {
            "slug": "'crowd-' || number",
            "name": "'Crowd ' || number",
            "created_at": passed("number"),
            "status": "CASE WHEN number %% 3400 = 0 THEN 'suspended' ELSE 'active' END",
            "is_trusted": "number %% 1000 = 0",
        },
    ),
    Table(Policy, ORGANIZATIONS, {"organization_id": "organization.id"}),
    Table(
        Membership,
        f"{MEMBERS} WHERE person.number %% 3 = 0 OR person.number %% {PER_ORGANIZATION} = 0",
        {
            **BY_PERSON,
            "organization_id": "organization.id",
            "joined_at": SINCE,
            "role": f"CASE WHEN person.number %% {PER_ORGANIZATION} = 0 THEN 'owner' ELSE 'member' END",
        },
    ),
    Table(
        ServiceAccount,
        ORGANIZATIONS,
        {
            "organization_id": "organization.id",
            "name": "'Nightly report'",
            "public_id": "gen_random_uuid()",
            "created_at": passed("organization.number"),
        },
    ),
    Table(
        Connection,
        f"{ORGANIZATIONS} WHERE number %% {10 * PER_ORGANIZATION} = 0",
        {
            "organization_id": "organization.id",
            "slug": "organization.slug",
            "name": "organization.name",
            "public_id": "gen_random_uuid()",
            "created_at": passed("organization.number"),
            "idp_entity_id": "'https://idp.example/' || organization.slug",
            "sso_url": "'https://idp.example/sso'",
            "kind": "'saml'",
            "is_active": "true",
        },
    ),
    Table(
        IdpCertificate,
        f"{ORGANIZATIONS} JOIN sso_connection AS connection ON connection.organization_id = organization.id",
        {
            "connection_id": "connection.id",
            "pem": "''",
            "fingerprint": digest("organization", "certificate"),
            "not_before": "now() - interval '1 year'",
            "not_after": "now() + interval '1 day' * (organization.number / 2000 %% 300)",
        },
    ),
    Table(
        Event,
        f"{PEOPLE} CROSS JOIN {KINDS} WHERE person.number %% kind.every = 0 ORDER BY person.id",
        {
            "at": SINCE,
            "action": "kind.action",
            "outcome": "kind.outcome",
            "actor_kind": "kind.actor_kind",
            "actor": f"CASE kind.actor_kind WHEN '{ActorKind.PERSON}' THEN person.public_id END",
            "person": "person.public_id",
        },
    ),
    Table(
        Event,
        f"{MEMBERS} WHERE person.number %% 3 = 0 ORDER BY person.id",
        {
            "at": SINCE,
            "action": f"'{Action.MEMBER_JOIN}'",
            "outcome": f"'{Outcome.SUCCESS}'",
            "actor_kind": f"'{ActorKind.PERSON}'",
            "actor": "person.public_id",
            "person": "person.public_id",
            "organization": "organization.public_id",
        },
    ),
]


def settle(wanted: int, tell: Callable[[int], None]) -> int:
    """Makes them as many as wanted, and says so after each batch; goes on where it was interrupted."""
    first = settled()
    values = {
        "password": make_password(None),
        "secret": _sealed(Authenticator, "secret", codes.new_secret()),
        **{name: _sealed(OutboxMessage, name, "Hello") for name in MAIL_TEXTS},
    }
    begin, step = timezone.now() - timedelta(days=DAYS), timedelta(days=DAYS) / max(wanted, 1)
    for start in range(first, wanted, BATCH):
        end = min(start + BATCH, wanted)
        _batch(start, end - 1, {**values, "begin": begin + start * step, "step": step.total_seconds()})
        tell(end)
    return max(wanted - first, 0)


def settled() -> int:
    """How many there are: they were numbered from zero, and a batch is there or it is not."""
    newest = User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("-pk").first()
    return int(newest.email.partition("@")[0].removeprefix("person")) + 1 if newest else 0


def sign_in_lately(tell: Callable[[int], None], number: int = LATELY) -> None:
    """As the site itself writes it, with address and device under each person's key."""
    people = User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("-pk")
    for start in range(0, number, 1000):
        with transaction.atomic():
            for person in people.values_list("public_id", "pk")[start : start + 1000]:
                facts = Facts(f"198.51.100.{person[1] % 254}", "Firefox on Windows", "")
                log.record(Action.SIGN_IN, actor=person[0], person=person[0], facts=facts)
        tell(start + 1000)


def _batch(first: int, last: int, values: dict[str, Any]) -> None:
    newest = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic(), connection.cursor() as cursor:
        _wait_for_sealer()
        before = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        gather(cursor, TABLES, {**values, "first": first, "last": last, "newest": newest})
        _seal(Event.objects.filter(pk__gt=before).order_by("pk"))


def _wait_for_sealer() -> None:
    while True:
        with suppress(chain.SealerAtWork):
            return chain.lock()
        time.sleep(0.1)


def _seal(events: QuerySet[Event]) -> None:
    """The sealer would take events of the past for forged ones, which here they are."""
    head, found = chain.newest(), leaves.of(events)
    while batch := list(islice(found, chain.BATCH)):
        head = chain.append(
            head, batch, highest=max(head.highest, batch[-1].event_id), complete_at=head.complete_at
        )


def _sealed(model: type[Model], name: str, text: str) -> Any:
    return model._meta.get_field(name).get_db_prep_save(text, connection)  # type: ignore[union-attr]
