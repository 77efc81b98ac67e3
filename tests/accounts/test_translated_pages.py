"""No English is left on German pages: every address is asked for in German, and searched for each English text."""

import html
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from babel.messages.pofile import read_po
from django.test import Client

from accounts.models import User
from audit import log
from audit.actions import Action, Outcome
from core.client import Facts
from core.outbox import samples
from identity.local import messages
from tests.architecture.test_messages import PLACEHOLDER, forms
from tests.conftest import be, sign_in, taken_back
from tests.security.test_fuzz import paths
from tests.sso.conftest import acme, rogue, running  # noqa: F401 - fixtures

SHORTEST = 12
# They show mail in every language.
OF_DEVELOPERS = ("/dev/", "/api/docs/")


def telling_parts(text: str) -> list[str]:
    """What of a text stands on a page as it is, and is long enough to be no accident."""
    return [part.strip() for part in PLACEHOLDER.split(text) if len(part.strip()) > SHORTEST]


def english() -> list[str]:
    catalog = read_po(BytesIO(messages.file_of("de", "po").read_bytes()), locale="de")
    german = "\n".join(form for message in catalog if message.id for form in forms(message.string))
    found = {
        part
        for message in catalog
        if message.id
        for form in forms(message.id)
        for part in telling_parts(form)
    }
    return sorted(part for part in found if part not in german)


ENGLISH = english()


def left_in(page: str) -> list[str]:
    # What a form sends and nobody reads, such as "organization.view".
    page = re.sub(r'(<input type="checkbox"[^>]*?) value="[^"]*"', r"\1", page)
    # And what is the same in every language.
    page = re.sub(r"<code>[^<]*</code>", "", page)
    text = re.sub(r"\s+", " ", html.unescape(page))
    return [part for part in ENGLISH if part in text]


def requests(client: Client, path: str, admin: bool) -> Iterator[Any]:
    yield client.get(path)
    # What a form says when nothing is filled in; the buttons of the admin need a choice first.
    if not admin:
        yield client.post(path)


@pytest.fixture
def eventful(alice: User, admin: User) -> User:
    """Alice, with something of each kind on her pages."""
    facts = Facts("203.0.113.9", "Firefox on Linux", "")
    for person in (alice, admin):
        for number, action in enumerate(Action):
            outcome = Outcome.REFUSED if number % 2 else Outcome.SUCCESS
            log.record(action, actor=admin.public_id, person=person.public_id, facts=facts, outcome=outcome)
    EmailAddress.objects.create(user=alice, email="arden@example.net")
    EmailAddress.objects.create(user=alice, email="a.arden@example.net", verified=True)
    sign_in(Client(HTTP_USER_AGENT="Firefox/140.0 (X11; Linux x86_64)"), alice)
    return alice


@pytest.mark.django_db
@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("who", ["nobody", "alice", "admin"])
def test_no_page_is_half_translated(who: str, eventful: User, admin: User, settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/1h")
    signed_in = Client()
    if who != "nobody":
        be(signed_in, {"alice": eventful, "admin": admin}[who])
    read = {}
    client = Client(headers={"accept-language": "de"})
    for path in sorted(path for path in set(paths(eventful)) if not path.startswith(OF_DEVELOPERS)):
        client.cookies = SimpleCookie(signed_in.cookies)
        with taken_back():
            for answer in requests(client, path, admin=path.startswith("/admin/")):
                if "text/html" in answer.get("Content-Type", "") and answer.content:
                    assert '<html lang="de"' in answer.text, path
                    read[answer.request["REQUEST_METHOD"], path] = left_in(answer.text)
    assert len(read) > 30
    assert {place: found for place, found in read.items() if found} == {}


@pytest.mark.parametrize("message", samples.names())
def test_no_mail_is_half_translated(message: str) -> None:
    mail = samples.filled(message, "de")
    assert mail
    assert [found for text in mail.values() for found in left_in(text)] == []


def test_english_would_be_found() -> None:
    mail = samples.filled("verify_email", "en")
    assert mail
    assert all(left_in(text) for text in mail.values())
    assert len(ENGLISH) > 200
