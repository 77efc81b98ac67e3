"""Two requests at once, or one while the ground shifts under it: never two of one thing, and never a crash."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import invitations, mail_answers, proof
from accounts.models import Browser, Invitation, MailRequest, Proof, Session, User
from accounts.session.store import SessionStore
from accounts.sign_in import browsers
from core.models import OutboxMessage
from mfa.models import Authenticator
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Invitation as OrganizationInvitation
from tests.api import Program
from tests.conftest import PASSWORD, sign_in
from tests.mfa.conftest import Phone
from tokens.models import ApiKey

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "dora@example.org"
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each answers; whatever one raises is raised here."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def newest_link() -> str:
    found = re.search(r"http://localhost(/\S+)", OutboxMessage.objects.latest("id").text)
    assert found
    return found[1]


def statuses(answers: Iterable[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_signing_in_twice_at_once_in_a_browser_of_somebody_else(alice: User, bob: User) -> None:
    shared = Client()
    sign_in(shared, bob)
    cookie = shared.cookies["browser"].value

    def submit() -> Any:
        client = Client()
        client.cookies["browser"] = cookie
        return sign_in(client, alice)

    assert statuses(at_once(*[submit] * 4)) == [302] * 4
    assert Browser.objects.filter(user=alice).count() == 1


def test_two_invitations_to_one_mailbox_make_one_account() -> None:
    links = []
    for _ in range(2):
        invitations.invite(email=ADDRESS, actor=None)
        links.append(newest_link())
    Invitation.objects.update(withdrawn_at=None)
    answers = at_once(*(lambda link=link: Client().post(link, {"new_password": PASSWORD}) for link in links))
    assert statuses(answers) == [302, 410]
    assert User.objects.filter(email=ADDRESS).count() == 1


def test_an_invitation_taken_while_its_mailbox_signs_up_makes_one_account() -> None:
    invitations.invite(email=ADDRESS, actor=None)
    link = newest_link()
    fields = {"email": ADDRESS, "password1": PASSWORD}
    for _ in range(3):
        answers = at_once(
            lambda: Client().post(link, {"new_password": PASSWORD}),
            *[lambda: Client().post("/account/signup/", fields)] * 2,
        )
        assert set(statuses(answers)) <= {302, 410}
        assert User.objects.filter(email=ADDRESS).count() == 1


def test_one_mailbox_claimed_by_two_ends_up_with_one(alice: User, bob: User) -> None:
    tokens = []
    for person in (alice, bob):
        EmailAddress.objects.create(user=person, email=ADDRESS)
        tokens.append(proof.issue(user=person, purpose=Proof.Purpose.VERIFY_EMAIL, email=ADDRESS).token)
    answers = at_once(
        *(lambda token=token: Client().post(f"/account/confirm-email/{token}/") for token in tokens)
    )
    assert set(statuses(answers)) <= {302, 410, 503}
    assert EmailAddress.objects.filter(email=ADDRESS, verified=True).count() == 1


def test_many_workers_send_one_mail_for_one_wish(alice: User) -> None:
    for _ in range(4):
        Client().post("/account/signup/", {"email": ADDRESS, "password1": PASSWORD})
    at_once(*[mail_answers.answer] * 4)
    assert Proof.objects.filter(email=ADDRESS, ended_at=None).count() == 1


# --- While access ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["locked", "disabled", "revoked"])
def test_a_sign_in_that_is_under_way_while_access_ends_has_ended_with_it(alice: User, what: str) -> None:
    """It had read the account before, and passed every stage; what it still waits for is the row."""
    client = Client()

    def submit() -> None:
        try:
            sign_in(client, alice)
        finally:
            connection.close()

    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=alice.pk)
        person.locked_at = timezone.now() if what == "locked" else None
        person.is_active = what != "disabled"
        person.save()
        thread = threading.Thread(target=submit)
        thread.start()
        wait_for_a_blocked_request()
        access.revoke(person, reason=Reason.DISOWNED, actor=person)
    thread.join()
    assert not Session.objects.filter(user=alice).exists()
    assert client.get("/account/").status_code == 302


def wait_for_a_blocked_request() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(BLOCKED)
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits")


def test_nor_does_one_last_until_its_answer_is_sent(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner presses the button after the sign-in is done, and before its page has left the site."""
    leave_cookie = browsers.leave_cookie

    def pressed_meanwhile(*args: Any) -> None:
        access.revoke(User.objects.get(pk=alice.pk), reason=Reason.DISOWNED, actor=None)
        leave_cookie(*args)

    monkeypatch.setattr(browsers, "leave_cookie", pressed_meanwhile)
    client = Client()
    sign_in(client, alice)
    assert not Session.objects.filter(user=alice).exists()
    assert client.get("/account/").url == "/account/login/?next=/account/"


def test_a_session_that_has_ended_does_not_come_back_under_a_new_key(alice: User) -> None:
    client = Client()
    sign_in(client, alice)
    store = SessionStore(client.session.session_key)
    store.load()
    access.revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=alice)
    with pytest.raises(SessionInterrupted):
        store.cycle_key()
    assert not Session.objects.exists()


@pytest.mark.parametrize("path", ["/account/terms/", "/account/confirm-email/"])
def test_somebody_who_is_gone_meanwhile_begins_again(alice: User, settings: Any, path: str) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    client = Client()
    if "confirm" in path:
        EmailAddress.objects.update(verified=False)
    assert sign_in(client, alice).url == path
    alice.delete()
    for fields in ({"accept": "on"}, {"code": "BCDFGHJK"}, {"resend": "1"}):
        assert client.post(path, fields).status_code in (200, 302)
    assert client.get("/account/").status_code == 302


# --- Requests that were let in before all access ended, and reach their change after it ------------------------


def while_access_ends(user: User, request: Callable[[], Any]) -> Any:
    """Its answer: it waits for the person's row while somebody ends all access, and goes on once that is done."""

    def answer() -> Any:
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = User.objects.select_for_update().get(pk=user.pk)
            waiting = pool.submit(answer)
            wait_for_a_blocked_request()
            access.revoke(held, reason=Reason.DISOWNED, actor=None)
        return waiting.result()


def test_no_address_is_added_then(alice: User) -> None:
    client = Client()
    sign_in(client, alice)
    added = {"email": "thief@example.net"}
    answer = while_access_ends(alice, lambda: client.post("/account/addresses/add/", added))
    assert answer.url == "/account/login/"
    assert not EmailAddress.objects.filter(email="thief@example.net").exists()
    assert not MailRequest.objects.filter(email="thief@example.net").exists()


def test_no_second_step_is_added_then(alice: User) -> None:
    client = Client()
    sign_in(client, alice)
    found = re.search(r"otpauth://totp/[^\"]+secret=([A-Z2-7]{32})", client.get("/account/mfa/app/add/").text)
    assert found
    form = {"code": Phone(alice, found[1]).code(), "name": "Of the thief"}
    answer = while_access_ends(alice, lambda: client.post("/account/mfa/app/add/", form))
    assert answer.url == "/account/login/"
    assert not Authenticator.objects.exists()


def test_no_key_is_made_then(alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    wanted = {"name": "Of the thief", "scopes": ["profile.read"], "expires_in_days": 30}
    answer = while_access_ends(alice, lambda: program.post("me/keys", wanted))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert not ApiKey.objects.exists()


def test_nobody_is_invited_into_an_organization_then(alice: User) -> None:
    acme = organizations.create(slug="acme", name="Acme Lamps", owner=alice, by=SHELL)
    client = Client()
    sign_in(client, alice)
    form = {"email": "thief@example.net", "role": "owner"}
    answer = while_access_ends(alice, lambda: client.post("/orgs/acme/invitations/send/", form))
    assert answer.url == "/account/login/"
    assert not OrganizationInvitation.objects.of(acme).exists()
