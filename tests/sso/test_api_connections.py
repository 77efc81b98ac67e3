"""One's connected accounts, by a program."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import RequestFactory

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from sso.linking import Purpose
from sso.social import attempts
from sso.social.configuration import Provider
from tests.api import Program, code_in, let_pass
from tests.machines.rogue_provider import RogueProvider
from tests.outbox import mails
from tests.security.test_races import at_once, statuses
from tests.sso.conftest import dora
from tests.sso.test_api_social import come, connect, token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]


@pytest.fixture
def program(alice: User) -> Program:
    """Alice's."""
    program = Program()
    assert program.sign_in(alice).status_code == 200
    return program


def begin(program: Program) -> dict[str, Any]:
    answer = program.post("me/connections/options", {"provider": "acme"})
    assert answer.status_code == 200, answer.json()
    return dict(answer.json())


def bring(program: Program, rogue: RogueProvider, begun: dict[str, Any], **claims: Any) -> Any:
    id_token = token(rogue, begun, dora(**claims))
    data = {"provider": "acme", "challenge": begun["challenge"], "id_token": id_token}
    return program.post("me/connections", data)


def test_an_account_is_connected_and_opens_this_one(
    program: Program, rogue: RogueProvider, alice: User
) -> None:
    answer = bring(program, rogue, begin(program))
    assert answer.status_code == 201
    assert answer.json()["account"] == "dora@acme.example"
    assert program.get("me/connections").json() == [answer.json()]
    assert mails(message="connection_added").count() == 1
    other = Program()
    come(rogue, dora(), other)
    assert other.get("me").json()["email"] == alice.email


def test_one_that_is_connected_already_stays(program: Program, rogue: RogueProvider) -> None:
    bring(program, rogue, begin(program))
    assert bring(program, rogue, begin(program)).status_code == 200
    assert SocialAccount.objects.count() == 1


def test_one_that_opens_another_account_is_taken(program: Program, rogue: RogueProvider, bob: User) -> None:
    connect(bob, rogue)
    answer = bring(program, rogue, begin(program))
    assert (answer.status_code, answer.json()["reason"]) == (403, "linked-elsewhere")
    assert Event.objects.latest("id").action == Action.CONNECTION_REFUSE
    assert SocialAccount.objects.get().user == bob


def test_what_somebody_else_began_connects_nothing(program: Program, rogue: RogueProvider, bob: User) -> None:
    his = Program()
    his.sign_in(bob)
    assert code_in(bring(program, rogue, begin(his))) == "provider_sign_in_expired"
    assert not SocialAccount.objects.exists()


def test_it_is_good_once_and_for_connecting_only(program: Program, rogue: RogueProvider) -> None:
    begun = begin(program)
    assert bring(program, rogue, begun).status_code == 201
    assert code_in(bring(program, rogue, begun)) == "provider_sign_in_expired"
    assert code_in(come(rogue, dora(), begun=begin(program))) == "provider_sign_in_expired"


def test_an_attempt_to_prove_who_one_is_connects_nothing(
    program: Program, rogue: RogueProvider, acme: Provider, alice: User
) -> None:
    person = str(alice.public_id)
    begun = attempts.begin(RequestFactory().post("/"), acme, purpose=Purpose.REAUTHENTICATE, person=person)
    answer = bring(program, rogue, {"challenge": begun.challenge, "nonce": begun.nonce})
    assert code_in(answer) == "provider_sign_in_expired"


def test_a_token_that_does_not_hold_connects_nothing(program: Program, rogue: RogueProvider) -> None:
    assert code_in(bring(program, rogue, begin(program), aud="x")) == "provider_answer_refused"
    event = Event.objects.latest("id")
    assert (event.action, event.actor) == (Action.CONNECTION_REFUSE, User.objects.get().public_id)


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "me/connections/options"), ("post", "me/connections"), ("delete", "me/connections/1")],
)
def test_an_old_proof_is_not_enough(program: Program, alice: User, method: str, path: str) -> None:
    let_pass(alice, 100_000)
    assert code_in(getattr(program, method)(path, {})) == "reauthentication_required"


def test_an_account_is_disconnected(program: Program, rogue: RogueProvider, alice: User) -> None:
    connect(alice, rogue)
    path = f"me/connections/{SocialAccount.objects.get().pk}"
    assert program.delete(path).status_code == 204
    assert program.delete(path).status_code == 404
    assert mails(message="connection_removed").count() == 1


def test_the_last_way_in_stays(rogue: RogueProvider) -> None:
    program = Program()
    come(rogue, dora(), program)
    answer = program.delete(f"me/connections/{SocialAccount.objects.get().pk}")
    assert (answer.status_code, code_in(answer)) == (409, "last_way_in")
    assert SocialAccount.objects.exists()


def test_those_of_others_are_not_there(program: Program, rogue: RogueProvider, bob: User) -> None:
    connect(bob, rogue)
    assert program.get("me/connections").json() == []
    for pk in (SocialAccount.objects.get().pk, 0, 2**80):
        assert program.delete(f"me/connections/{pk}").status_code == 404
    assert SocialAccount.objects.exists()


def test_one_whose_provider_is_gone_is_still_seen(
    program: Program, rogue: RogueProvider, acme: Provider, alice: User, settings: Any
) -> None:
    connect(alice, rogue)
    settings.SOCIAL_PROVIDERS = [replace(acme, slug="globex")]
    assert [row["usable"] for row in program.get("me/connections").json()] == [False]


@pytest.mark.django_db(transaction=True)
def test_one_token_brought_by_four_connects_once(alice: User, rogue: RogueProvider) -> None:
    program = Program()
    program.sign_in(alice)
    begun = begin(program)
    answers = at_once(*[lambda: bring(program, rogue, begun)] * 4)
    assert statuses(answers) == [201, 400, 400, 400]
    assert SocialAccount.objects.count() == 1
