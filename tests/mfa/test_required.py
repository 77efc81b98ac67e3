"""Who must have a second factor gets one before anything opens: staff always, others by the rule of an organization."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.flows import provision
from accounts.models import Session, User
from core.client import Facts
from mfa.factors import registry
from mfa.flows import changes
from mfa.models import Authenticator, RecoveryCode
from orgs.actor import SHELL
from orgs.flows import members, organizations
from orgs.models import Organization
from tests.conftest import PASSWORD, be, code_of_app, give_app, make_staff, sign_in
from tests.mfa.conftest import (
    CHALLENGE,
    FACTORS,
    PROVE,
    Phone,
    asked,
    give_phone,
    is_in,
    post_answer,
    shown_codes,
)
from tests.mfa.device import Device
from tests.orgs.conftest import acme, bobs  # noqa: F401 - an organization
from tests.orgs.test_rules import ruled

pytestmark = pytest.mark.django_db
ENROL, APP, DONE = "/account/mfa/enrol/", "/account/mfa/enrol/app/", "/account/mfa/enrol/done/"
PASSKEY = "/account/mfa/enrol/passkey/"
REQUIRED = "/account/mfa/required/"


@pytest.fixture
def ada(db: Any) -> User:
    """New at the desk, without a second factor."""
    return provision.create_person(email="ada@example.org", name="Ada", password=PASSWORD, administrator=True)


@pytest.fixture
def waiting(client: Client, ada: User) -> Client:
    assert sign_in(client, ada)["Location"] == ENROL
    return client


def nobody_is_in() -> bool:
    return not Session.objects.filter(user__isnull=False).exists()


def phone_for(client: Client, user: User) -> Phone:
    found = re.search(r'class="key-text">([A-Z2-7 ]+)<', client.get(APP).text)
    assert found
    return Phone(user, found[1].replace(" ", ""))


def enrol(client: Client, user: User) -> Any:
    return client.post(APP, {"code": phone_for(client, user).code(-1), "name": "Phone"})


def asks(organization: Organization, *, in_days: float, vouched: bool = True) -> None:
    ruled(organization, second_factor=True, second_factor_from=timezone.now() + timedelta(days=in_days))
    Organization.objects.update(is_trusted=vouched)


def test_the_door_asks_only_those_whom_the_rule_means(bob: User, alice: User) -> None:
    organization = organizations.create(slug="initech", name="Initech", owner=alice, by=SHELL)
    members.add(organization=organization, user=bob, role="member", by=SHELL)
    ruled(
        organization,
        second_factor=True,
        second_factor_for="admins",
        second_factor_from=timezone.now() - timedelta(days=1),
    )
    Organization.objects.update(is_trusted=False)
    for user, status in ((bob, 200), (alice, 302)):
        client = Client()
        sign_in(client, user)
        assert client.get("/orgs/initech/").status_code == status


# --- Staff ------------------------------------------------------------------------------------------------


def test_staff_set_one_up_see_their_codes_and_are_in(waiting: Client, ada: User) -> None:
    assert "password is not enough" in waiting.get(ENROL).text
    page = enrol(waiting, ada)
    assert len(shown_codes(page)) == 10
    assert nobody_is_in()
    assert waiting.post(DONE)["Location"] == "/account/"
    assert waiting.get("/admin/").status_code == 200
    assert Session.objects.get(user=ada).methods == "password totp"


def test_where_they_wanted_to_go_is_not_forgotten(client: Client, ada: User) -> None:
    client.post("/account/login/", {"login": ada.email, "password": PASSWORD, "next": "/admin/audit/event/"})
    enrol(client, ada)
    assert client.post(DONE)["Location"] == "/admin/audit/event/"


def test_the_codes_can_be_saved_on_the_way(waiting: Client, ada: User) -> None:
    codes = shown_codes(enrol(waiting, ada))
    answer = waiting.post(f"{ENROL}codes/", {"code": codes})
    assert codes[0] in answer.text
    assert waiting.post(f"{ENROL}codes/", {"code": ["BBBBB-BBBBB-BBBBB-BBBBB"]}).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/account/", "/admin/", "/account/mfa/factors/", "/account/mfa/app/add/", REQUIRED, PROVE, "/orgs/"],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_nothing_else_opens_while_it_waits(waiting: Client, path: str, accept: str) -> None:
    for method in (waiting.get, waiting.post):
        assert method(path, headers={"accept": accept}).status_code in (302, 401, 403, 405)
    assert nobody_is_in()


@pytest.mark.parametrize("path", [ENROL, DONE, APP, CHALLENGE, "/account/terms/"])
def test_no_step_can_be_skipped(waiting: Client, path: str) -> None:
    """Neither "not now", which is for others, nor the last button, nor a step that comes before or after."""
    waiting.post(path, {"code": "000000", "accept": "on"})
    assert nobody_is_in()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", [ENROL, APP, DONE, f"{ENROL}codes/"])
def test_who_has_not_come_that_far_is_sent_to_the_beginning(client: Client, db: Any, path: str) -> None:
    assert client.post(path)["Location"] == "/account/login/"


def test_a_wrong_code_sets_nothing_up(waiting: Client, ada: User) -> None:
    wrong = phone_for(waiting, ada).wrong()
    assert "not the code of that key" in waiting.post(APP, {"code": wrong, "name": "Phone"}).text
    assert waiting.post(DONE)["Location"] == ENROL
    assert not registry.protects(ada)


def test_of_two_waiting_sign_ins_the_second_is_asked_for_what_the_first_set_up(ada: User) -> None:
    """Whoever knows the password as well must not add theirs beside the owner's, nor slip in after it."""
    thief, owner = Client(), Client()
    sign_in(thief, ada)
    sign_in(owner, ada)
    stolen = phone_for(thief, ada)
    enrol(owner, ada)
    for path, data in [(APP, {"code": stolen.code(-1), "name": "x"}), (ENROL, {}), (DONE, {})]:
        assert thief.post(path, data)["Location"] == "/account/login/"
    assert Authenticator.objects.count() == 1
    assert not is_in(thief)
    assert thief.post("/account/login/", {"login": ada.email, "password": PASSWORD})["Location"] == CHALLENGE


def test_beside_a_factor_that_is_there_none_is_added_unseen(waiting: Client, ada: User) -> None:
    """Also when it came between the look at the door and the lock on the person."""
    code, there = phone_for(waiting, ada).code(-1), give_phone(ada, "There")
    added = changes.add_app(
        user=ada,
        session=waiting.session,
        typed=code,
        name="Mine",
        facts=Facts("", "", ""),
        only_as_first=True,
    )
    assert added is None
    assert Authenticator.objects.get() == there.row


def test_the_kill_switch_ends_what_waits(waiting: Client, ada: User) -> None:
    code = phone_for(waiting, ada).code(-1)
    access.revoke(ada, reason=Reason.ADMINISTRATOR, actor=None)
    waiting.post(APP, {"code": code, "name": "Phone"})
    waiting.post(DONE)
    assert nobody_is_in()
    assert not Authenticator.objects.exists()


def test_a_half_done_sign_in_from_before_somebody_joined_the_desk_meets_it(
    client: Client, alice: User, settings: Any
) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    sign_in(client, alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == ENROL
    assert nobody_is_in()


# --- Sessions from before ---------------------------------------------------------------------------------


def test_a_session_from_before_meets_it_at_the_desk(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    for path in ("/admin/", "/admin/accounts/user/"):
        assert as_alice.get(path)["Location"].startswith(REQUIRED)
    assert as_alice.post("/admin/accounts/user/", {"action": "disable"})["Location"].startswith(REQUIRED)
    answer = as_alice.get("/admin/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert "Set up an authenticator app" in as_alice.get(REQUIRED).text


def test_one_that_has_not_shown_the_factor_shows_it(as_alice: Client, alice: User) -> None:
    make_staff(alice, is_superuser=True)
    assert as_alice.get("/admin/")["Location"].startswith(PROVE)
    as_alice.post(PROVE, {"code": code_of_app(alice)})
    assert as_alice.get("/admin/").status_code == 200


def test_the_account_pages_stay_open_to_them(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert "has to have a second step" in as_alice.get("/account/").text


def test_who_has_to_have_one_keeps_the_last(client: Client, admin: User) -> None:
    be(client, admin)
    app = Authenticator.objects.get()
    answer = client.post(f"/account/mfa/app/{app.pk}/remove/", follow=True)
    assert "Add another before you remove it" in answer.text
    assert Authenticator.objects.count() == 1
    give_app(admin)
    client.post(f"/account/mfa/app/{app.pk}/remove/")
    assert Authenticator.objects.count() == 1


# --- An organization that the site vouches for ------------------------------------------------------------


def test_before_the_day_it_may_be_put_off(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=3)
    assert sign_in(client, alice)["Location"] == ENROL
    page = client.get(ENROL).text
    assert "Acme Lamps" in page
    assert "Not now" in page
    assert client.post(ENROL)["Location"] == "/account/"
    assert "Acme Lamps asks its people for a second step from" in client.get("/account/").text


def test_from_the_day_on_nothing_opens_without(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1)
    assert sign_in(client, alice)["Location"] == ENROL
    page = client.get(ENROL).text
    assert "Not now" not in page
    assert "Ask an owner or admin of Acme Lamps" in page
    assert client.post(ENROL).status_code == 200
    assert nobody_is_in()
    enrol(client, alice)
    assert client.post(DONE)["Location"] == "/account/"


def test_waiting_does_not_move_the_day(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=1)
    sign_in(client, alice)
    asks(acme, in_days=-0.001)
    client.post(ENROL)
    assert nobody_is_in()


def test_a_rule_that_is_gone_lets_on(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1)
    sign_in(client, alice)
    ruled(acme)
    assert client.get(ENROL)["Location"] == "/account/"


def test_whoever_has_one_notices_nothing(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1)
    phone = give_phone(alice)
    assert sign_in(client, alice)["Location"] == CHALLENGE
    assert client.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/"


def test_nor_does_whoever_is_no_member(acme: Organization, charlie: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1)
    assert sign_in(client, charlie)["Location"] == "/account/"


# --- At the door of one that it does not vouch for --------------------------------------------------------


def test_it_holds_at_its_own_door_only(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1, vouched=False)
    assert sign_in(client, alice)["Location"] == "/account/"
    assert client.get("/orgs/acme/")["Location"].startswith(REQUIRED)
    assert "asks for more than a password" in client.get(REQUIRED).text
    answer = client.get("/orgs/acme/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    give_phone(alice)
    assert client.get("/orgs/acme/").status_code == 200
    assert client.get(f"{REQUIRED}?next=/orgs/acme/")["Location"] == "/orgs/acme/"


def test_not_before_its_day(acme: Organization, alice: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=1, vouched=False)
    sign_in(client, alice)
    assert client.get("/orgs/acme/").status_code == 200


def test_outsiders_do_not_learn_of_it(acme: Organization, charlie: User, client: Client) -> None:  # noqa: F811
    asks(acme, in_days=-1, vouched=False)
    sign_in(client, charlie)
    assert client.get("/orgs/acme/").status_code == 404


def test_a_passkey_will_do(waiting: Client, ada: User) -> None:
    device = Device()
    page = post_answer(waiting, PASSKEY, device.make(asked(waiting.get(PASSKEY))))
    assert len(shown_codes(page)) == 10
    assert nobody_is_in()
    assert waiting.post(DONE)["Location"] == "/account/"
    assert waiting.get("/admin/").status_code == 200


def test_an_answer_that_does_not_hold_makes_none(waiting: Client) -> None:
    question = asked(waiting.get(PASSKEY))
    post_answer(waiting, PASSKEY, Device().make(question, said={"origin": "https://evil.example"}))
    waiting.post(DONE)
    assert nobody_is_in()


def test_recovery_codes_come_with_it(waiting: Client, ada: User) -> None:
    enrol(waiting, ada)
    assert RecoveryCode.objects.filter(user=ada).count() == 10
    waiting.post(DONE)
    assert waiting.get(FACTORS).status_code == 200
