"""The grid: by whatever first proof somebody with a second factor comes, and wherever they then turn, they are not in.

That it could fail is shown at the end, where the stage is taken out.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.test import Client

from accounts.flows import invitations, proof
from accounts.models import Proof, Session, User
from core.client import Facts
from mfa.models import Authenticator
from orgs.actor import SHELL
from orgs.flows import invitations as org_invitations
from orgs.flows import organizations
from orgs.permissions import BuiltIn
from sso.social import connections
from sso.social.identity import Identity
from tests.api import Program
from tests.conftest import PASSWORD, make_staff
from tests.desk import chosen
from tests.machines.rogue_provider import RogueProvider
from tests.mfa.conftest import acme, by_passkey, give_passkey, give_phone, rogue, running  # noqa: F401 - a provider
from tests.mfa.device import UP
from tests.outbox import mails
from tests.sso.conftest import arrive, dora
from tests.sso.enterprise import linked
from tests.sso.test_api_social import come as bring_token
from tokens.models import Family

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"
FACTS = Facts("203.0.113.9", "", "")
STAGE = "mfa.stages.SecondFactorStage"


@pytest.fixture(autouse=True)
def everything_is_offered(settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True


@pytest.fixture
def owner(alice: User) -> User:
    """With a second factor, and with every door open to her."""
    make_staff(alice, is_superuser=True)
    return alice


@pytest.fixture
def provider(rogue: RogueProvider, acme: Any) -> RogueProvider:  # noqa: F811
    return rogue


def mailed(message: str) -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message=message).latest("id").text)
    assert found
    return found[1]


def who_is_in() -> list[User]:
    """By a session, or by the tokens of a program."""
    sessions, families = Session.objects.filter(user__isnull=False), Family.objects.filter(ended_at=None)
    return [row.user for row in [*sessions, *families]]


def nobody_is_in() -> bool:
    return not who_is_in()


# --- First proofs -----------------------------------------------------------------------------------------


def by_password(client: Client, user: User, provider: RogueProvider) -> None:
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})


def by_password_at_the_desk(client: Client, user: User, provider: RogueProvider) -> None:
    client.post("/admin/login/?next=/admin/", {"username": user.email, "password": PASSWORD})
    client.post(
        "/account/login/?next=/admin/", {"login": user.email, "password": PASSWORD, "next": "/admin/"}
    )


def take(client: Client, *answers: Any) -> None:
    """What programs were handed, whatever it is good for."""
    found = [answer.json() for answer in answers]
    names = ("access_token", "refresh_token", "challenge")
    vars(client)["handed"] = [said[name] for said in found for name in names if name in said]


def mailed_code(message: str) -> str:
    found = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mails(message=message).latest("id").text, re.MULTILINE)
    assert found
    return found[1]


def by_mail_code(client: Client, user: User, provider: RogueProvider) -> None:
    client.post("/account/login/mail/", {"email": user.email})
    assert client.post("/account/login/mail/code/", {"code": mailed_code("sign_in_code")}).status_code == 302


def by_mail_link(client: Client, user: User, provider: RogueProvider) -> None:
    client.post("/account/login/mail/", {"email": user.email})
    assert client.post(mailed("sign_in_code")).status_code == 302


def by_provider(client: Client, user: User, provider: RogueProvider) -> None:
    identity = Identity(slug="acme", issuer=provider.url, subject="dora-1")
    connections.add(user=user, identity=identity, facts=FACTS, tell_owner=False)
    assert arrive(client, provider, dora()).status_code == 302


def by_an_organizations_provider(client: Client, user: User, provider: RogueProvider) -> None:
    """Which also says that it asked for two factors: of staff, that is not its to say."""
    assert linked.by_saml(client, user).status_code == 302


def by_an_organizations_openid(client: Client, user: User, provider: RogueProvider) -> None:
    assert linked.by_openid(client, user, provider).status_code == 302


def by_confirming_the_address(client: Client, user: User, provider: RogueProvider) -> None:
    """While the password's sign-in waits for that."""
    EmailAddress.objects.filter(user=user).update(verified=False)
    by_password(client, user, provider)
    assert client.post(mailed("verify_email")).status_code == 302


def by_signing_up(client: Client, user: User, provider: RogueProvider) -> None:
    client.post("/account/signup/", {"email": user.email, "password1": NEW})
    mails()
    client.post("/account/confirm-email/", {"code": "BCDF-GHJK"})


def by_invitation(client: Client, user: User, provider: RogueProvider) -> None:
    """Sent to a mailbox that became theirs since."""
    invitations.invite(email="arden@example.net", actor=None, facts=FACTS)
    EmailAddress.objects.create(user=user, email="arden@example.net", verified=True)
    client.post(mailed("invitation"), {"name": "Alice", "new_password": NEW})


def by_an_organizations_invitation(client: Client, user: User, provider: RogueProvider) -> None:
    globex = organizations.create(slug="globex", name="Globex", owner=user, by=SHELL)
    org_invitations.invite(organization=globex, email="arden@example.net", role=BuiltIn.MEMBER, by=SHELL)
    EmailAddress.objects.create(user=user, email="arden@example.net", verified=True)
    client.post(mailed("organization_invitation"), {"name": "Alice", "new_password": NEW})


def by_a_passkey_that_asked_nobody(client: Client, user: User, provider: RogueProvider) -> None:
    """Without finger, face or PIN it is one factor."""
    by_passkey(client, give_passkey(user), flags=UP)


def by_a_suspended_passkey(client: Client, user: User, provider: RogueProvider) -> None:
    device = give_passkey(user)
    user.passkeys.latest("pk").suspend()
    by_passkey(client, device)


def by_a_new_password(client: Client, user: User, provider: RogueProvider) -> None:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)
    client.post(f"/account/password/reset/{fresh.token}/", {"new_password": NEW})
    client.post("/account/login/", {"login": user.email, "password": NEW})


def by_the_end_of_a_lockout(client: Client, user: User, provider: RogueProvider) -> None:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.UNLOCK_SIGN_IN, email=user.email)
    client.post(f"/account/unlock/{fresh.token}/")
    by_password(client, user, provider)


def by_password_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    take(client, Program().post("login", {"email": user.email, "password": PASSWORD}))


def by_mail_code_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    program = Program()
    challenge = program.post("login/code", {"email": user.email}).json()["challenge"]
    shown = {"email": user.email, "challenge": challenge, "code": mailed_code("sign_in_code")}
    take(client, program.post("login/code/confirm", shown))


def by_provider_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    identity = Identity(slug="acme", issuer=provider.url, subject="dora-1")
    connections.add(user=user, identity=identity, facts=FACTS, tell_owner=False)
    take(client, bring_token(provider, dora()))


def by_confirming_the_address_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    EmailAddress.objects.filter(user=user).update(verified=False)
    program = Program()
    answer = program.post("login", {"email": user.email, "password": PASSWORD})
    shown = {"challenge": answer.json()["challenge"], "code": mailed_code("verify_email")}
    take(client, program.post("email/verify", shown))


def by_a_passkey_that_asked_nobody_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    device, program = give_passkey(user), Program()
    answer = device.sign(program.post("login/passkey/options").json(), flags=UP)
    take(client, program.post("login/passkey", {"credential": answer}))


def by_signing_up_in_a_program(client: Client, user: User, provider: RogueProvider) -> None:
    program = Program()
    answer = program.post("register", {"email": user.email, "password": NEW})
    shown = {"challenge": answer.json()["challenge"], "code": "BCDF-GHJK"}
    take(client, answer, program.post("email/verify", shown))


# Those that lead into the account where there is no second step; the others lead nowhere in any case.
OPENING = [
    by_password,
    by_password_at_the_desk,
    by_mail_code,
    by_mail_link,
    by_provider,
    by_an_organizations_provider,
    by_an_organizations_openid,
    by_confirming_the_address,
    by_a_new_password,
    by_the_end_of_a_lockout,
]
IN_PROGRAMS = [
    by_password_in_a_program,
    by_mail_code_in_a_program,
    by_provider_in_a_program,
    by_confirming_the_address_in_a_program,
]
FIRST = [
    *OPENING,
    *IN_PROGRAMS,
    by_a_passkey_that_asked_nobody_in_a_program,
    by_signing_up_in_a_program,
    by_signing_up,
    by_invitation,
    by_an_organizations_invitation,
    by_a_passkey_that_asked_nobody,
    by_a_suspended_passkey,
]


# --- Where they turn then ---------------------------------------------------------------------------------


def account_pages(client: Client, user: User) -> list[Any]:
    paths = ["/account/", "/account/sessions/", "/account/profile/", "/account/mfa/factors/", "/orgs/"]
    return [client.get(path) for path in paths]


def desk(client: Client, user: User) -> list[Any]:
    return [
        client.get("/admin/"),
        client.get("/admin/accounts/user/"),
        client.post("/admin/accounts/user/", chosen("end-access", user)),
        client.post(f"/admin/accounts/user/{user.pk}/do/end-access/"),
        client.get("/admin/mfa/factorreset/add/"),
    ]


def programs(client: Client, user: User) -> list[Any]:
    accept = {"accept": "application/json"}
    return [client.get(path, headers=accept) for path in ("/account/", "/account/activity/", "/admin/")]


def the_api(client: Client, user: User) -> list[Any]:
    """With whatever was handed out, as an access token and as a challenge of every step."""
    answers = []
    for handed in vars(client).get("handed", [""]):
        program = Program(handed)
        answers += [program.get(path) for path in ("me", "me/mfa", "me/sessions", "me/connections")]
        answers += [
            program.post("reauthenticate", {"method": "password", "password": PASSWORD}),
            program.post("me/mfa/apps/begin"),
            program.post("login/mfa", {"challenge": handed or "x", "code": "000000"}),
            program.post("email/verify", {"challenge": handed or "x", "code": "BCDF-GHJK"}),
            program.post("refresh", {"refresh_token": handed or "x"}),
        ]
    return answers


def asking_again(client: Client, user: User) -> list[Any]:
    return [
        client.post("/account/reauthenticate/", {"current_password": PASSWORD}),
        client.post("/account/mfa/prove/", {"code": "000000"}),
        client.post("/account/mfa/app/add/", {"code": "000000", "name": "x"}),
        client.post("/account/mfa/passwordless/end/", {"new_password": NEW}),
    ]


def later_steps(client: Client, user: User) -> list[Any]:
    """By their addresses, without the one that is due."""
    paths = ["enrol/", "enrol/app/", "enrol/passkey/", "enrol/done/", "recovery/renew/", "required/"]
    return [client.post(f"/account/mfa/{path}", {"code": "000000", "name": "x"}) for path in paths]


def forgotten_password(client: Client, user: User) -> list[Any]:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)
    client.post(f"/account/password/reset/{fresh.token}/", {"new_password": "yet one more story of lamps"})
    return [client.get("/account/"), client.post("/account/password/change/", {"new_password": NEW})]


def change_of_address(client: Client, user: User) -> list[Any]:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.VERIFY_EMAIL, email=user.email)
    client.post(f"/account/confirm-email/{fresh.token}/")
    return [
        client.post("/account/addresses/add/", {"email": "thief@example.net"}),
        client.post("/account/addresses/make-main/", {"address": "1"}),
        client.get("/account/addresses/"),
    ]


SURFACES = [
    account_pages,
    desk,
    programs,
    the_api,
    asking_again,
    later_steps,
    forgotten_password,
    change_of_address,
]
First = Callable[[Client, User, RogueProvider], None]


def name(function: Any) -> str:
    return str(function.__name__)


@pytest.mark.parametrize("surface", SURFACES, ids=name)
@pytest.mark.parametrize("first", FIRST, ids=name)
def test_nobody_is_in_without_the_second_factor(
    client: Client, owner: User, provider: RogueProvider, first: First, surface: Any
) -> None:
    first(client, owner, provider)
    assert nobody_is_in()
    for answer in surface(client, owner):
        assert answer.status_code in (302, 401, 403, 405), answer.request["PATH_INFO"]
    assert nobody_is_in()
    assert Authenticator.objects.filter(user=owner).count() == 1
    assert not EmailAddress.objects.filter(email="thief@example.net").exists()


@pytest.mark.parametrize("first", [*OPENING, *IN_PROGRAMS], ids=name)
def test_taken_out_the_stage_is_missed(
    client: Client, alice: User, provider: RogueProvider, settings: Any, first: First
) -> None:
    """So that the grid cannot pass by accident."""
    give_phone(alice)
    settings.SIGN_IN_STAGES = [path for path in site.SIGN_IN_STAGES if path != STAGE]
    first(client, alice, provider)
    assert who_is_in() == [alice]


@pytest.mark.parametrize("first", OPENING, ids=name)
def test_who_must_have_a_factor_and_has_none_is_not_in_either(
    client: Client, alice: User, provider: RogueProvider, first: First
) -> None:
    make_staff(alice)
    Authenticator.objects.all().delete()
    first(client, alice, provider)
    assert nobody_is_in()
    assert client.get("/account/mfa/enrol/").status_code == 200


@pytest.mark.parametrize("first", IN_PROGRAMS, ids=name)
def test_nor_in_a_program(client: Client, alice: User, provider: RogueProvider, first: First) -> None:
    make_staff(alice)
    Authenticator.objects.all().delete()
    first(client, alice, provider)
    assert nobody_is_in()
    # Nothing waits either: it is set up on the site.
    assert vars(client)["handed"] == []
    assert not Session.objects.exists()
