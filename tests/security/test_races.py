"""Two requests at once, or one while the ground shifts under it: never two of one thing, and never a crash."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts.flows import invitations, mail_answers, proof
from accounts.models import Browser, Invitation, Proof, User
from core.models import OutboxMessage
from tests.conftest import PASSWORD, sign_in

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
