"""The kill switch: everything of one person ends, and nothing of anybody else's."""

import time

import pytest
from django.test import Client

from accounts import access
from accounts.access import Reason, revoke
from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core import digests
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


def ended(sessions: int) -> dict[str, int]:
    none = dict.fromkeys(
        [
            "mail links",
            "connections",
            "API sign-ins",
            "API access",
            "trusted browsers",
            "second factors",
            "factor resets",
            "organization invitations",
            "acts in somebody's place",
        ],
        0,
    )
    return {"remembered browsers": sessions, "sessions": sessions, **none}


def test_every_session_ends_at_once(alice: User) -> None:
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser, alice)
    started = time.monotonic()
    assert revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=alice) == ended(2)
    assert [browser.get("/account/").status_code for browser in browsers] == [302, 302]
    assert time.monotonic() - started < 1


def test_other_people_notice_nothing(as_alice: Client, bob: User) -> None:
    revoke(bob, reason=Reason.ADMINISTRATOR, actor=None)
    assert as_alice.get("/account/").status_code == 200


def test_the_session_in_use_may_stay(as_alice: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice)
    here = digests.of_token(as_alice.cookies["session"].value)
    revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=alice, keep=here)
    assert as_alice.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_it_leaves_evidence_of_what_and_why(as_alice: Client, alice: User, admin: User) -> None:
    revoke(alice, reason=Reason.ADMINISTRATOR, actor=admin)
    event = Event.objects.get(action=Action.ACCESS_REVOKE)
    assert (event.actor, event.person) == (admin.public_id, alice.public_id)
    assert event.data == {"reason": "administrator", "ended": ended(1)}


def test_a_failure_ends_nothing_rather_than_half(
    as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(revocation: access.Revocation) -> int:
        raise RuntimeError

    monkeypatch.setitem(access._kinds, "broken", fail)
    with pytest.raises(RuntimeError):
        revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)
    assert Session.objects.filter(user=alice).exists()
