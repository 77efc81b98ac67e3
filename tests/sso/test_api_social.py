"""A program brings the ID token of a provider: believed once, for what was asked, and by the same table as on pages."""

from dataclasses import replace
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts import access
from accounts.access import Reason
from accounts.models import MailRequest, Session, User
from accounts.sign_in.programs import Waiting
from audit.actions import Action, Outcome
from audit.models import Event
from core.client import Facts
from sso.social import connections
from sso.social.configuration import Provider
from sso.social.identity import Identity
from tests.api import Program, code_in
from tests.machines.rogue_provider import STRANGE_KEY, Code, Person, RogueProvider
from tests.mfa.conftest import give_phone
from tests.outbox import mails
from tests.security.test_races import at_once, statuses
from tests.sso.conftest import dora
from tokens.models import Family

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]
NOWHERE = Facts("", "", "")


def begin(provider: str = "acme") -> dict[str, Any]:
    answer = Program().post("login/social/options", {"provider": provider})
    assert answer.status_code == 200, answer.json()
    return dict(answer.json())


def token(rogue: RogueProvider, begun: dict[str, Any], person: Person) -> str:
    """What the provider gives the program for its person."""
    return rogue.id_token(Code({"nonce": begun["nonce"]}, person))


def come(
    rogue: RogueProvider, person: Person, program: Program | None = None, *, begun: Any = None, **more: Any
) -> Any:
    begun = begun or begin()
    data = {"provider": "acme", "challenge": begun["challenge"], "id_token": token(rogue, begun, person)}
    return (program or Program()).post("login/social", {**data, **more})


def connect(user: User, rogue: RogueProvider) -> None:
    """Dora's account at Acme opens this one."""
    identity = Identity(slug="acme", issuer=rogue.url, subject="dora-1", email="dora@acme.example")
    connections.add(user=user, identity=identity, facts=NOWHERE, tell_owner=False)


def test_what_a_program_needs_to_begin(rogue: RogueProvider) -> None:
    begun = begin()
    assert begun["issuer"] == rogue.url
    assert begun["authorization_endpoint"] == f"{rogue.url}/authorize"
    assert begun["client_id"] == "identity"
    assert "openid" in begun["scope"]
    assert len({begun["nonce"], begun["challenge"], begin()["nonce"]}) == 3


def test_a_new_person_has_an_account_and_is_in(rogue: RogueProvider) -> None:
    program = Program()
    assert come(rogue, dora(), program).status_code == 200
    assert program.get("me").json()["email"] == "dora@acme.example"
    assert Family.objects.get().methods == "socialaccount"
    events = {event.action for event in Event.objects.of_person(User.objects.get().public_id)}
    assert {Action.SIGN_UP, Action.EMAIL_VERIFY, Action.CONNECTION_ADD, Action.TOKEN_BEGIN} <= events


def test_the_second_time_it_is_the_same_account(rogue: RogueProvider) -> None:
    come(rogue, dora())
    assert come(rogue, dora()).status_code == 200
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_the_wish_is_heard(rogue: RogueProvider) -> None:
    assert come(rogue, dora(), scope="profile.read").json()["scope"] == "profile.read"


def test_whoever_has_a_second_factor_shows_it(rogue: RogueProvider, alice: User) -> None:
    connect(alice, rogue)
    phone = give_phone(alice)
    answer = come(rogue, dora(), scope="profile.read")
    assert code_in(answer) == "mfa_required"
    shown = {"challenge": answer.json()["challenge"], "code": phone.code()}
    assert Program().post("login/mfa", shown).json()["scope"] == "profile.read"
    assert Family.objects.get().methods == "socialaccount totp"


# --- Once, and only for what it is ------------------------------------------------------------------------


def refusals() -> list[Any]:
    events = Event.objects.of_action(Action.SIGN_IN_REFUSE).filter(outcome=Outcome.REFUSED)
    return [event.data["reason"] for event in events]


def test_a_token_opens_once(rogue: RogueProvider) -> None:
    begun = begin()
    assert come(rogue, dora(), begun=begun).status_code == 200
    answer = come(rogue, dora(), begun=begun)
    assert (answer.status_code, code_in(answer)) == (400, "provider_sign_in_expired")
    assert refusals() == ["challenge"]


def test_a_refused_one_has_had_its_chance(rogue: RogueProvider) -> None:
    begun = begin()
    assert code_in(come(rogue, dora(aud="somebody else"), begun=begun)) == "provider_answer_refused"
    assert code_in(come(rogue, dora(), begun=begun)) == "provider_sign_in_expired"


@pytest.mark.parametrize(
    "person",
    [
        dora(nonce="another"),
        dora(nonce=None),
        dora(iss="https://evil.example"),
        dora(aud="somebody else"),
        dora(exp=1),
        dora(exp=None),
        dora(azp="another client"),
        dora(sub=""),
        replace(dora(), key=STRANGE_KEY),
        replace(dora(), key="the secret of this client, made long enough", algorithm="HS256"),
        replace(dora(), kid="unknown"),
    ],
)
def test_what_does_not_hold_is_refused(rogue: RogueProvider, person: Person) -> None:
    answer = come(rogue, person)
    assert (answer.status_code, code_in(answer)) == (400, "provider_answer_refused")
    assert len(refusals()) == 1
    assert not User.objects.exists()


@pytest.mark.parametrize("junk", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é" * 9000])
def test_what_is_no_token_is_refused(rogue: RogueProvider, junk: str) -> None:
    assert code_in(come(rogue, dora(), id_token=junk)) == "provider_answer_refused"


def test_a_token_picked_up_on_its_way_is_worth_nothing(rogue: RogueProvider) -> None:
    """With a challenge of one's own: the nonce in it is that of another sign-in."""
    stolen = token(rogue, begin(), dora())
    assert code_in(come(rogue, dora(), id_token=stolen)) == "provider_answer_refused"


def test_the_nonce_is_no_challenge(rogue: RogueProvider) -> None:
    begun = begin()
    answer = come(rogue, dora(), begun=begun, challenge=begun["nonce"])
    assert code_in(answer) == "provider_sign_in_expired"


def test_it_waits_for_ten_minutes(rogue: RogueProvider) -> None:
    begun = begin()
    kept = Waiting(begun["challenge"])
    kept["attempt_at_provider"]["started_at"] -= 601
    kept.save()
    assert code_in(come(rogue, dora(), begun=begun)) == "provider_sign_in_expired"


def test_the_challenge_of_another_step_is_left_alone(rogue: RogueProvider, alice: User) -> None:
    connect(alice, rogue)
    phone = give_phone(alice)
    challenge = come(rogue, dora()).json()["challenge"]
    assert code_in(come(rogue, dora(), challenge=challenge)) == "provider_sign_in_expired"
    assert Program().post("login/mfa", {"challenge": challenge, "code": phone.code()}).status_code == 200


def test_nor_does_it_open_another_step(rogue: RogueProvider, alice: User, bob: User) -> None:
    begun, program = begin(), Program()
    program.sign_in(bob)
    assert (
        code_in(program.post("login/mfa", {"challenge": begun["challenge"], "code": "123456"}))
        == "sign_in_over"
    )
    connecting = {
        "provider": "acme",
        "challenge": begun["challenge"],
        "id_token": token(rogue, begun, dora()),
    }
    assert code_in(program.post("me/connections", connecting)) == "provider_sign_in_expired"
    assert not SocialAccount.objects.exists()


def test_that_of_one_provider_is_not_good_for_another(
    rogue: RogueProvider, acme: Provider, settings: Any
) -> None:
    settings.SOCIAL_PROVIDERS = [acme, replace(acme, slug="globex")]
    assert code_in(come(rogue, dora(), provider="globex")) == "provider_sign_in_expired"


@pytest.mark.parametrize("path", ["login/social/options", "login/social"])
def test_only_providers_that_make_id_tokens_will_do(github: Provider, path: str) -> None:
    for slug in ("github", "nobody"):
        sent = {"provider": slug}
        if path == "login/social":
            sent |= {"challenge": "x" * 32, "id_token": "x"}
        answer = Program().post(path, sent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "provider"


@pytest.mark.django_db(transaction=True)
def test_one_token_sent_by_four_opens_once(rogue: RogueProvider) -> None:
    begun = begin()
    answers = at_once(*[lambda: come(rogue, dora(), begun=begun)] * 4)
    assert statuses(answers) == [200, 400, 400, 400]
    assert Family.objects.count() == User.objects.count() == 1


# --- What may be known ------------------------------------------------------------------------------------


def unlike(answer: Any) -> dict[str, Any]:
    return {name: text for name, text in answer.json().items() if name not in ("challenge", "reference")}


def test_without_proof_of_the_mailbox_nobody_learns_of_an_account(rogue: RogueProvider, alice: User) -> None:
    known = come(rogue, dora(sub="x", email=alice.email, email_verified=False))
    unknown = come(rogue, dora(sub="y", email="nobody@example.org", email_verified=False))
    assert code_in(known) == "email_unverified"
    assert (known.status_code, unlike(known)) == (unknown.status_code, unlike(unknown))
    assert {asked.kind for asked in MailRequest.objects.all()} == {MailRequest.Kind.SIGN_UP}
    for answer in (known, unknown):
        tried = Program().post("email/verify", {"challenge": answer.json()["challenge"], "code": "BCDF-GHJK"})
        assert code_in(tried) == "invalid_code"
    assert not SocialAccount.objects.filter(user=alice).exists()


def test_nor_where_signing_up_is_closed(rogue: RogueProvider, alice: User, settings: Any) -> None:
    settings.REGISTRATION = "closed"
    known = come(rogue, dora(sub="x", email=alice.email, email_verified=False))
    unknown = come(rogue, dora(sub="y", email="nobody@example.org", email_verified=False))
    assert code_in(known) == "sign_up_closed"
    assert unlike(known) == unlike(unknown)


def test_an_unproved_address_is_asked_by_mail(rogue: RogueProvider) -> None:
    answer, program = come(rogue, dora(email_verified=False)), Program()
    code = next(line for line in mails().get().text.splitlines() if len(line) == 9 and line[4:5] == "-")
    shown = {"challenge": answer.json()["challenge"], "code": code}
    assert program.post("email/verify", shown).status_code == 200
    assert program.get("me").json()["email_verified"]


def test_the_address_of_an_account_links_nothing(rogue: RogueProvider, alice: User) -> None:
    User.objects.update(email="dora@acme.example")
    alice.emailaddress_set.update(email="dora@acme.example")
    answer = come(rogue, dora())
    assert (answer.status_code, code_in(answer)) == (403, "identity_refused")
    assert answer.json()["reason"] == "known-address"
    assert "dora@acme.example belongs to an account here" in answer.json()["detail"]
    assert not SocialAccount.objects.exists()
    assert refusals() == ["known-address"]


def test_without_an_address_there_is_no_account(rogue: RogueProvider) -> None:
    assert come(rogue, dora(email=None)).json()["reason"] == "no-address"


def test_somebody_disabled_is_told_so(rogue: RogueProvider, alice: User) -> None:
    connect(alice, rogue)
    User.objects.update(is_active=False)
    assert code_in(come(rogue, dora())) == "account_disabled"


def test_so_is_one_whose_account_was_never_proved(rogue: RogueProvider, alice: User) -> None:
    User.objects.update(email="dora@acme.example", is_active=False)
    alice.emailaddress_set.update(email="dora@acme.example", verified=False)
    assert code_in(come(rogue, dora())) == "account_disabled"
    assert not SocialAccount.objects.exists()


def test_an_end_of_all_access_does_not_end_what_was_not_begun(rogue: RogueProvider, alice: User) -> None:
    """Nobody was named when the attempt began: it is a new sign-in, after the end."""
    connect(alice, rogue)
    begun = begin()
    access.revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)
    assert come(rogue, dora(), begun=begun).status_code == 200


# --- When the provider is away ----------------------------------------------------------------------------


@pytest.mark.parametrize("mood", [500, "garbage", "huge"])
def test_a_provider_that_is_away_is_a_reason_to_wait(rogue: RogueProvider, mood: Any) -> None:
    rogue.moods["/.well-known/openid-configuration"] = mood
    answer = Program().post("login/social/options", {"provider": "acme"})
    assert (answer.status_code, code_in(answer)) == (503, "provider_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert not Session.objects.exists()


def test_also_when_it_goes_away_meanwhile(rogue: RogueProvider) -> None:
    begun = begin()
    rogue.moods["/keys"] = 500
    answer = come(rogue, dora(), begun=begun)
    assert (answer.status_code, code_in(answer)) == (503, "provider_unavailable")
    assert refusals() == ["status-500"]


def test_one_network_does_not_ask_for_ever(rogue: RogueProvider, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "provider-start.address": "1/10m"}
    begin()
    assert Program().post("login/social/options", {"provider": "acme"}).status_code == 429
