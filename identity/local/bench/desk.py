"""The desk's lists where a million people live: each as it opens, narrowed down, searched and at its end.

Runs inside the site, by `make bench ARGS=--desk`: a crowd in a throw-away database, then every row of VISITS once to
warm up and once measured. A row fails above QUERIES or SECONDS.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.flows import provision
from accounts.models import User
from accounts.sign_in.allauth_compat import METHODS_KEY
from audit.models import Event
from identity.local import inhabitants, screen
from identity.local.progress import Progress
from mfa import codes
from mfa.models import Authenticator
from orgs.models import Organization

QUERIES, SECONDS = 10, 1.0
ADMIN = "desk@bench.example"


class Visit(NamedTuple):
    list: str
    query: str = ""
    # The link of the page to follow instead.
    follow: str = ""


class Cost(NamedTuple):
    visit: Visit
    queries: int
    seconds: float
    status: int

    @property
    def is_fine(self) -> bool:
        return self.status == 200 and self.queries <= QUERIES and self.seconds <= SECONDS


def visits() -> Iterator[Visit]:
    person = User.objects.filter(email__startswith="person1234@").first() or User.objects.latest("pk")
    organization = Organization.objects.latest("pk")
    month = f"{timezone.now() - timedelta(days=inhabitants.DAYS / 2):%Y-%m}"
    for name, queries in asked(person, organization, month).items():
        yield Visit(name)
        yield Visit(name, follow="next")
        yield Visit(name, follow="end")
        for query in queries:
            yield Visit(name, urlencode(query))


def asked(person: User, organization: Organization, month: str) -> dict[str, list[dict[str, Any]]]:
    searches = [
        {"q": text} for text in ("person", "person99999", person.email, str(person.public_id), "nobody")
    ]
    days = [f"{month}", f"{month}-15", "7d"]
    return {
        "accounts/user": [
            *searches,
            {"q": "quinn"},
            {"q": "ada qui"},
            {"q": f"@{inhabitants.DOMAIN}"},
            {"q": "@nowhere.example"},
            *({"state": state} for state in ("active", "disabled", "locked")),
            *({"staff": staff} for staff in ("yes", "no")),
            *({"factor": factor} for factor in ("yes", "no")),
            *({"date_joined_day": day} for day in days),
            {"state": "disabled", "date_joined_day": month},
            {"address": person.email},
            {"organization": organization.slug},
        ],
        "accounts/session": [
            *searches,
            {"q": "203.0.113.7"},
            *({"state": state} for state in ("open", "over")),
            *({"method": method} for method in ("password", "totp", "passkey", "email")),
            *({"created_at_day": day} for day in days),
        ],
        "core/outboxmessage": [
            *searches,
            *({"state__exact": state} for state in ("sent", "failed", "deferred", "queued")),
            {"message": "verify_email"},
            {"message": "locked_out"},
            {"state__exact": "failed", "message": "new_sign_in"},
            *({"created_at_day": day} for day in days),
        ],
        "accounts/invitation": [*searches, {"state": "over"}, {"state": "open"}, {"created_at_day": month}],
        "tokens/family": [
            *searches,
            *({"state": state} for state in ("open", "signed-out", "reused", "revoked")),
            *({"created_at_day": day} for day in days),
        ],
        "tokens/apikey": [
            *searches,
            *({"state": state} for state in ("open", "ended", "reported", "soon")),
            *({"created_at_day": day} for day in days),
        ],
        "tokens/serviceaccount": [{"q": "Nightly"}, {"state": "disabled"}],
        "socialaccount/socialaccount": [*searches, {"provider": "google"}, {"provider": "github"}],
        "accounts/lock": [{"q": person.email}, {"q": "203.0.113.7"}],
        "orgs/organization": [{"q": "crowd-2"}, {"q": "Crowd 20"}, {"status__exact": "suspended"}],
        "sso/connection": [{"q": "crowd-2"}, {"kind__exact": "saml"}],
        "audit/event": [
            {"q": str(person.public_id)},
            {"person": str(person.public_id)},
            {"actor": str(person.public_id)},
            {"organization": str(organization.public_id)},
            {"action": "account:sign-in:lock"},
            {"action": "account:sign-in:succeed"},
            {"action": "organization:close"},
            {"outcome": "refused"},
            {"action": "account:sign-in:lock", "at_day": f"{month}-15"},
            *({"at_day": day} for day in days),
            {"at_day": f"{month}-15", "outcome": "refused"},
            {"address": "198.51.100.7"},
            {"address": "192.0.2.1"},
        ],
    }


def main() -> None:
    people = int(os.environ.get("BENCH_PEOPLE", "1000000"))
    inhabitants.settle(people, Progress(people, "People", sys.stderr).reach)
    if not User.objects.filter(email=ADMIN).exists():
        inhabitants.sign_in_lately(lambda done: None)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("RESET statement_timeout")
    costs = list(measured(signed_in()))
    report(costs)
    if not all(cost.is_fine for cost in costs):
        raise SystemExit(1)


def signed_in() -> Client:
    user = User.objects.filter(email=ADMIN).first()
    user = user or provision.create_person(email=ADMIN, password=None, administrator=True)
    Authenticator.objects.get_or_create(
        user=user, defaults={"name": "Phone", "secret": codes.new_secret(), "last_step": -1}
    )
    client = Client(headers={"host": settings.BASE_HOST})
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[1])
    session = client.session
    proofs = [{"method": method, "at": timezone.now().timestamp()} for method in ("password", "totp")]
    session[METHODS_KEY], session[f"{METHODS_KEY}_user"] = proofs, str(user.pk)
    session.save()
    return client


def measured(client: Client) -> Iterator[Cost]:
    for visit in visits():
        address = f"/admin/{visit.list}/?{visit.query}"
        if visit.follow:
            address = linked(client.get(address, secure=settings.HTTPS).content.decode(), visit)
        if address:
            client.get(address, secure=settings.HTTPS)
            yield cost_of(visit, partial(client.get, address, secure=settings.HTTPS))


def linked(page: str, visit: Visit) -> str:
    wanted = {"next": r"before=[^&\"]+", "end": r"after="}[visit.follow]
    found = next((link for link in re.findall(r'href="(\?[^"]*)"', page) if re.search(wanted, link)), "")
    return f"/admin/{visit.list}/{found}".replace("&amp;", "&") if found else ""


def cost_of(visit: Visit, ask: Callable[[], Any]) -> Cost:
    with CaptureQueriesContext(connection) as captured:
        began = time.perf_counter()
        status = ask().status_code
        seconds = time.perf_counter() - began
    return Cost(visit, len(captured), seconds, status)


def report(costs: list[Cost]) -> None:
    screen.say(f"{User.objects.count():,} people, about {Event.objects.latest('pk').pk:,} events")
    screen.say(f"{'list':<30}{'narrowed down by':<60}{'queries':>8}{'ms':>8}")
    for cost in costs:
        mark = "" if cost.is_fine else screen.paint(f"  ✗ {cost.status}", "red")
        what = cost.visit.query or cost.visit.follow
        screen.say(f"{cost.visit.list:<30}{what[:58]:<60}{cost.queries:>8}{cost.seconds * 1000:>8.0f}{mark}")
