"""No way around: by whatever door somebody with a second factor comes, they end at the second step."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.flows import proof
from accounts.models import Proof, Session, User
from core.client import Facts
from mfa.models import Authenticator
from sso.social import connections
from sso.social.configuration import Provider
from sso.social.identity import Identity
from tests.conftest import PASSWORD, code_of_app, sign_in
from tests.machines.rogue_provider import RogueProvider
from tests.mfa.conftest import CHALLENGE, Phone, give_phone, is_in
from tests.outbox import mails
from tests.sso.conftest import arrive, dora

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"


def nobody_is_in() -> bool:
    return not Session.objects.filter(user__isnull=False).exists()


def test_the_stage_stands_before_the_last_checks_and_after_all_that_waits() -> None:
    stages = settings.SIGN_IN_STAGES
    place = stages.index("mfa.stages.SecondFactorStage")
    assert stages[:place] == [
        "accounts.sign_in.stages.ProvedAddressStage",
        "accounts.sign_in.stages.TermsStage",
        "orgs.stages.OrganizationRulesStage",
    ]


def test_taken_out_it_would_be_missed(client: Client, phone: Phone, settings: Any) -> None:
    """So that this file cannot pass by accident."""
    settings.SIGN_IN_STAGES = [path for path in settings.SIGN_IN_STAGES if not path.startswith("mfa.")]
    sign_in(client, phone.user)
    assert is_in(client)


def test_a_provider_vouches_for_the_first_step_only(
    client: Client,
    rogue: RogueProvider,
    acme: Provider,
) -> None:
    arrive(client, rogue, dora())
    user = User.objects.get(email="dora@acme.example")
    client.post("/account/logout/")
    phone = give_phone(user)
    assert arrive(client, rogue, dora())["Location"] == CHALLENGE
    assert not is_in(client)
    assert client.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/"
    assert Session.objects.get(user=user).methods == "socialaccount totp"


def test_a_new_password_by_mail_signs_nobody_in(client: Client, phone: Phone) -> None:
    client.post("/account/password/reset/", {"email": phone.user.email})
    text = mails(message="reset_password").latest("id").text
    found = re.search(r"http://localhost(/\S+)", text)
    assert found
    assert client.post(found[1], {"new_password": NEW})["Location"] == "/account/login/"
    assert nobody_is_in()
    assert sign_in(client, phone.user, NEW)["Location"] == CHALLENGE
    assert not is_in(client)


def test_nor_does_it_take_the_factor_away(client: Client, phone: Phone, saved: list[str]) -> None:
    fresh = proof.issue(user=phone.user, purpose=Proof.Purpose.RESET_PASSWORD, email=phone.user.email)
    client.post(f"/account/password/reset/{fresh.token}/", {"new_password": NEW})
    assert Authenticator.objects.count() == 1
    assert phone.user.recovery_codes.count() == 10


def test_an_address_confirmed_while_signing_in_leads_to_the_second_step(client: Client, phone: Phone) -> None:
    EmailAddress.objects.update(verified=False)
    assert sign_in(client, phone.user)["Location"] == "/account/confirm-email/"
    text = mails(message="verify_email").latest("id").text
    found = re.search(r"http://localhost(/\S+)", text)
    assert found
    assert client.post(found[1])["Location"] == CHALLENGE
    assert not is_in(client)


def test_the_link_of_a_sign_up_opens_nothing_of_theirs(client: Client, phone: Phone) -> None:
    client.post("/account/signup/", {"email": phone.user.email, "password1": NEW})
    assert not mails(message="verify_email").exists()
    for path in (CHALLENGE, "/account/", "/account/confirm-email/"):
        client.post(path, {"code": phone.code()})
    assert not is_in(client)


def test_the_end_of_a_lockout_signs_nobody_in(client: Client, phone: Phone) -> None:
    fresh = proof.issue(user=phone.user, purpose=Proof.Purpose.UNLOCK_SIGN_IN, email=phone.user.email)
    client.post(f"/account/unlock/{fresh.token}/")
    assert nobody_is_in()
    assert sign_in(client, phone.user)["Location"] == CHALLENGE


def test_the_admins_door_is_the_same(client: Client, admin: User) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/account/login/")
    client.post("/admin/login/", {"username": admin.email, "password": PASSWORD})
    client.post("/account/login/", {"login": admin.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    assert client.post(CHALLENGE, {"code": code_of_app(admin)}).status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["account_reauthenticate", "mfa:prove"])
def test_asking_again_is_for_people_who_are_in(halfway: Client, phone: Phone, name: str) -> None:
    answer = halfway.post(reverse(name), {"code": phone.code(), "current_password": PASSWORD})
    assert answer["Location"].startswith("/account/login/")
    assert not is_in(halfway)
    assert phone.row.last_step == -1


def test_cookies_of_another_persons_browser_open_nothing(client: Client, phone: Phone, bob: User) -> None:
    his_phone, his = give_phone(bob), Client()
    sign_in(his, bob)
    his.post(CHALLENGE, {"code": his_phone.code(), "remember": "1"})
    for name in ("trusted", "browser"):
        client.cookies[name] = his.cookies[name].value
    assert sign_in(client, phone.user)["Location"] == CHALLENGE
    assert not is_in(client)


def test_a_half_done_sign_in_of_before_the_factor_was_set_up_meets_it(
    client: Client, alice: User, settings: Any
) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    assert sign_in(client, alice)["Location"] == "/account/terms/"
    give_phone(alice)
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == CHALLENGE
    assert not is_in(client)


def test_leaving_and_coming_back_does_not_skip_it(halfway: Client, phone: Phone) -> None:
    for path in ("/account/login/", "/", "/account/terms/", "/account/confirm-email/", "/account/mfa/lost/"):
        halfway.get(path)
    assert not is_in(halfway)
    assert halfway.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/"


def test_going_back_to_sign_in_as_somebody_else_works(halfway: Client, phone: Phone, bob: User) -> None:
    assert sign_in(halfway, bob)["Location"] == "/account/"
    assert halfway.post(CHALLENGE, {"code": phone.code()})["Location"] in ("/account/login/", "/account/")
    assert Session.objects.get(user__isnull=False).user == bob


def test_a_connected_account_does_not_replace_the_second_step(
    client: Client,
    phone: Phone,
    rogue: RogueProvider,
    acme: Provider,
) -> None:
    identity = Identity(slug="acme", issuer=rogue.url, subject="dora-1")
    connections.add(user=phone.user, identity=identity, facts=Facts("", "", ""), tell_owner=False)
    assert arrive(client, rogue, dora())["Location"] == CHALLENGE
    assert nobody_is_in()
