"""A browser in which the second step is spared: by wish, for one person, for a month, until something changes."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import Session, User
from accounts.sign_in import stages
from audit.actions import Action
from audit.models import Event
from mfa import retention, trust
from mfa.models import TrustedBrowser
from tests.conftest import PASSWORD, sign_in
from tests.mfa.conftest import CHALLENGE, FACTORS, Phone, give_phone, is_in

pytestmark = pytest.mark.django_db
FORGET = "/account/mfa/browsers/forget/"
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def remembered(halfway: Client, phone: Phone) -> Client:
    halfway.post(CHALLENGE, {"code": phone.code(-1), "remember": "1"}, headers=FIREFOX)
    assert TrustedBrowser.objects.count() == 1
    return halfway


def sign_in_again(client: Client, user: User) -> str:
    client.post("/account/logout/")
    return str(sign_in(client, user)["Location"])


def test_it_is_off_unless_wished_for(halfway: Client, phone: Phone) -> None:
    assert "Do not ask again in this browser for 30 days" in halfway.get(CHALLENGE).text
    assert "checked" not in halfway.get(CHALLENGE).text
    halfway.post(CHALLENGE, {"code": phone.code()})
    assert "trusted" not in halfway.cookies
    assert sign_in_again(halfway, phone.user) == CHALLENGE


def test_it_spares_the_second_step(remembered: Client, phone: Phone) -> None:
    assert sign_in_again(remembered, phone.user) == "/account/"
    assert is_in(remembered)
    assert Session.objects.get(user=phone.user).methods == "password"
    assert Event.objects.filter(action=Action.SECOND_FACTOR_SKIP).count() == 1


def test_it_spares_no_password(remembered: Client, phone: Phone) -> None:
    remembered.post("/account/logout/")
    sign_in(remembered, phone.user, "not her password at all")
    assert not is_in(remembered)


def test_the_cookie_is_out_of_reach_of_scripts_and_lasts_a_month(remembered: Client) -> None:
    cookie = remembered.cookies["trusted"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 30 * 86_400
    assert cookie["domain"] == ""


def test_over_https_it_is_secure(halfway: Client, phone: Phone, settings: Any) -> None:
    settings.HTTPS = True
    halfway.post(CHALLENGE, {"code": phone.code(), "remember": "1"})
    assert halfway.cookies["trusted"]["secure"]


def test_only_a_digest_is_kept(remembered: Client) -> None:
    row = TrustedBrowser.objects.get()
    assert remembered.cookies["trusted"].value not in (row.digest, row.device)
    assert row.device == "Firefox on Linux"


def test_a_wrong_code_remembers_nothing(halfway: Client, phone: Phone) -> None:
    page = halfway.post(CHALLENGE, {"code": phone.wrong(), "remember": "1"})
    assert "checked" in page.text
    assert not TrustedBrowser.objects.exists()


def test_a_sign_in_that_is_refused_afterwards_remembers_nothing(
    halfway: Client, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lock_meanwhile(**kwargs: Any) -> bool:
        """As the last stages would find it; what the second step has read is older."""
        monkeypatch.setattr(
            stages.LockedAccountStage, "handle", lambda stage: (redirect("accounts:locked"), False)
        )
        return True

    monkeypatch.setattr("mfa.factors.authenticator.check", lock_meanwhile)
    halfway.post(CHALLENGE, {"code": phone.code(), "remember": "1"})
    assert not is_in(halfway)
    assert not TrustedBrowser.objects.exists()


def test_nor_does_one_whose_access_ends_in_that_moment(rf: RequestFactory, alice: User) -> None:
    access.revoke(User.objects.get(pk=alice.pk), reason=Reason.DISOWNED, actor=None)
    answer = HttpResponse()
    trust.remember(rf.post(CHALLENGE), answer, alice)
    assert not answer.cookies
    assert not TrustedBrowser.objects.exists()


def test_it_is_bound_to_the_person(remembered: Client, bob: User) -> None:
    give_phone(bob)
    assert sign_in_again(remembered, bob) == CHALLENGE


def test_a_cookie_carried_elsewhere_spares_its_owner_only(
    remembered: Client, phone: Phone, bob: User
) -> None:
    thief = Client()
    thief.cookies["trusted"] = remembered.cookies["trusted"].value
    give_phone(bob)
    assert sign_in(thief, bob)["Location"] == CHALLENGE


@pytest.mark.parametrize("planted", ["", "x", "x" * 43, "é" * 43, "x" * 5000])
def test_an_invented_cookie_spares_nothing(halfway: Client, phone: Phone, planted: str) -> None:
    halfway.cookies["trusted"] = planted
    assert sign_in_again(halfway, phone.user) == CHALLENGE


def test_a_planted_cookie_is_not_made_good(halfway: Client, phone: Phone) -> None:
    halfway.cookies["trusted"] = "p" * 43
    halfway.post(CHALLENGE, {"code": phone.code(), "remember": "1"})
    assert halfway.cookies["trusted"].value != "p" * 43


def test_after_a_month_it_asks_again(remembered: Client, phone: Phone) -> None:
    TrustedBrowser.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert sign_in_again(remembered, phone.user) == CHALLENGE
    assert "None: every sign-in" in _in(remembered, phone).get(FACTORS).text
    retention.prune()
    assert not TrustedBrowser.objects.exists()


def test_a_use_does_not_make_it_last_longer(remembered: Client, phone: Phone) -> None:
    until = TrustedBrowser.objects.get().expires_at
    sign_in_again(remembered, phone.user)
    row = TrustedBrowser.objects.get()
    assert row.expires_at == until
    assert row.last_used_at is not None


def test_staff_are_asked_each_time(remembered: Client, phone: Phone) -> None:
    User.objects.filter(pk=phone.user.pk).update(is_staff=True)
    assert sign_in_again(remembered, phone.user) == CHALLENGE
    assert "Do not ask again" not in remembered.get(CHALLENGE).text
    before = TrustedBrowser.objects.get().pk
    remembered.post(CHALLENGE, {"code": phone.code(), "remember": "1"})
    assert is_in(remembered)
    assert TrustedBrowser.objects.get().pk == before
    assert sign_in_again(remembered, phone.user) == CHALLENGE


def test_it_is_listed_and_can_be_removed(remembered: Client, phone: Phone) -> None:
    page = remembered.get(FACTORS).text
    assert "Firefox on Linux" in page
    assert "this browser" in page
    row = TrustedBrowser.objects.get()
    assert remembered.post(FORGET, {"browser": row.pk})["Location"] == FACTORS
    assert sign_in_again(remembered, phone.user) == CHALLENGE
    assert Event.objects.filter(action=Action.BROWSER_DISTRUST).count() == 1


@pytest.mark.parametrize("chosen", ["", "x", "0", "９", "9" * 30])
def test_removing_nothing_is_no_mistake(remembered: Client, chosen: str) -> None:
    assert remembered.post(FORGET, {"browser": chosen})["Location"] == FACTORS
    assert TrustedBrowser.objects.exists()


def test_nobody_removes_or_sees_somebody_elses(remembered: Client, charlie: User) -> None:
    his = Client()
    sign_in(his, charlie)
    his.post(FORGET, {"browser": TrustedBrowser.objects.get().pk})
    assert TrustedBrowser.objects.exists()
    assert "Firefox" not in his.get(FACTORS).text


def test_a_change_of_password_ends_it(remembered: Client, phone: Phone) -> None:
    data = {"current_password": PASSWORD, "new_password": "another story of ten lamps"}
    assert remembered.post("/account/password/change/", data).status_code == 302
    assert not TrustedBrowser.objects.exists()


def test_signing_out_everywhere_else_ends_all_of_them(remembered: Client) -> None:
    remembered.post("/account/sessions/end-others/")
    assert is_in(remembered)
    assert not TrustedBrowser.objects.exists()


def test_being_remembered_anew_replaces_the_old_row(remembered: Client, phone: Phone) -> None:
    TrustedBrowser.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sign_in_again(remembered, phone.user)
    remembered.post(CHALLENGE, {"code": phone.code(), "remember": "1"})
    assert TrustedBrowser.objects.count() == 1


def _in(client: Client, phone: Phone) -> Client:
    client.post(CHALLENGE, {"code": phone.code()})
    return client
