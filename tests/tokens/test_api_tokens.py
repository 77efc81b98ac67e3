"""Tokens in use: what is believed, what ends them, and what others are told of them."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import User
from audit.actions import Action
from audit.models import Event
from tests.api import Program, code_in
from tests.security.test_races import at_once
from tokens import jwt, keys
from tokens.models import Family

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(alice: User) -> Program:
    signed_in = Program()
    signed_in.sign_in(alice)
    return signed_in


def test_a_renewal_gives_new_tokens_and_is_written_down(program: Program, alice: User) -> None:
    old = program.refresh
    assert program.post("refresh", {"refresh_token": old}).status_code == 200
    assert program.refresh != old
    assert program.is_in()
    assert Event.objects.filter(action=Action.TOKEN_REFRESH, person=alice.public_id).count() == 1


def test_a_renewal_is_at_most_four_statements(program: Program) -> None:
    program.post("refresh", {"refresh_token": program.refresh})
    with CaptureQueriesContext(connection) as queries:
        assert program.post("refresh", {"refresh_token": program.refresh}).status_code == 200
    assert len(queries) <= 4


def test_who_one_is_takes_one_statement(program: Program) -> None:
    program.is_in()
    with CaptureQueriesContext(connection) as queries:
        assert program.is_in()
    assert len(queries) == 1


def test_an_old_token_ends_the_sign_in(program: Program) -> None:
    old = program.refresh
    program.post("refresh", {"refresh_token": old})
    Family.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    answer = program.post("refresh", {"refresh_token": old})
    assert (answer.status_code, code_in(answer)) == (401, "token_reused")
    assert not program.is_in()
    assert code_in(program.post("refresh", {"refresh_token": program.refresh})) == "sign_in_ended"


@pytest.mark.django_db(transaction=True)
def test_six_at_once_get_one_renewal(alice: User) -> None:
    program = Program()
    program.sign_in(alice)
    token = program.refresh

    def renew() -> tuple[int, str]:
        answer = Client().post(
            "/api/auth/refresh", json.dumps({"refresh_token": token}), content_type="application/json"
        )
        return answer.status_code, answer.json().get("code", "")

    answers = sorted(at_once(*[renew] * 6))
    assert answers == [(200, ""), *[(401, "refresh_repeated")] * 5]
    assert program.is_in()


@pytest.mark.parametrize("junk", ["rt_", "rt_xyz", "x" * 200, "rt_" + "A" * 70])
def test_junk_renews_nothing(junk: str) -> None:
    assert code_in(Program().post("refresh", {"refresh_token": junk})) == "invalid_token"


def test_the_two_kinds_of_tokens_are_not_taken_for_each_other(program: Program) -> None:
    assert Program(program.refresh).get("me").status_code == 401
    assert code_in(Program().post("refresh", {"refresh_token": program.access[:200]})) == "invalid_token"


def test_signing_out_ends_both_tokens_and_nothing_else(program: Program, alice: User) -> None:
    other = Program()
    other.sign_in(alice)
    assert program.post("logout").status_code == 204
    assert not program.is_in()
    assert code_in(program.post("refresh", {"refresh_token": program.refresh})) == "sign_in_ended"
    assert other.is_in()


def test_signing_out_everywhere_ends_everything(program: Program, as_alice: Client, alice: User) -> None:
    other = Program()
    other.sign_in(alice)
    assert program.post("logout/all").status_code == 204
    assert not program.is_in()
    assert not other.is_in()
    assert as_alice.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "ending",
    [
        lambda user: access.revoke(user, reason=Reason.ADMINISTRATOR, actor=None),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(locked_at=timezone.now()),
        lambda user: user.delete(),
        lambda user: Family.objects.update(expires_at=timezone.now() - timedelta(hours=1)),
    ],
    ids=["revoked", "disabled", "locked", "deleted", "over"],
)
def test_an_end_is_one_with_the_next_request(program: Program, alice: User, ending: Any) -> None:
    assert program.is_in()
    ending(alice)
    answer = program.get("me")
    assert (answer.status_code, code_in(answer)) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_an_end_holds_while_redis_is_away(program: Program, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert program.is_in()
    program.post("logout")
    assert not program.is_in()
    assert code_in(program.post("refresh", {"refresh_token": program.refresh})) == "sign_in_ended"


def test_a_lost_key_takes_what_it_signed_along_also_what_was_believed(program: Program) -> None:
    assert program.is_in()
    keys.rotate(at_once=True)
    assert not program.is_in()


def test_what_is_over_is_not_believed_because_it_was_once(program: Program, monkeypatch: Any) -> None:
    looked = []
    checked = jwt._checked
    monkeypatch.setattr(jwt, "_checked", lambda token: looked.append(token) or checked(token))
    # Clocks may differ by so little that it is still taken, but never from memory.
    ended = timezone.now() - site.ACCESS_TOKEN_LIFETIME - timedelta(seconds=10)
    token = jwt.issue(subject=uuid.uuid4(), sid=uuid.uuid4(), now=ended)
    for _ in range(2):
        jwt.read(token)
    assert len(looked) == 2


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer a b", "Basic YTpi", "bearer.x", "Token x", "Bearer \u00e4"]
)
def test_a_header_that_makes_no_sense_opens_nothing(header: str) -> None:
    answer = Client().get("/api/auth/me", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


# --- Asking about tokens ------------------------------------------------------------------------------


def test_a_program_may_ask_about_its_own_token(program: Program, alice: User) -> None:
    said = Program().post("token/verify", {"token": program.access}).json()
    assert (said["active"], said["sub"]) == (True, str(alice.public_id))
    assert alice.email not in json.dumps(said)


def test_of_a_token_that_is_over_it_says_so(program: Program) -> None:
    program.post("logout")
    assert code_in(Program().post("token/verify", {"token": program.access})) == "invalid_token"


def test_a_person_introspects_nothing(program: Program) -> None:
    answer = program.post("token/introspect", {"token": program.access})
    assert (answer.status_code, code_in(answer)) == (403, "credential_not_allowed")
