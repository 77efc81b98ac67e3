"""Whoever has a second factor does not get in without it."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from mfa.models import Authenticator, RecoveryCode
from tests.conftest import PASSWORD, sign_in
from tests.mfa.conftest import CHALLENGE, Phone, code_of, give_phone, is_in

pytestmark = pytest.mark.django_db


def post(client: Client, code: str, **more: str) -> Any:
    return client.post(CHALLENGE, {"code": code, **more})


def test_the_password_alone_leads_to_the_second_step(halfway: Client) -> None:
    page = halfway.get(CHALLENGE)
    assert page.status_code == 200
    assert 'autocomplete="one-time-code"' in page.text
    assert 'inputmode="numeric"' in page.text
    assert not is_in(halfway)


def test_somebody_without_a_factor_notices_nothing(client: Client, alice: User) -> None:
    assert sign_in(client, alice)["Location"] == "/account/"


def test_the_code_completes_the_sign_in(halfway: Client, phone: Phone) -> None:
    assert post(halfway, phone.code())["Location"] == "/account/"
    assert is_in(halfway)
    assert phone.row.last_used_at is not None


def test_where_somebody_wanted_to_go_is_not_forgotten(client: Client, phone: Phone) -> None:
    data = {"login": phone.user.email, "password": PASSWORD, "next": "/account/sessions/"}
    client.post("/account/login/", data)
    assert post(client, phone.code())["Location"] == "/account/sessions/"


def test_both_methods_are_recorded_and_shown(halfway: Client, phone: Phone) -> None:
    post(halfway, phone.code())
    assert Session.objects.get(user=phone.user).methods == "password totp"
    assert Event.objects.get(action=Action.SIGN_IN).data == {"methods": ["password", "totp"]}
    assert "by password, authenticator app" in halfway.get("/account/sessions/").text


def test_the_session_gets_a_new_key(halfway: Client, phone: Phone) -> None:
    before = halfway.cookies["session"].value
    post(halfway, phone.code())
    assert halfway.cookies["session"].value != before


def test_a_wrong_code_changes_nothing_but_the_count(halfway: Client, phone: Phone) -> None:
    answer = post(halfway, phone.wrong())
    assert "This code is not right" in answer.text
    assert phone.wrong() not in answer.text
    assert not is_in(halfway)
    event = Event.objects.latest("id")
    assert (event.action, event.outcome) == (Action.SECOND_FACTOR_REFUSE, Outcome.REFUSED)
    assert event.person == phone.user.public_id
    assert event.actor is None
    assert phone.row.last_step == -1
    assert post(halfway, phone.code())["Location"] == "/account/"


@pytest.mark.parametrize("code", ["０００００１", "+12345", "12345", "٠٠٠٠٠١", "", "1" * 100])
def test_what_cannot_be_a_code_is_told_so(halfway: Client, code: str) -> None:
    answer = post(halfway, code)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert not is_in(halfway)


def test_full_width_digits_of_the_right_code_are_refused(halfway: Client, phone: Phone) -> None:
    wide = phone.code().translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert post(halfway, wide).status_code == 200
    assert not is_in(halfway)


def test_a_code_opens_once(halfway: Client, phone: Phone) -> None:
    code = phone.code()
    post(halfway, code)
    second = Client()
    sign_in(second, phone.user)
    assert "used already" in post(second, code).text
    assert not is_in(second)


def test_nor_does_an_older_one_after_a_newer(halfway: Client, phone: Phone) -> None:
    # Read at once: the next half minute, in which there are newer ones, may begin meanwhile.
    read = [phone.code(steps) for steps in (-1, 0, 1)]
    post(halfway, read[-1])
    second = Client()
    sign_in(second, phone.user)
    for code in read:
        post(second, code)
    assert not is_in(second)


def test_any_of_several_apps_will_do(halfway: Client, phone: Phone) -> None:
    tablet = give_phone(phone.user, "Tablet")
    assert post(halfway, tablet.code())["Location"] == "/account/"
    assert phone.row.last_used_at is None


def test_somebody_elses_code_opens_nothing(halfway: Client, bob: User) -> None:
    post(halfway, give_phone(bob).code())
    assert not is_in(halfway)


def test_the_secret_is_not_in_the_table(phone: Phone) -> None:
    raw = Authenticator.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True)[0]
    assert phone.secret.encode() not in bytes(raw)


# --- Another way, and no way ------------------------------------------------------------------------------


def test_the_best_is_asked_first_and_the_others_are_offered(halfway: Client, saved: list[str]) -> None:
    page = halfway.get(CHALLENGE).text
    assert "Enter the code of your app" in page
    assert f"{CHALLENGE}?with=recovery" in page
    assert "Enter a recovery code" in halfway.get(f"{CHALLENGE}?with=recovery").text
    assert f"{CHALLENGE}?with=app" in halfway.get(f"{CHALLENGE}?with=recovery").text


def test_a_way_that_one_does_not_have_is_not_offered(halfway: Client) -> None:
    assert "with=recovery" not in halfway.get(CHALLENGE).text
    assert "Enter the code of your app" in halfway.get(f"{CHALLENGE}?with=recovery").text
    assert "Enter the code of your app" in halfway.get(f"{CHALLENGE}?with=nonsense").text


def test_who_has_lost_everything_is_told_what_to_do(halfway: Client) -> None:
    assert "/account/mfa/lost/" in halfway.get(CHALLENGE).text
    page = halfway.get("/account/mfa/lost/")
    assert page.status_code == 200
    assert "write to the people who run this site" in page.text


def test_recovery_codes_without_a_factor_ask_for_nothing(
    client: Client, alice: User, saved: list[str]
) -> None:
    Authenticator.objects.all().delete()
    assert RecoveryCode.objects.exists()
    assert sign_in(client, alice)["Location"] == "/account/"


# --- Direct addresses and stale sign-ins -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_waiting_sign_in_the_page_leads_to_the_beginning(
    client: Client, phone: Phone, method: str
) -> None:
    answer = getattr(client, method)(CHALLENGE, {"code": phone.code()})
    assert answer["Location"] == "/account/login/"
    assert phone.row.last_step == -1


def test_a_stage_before_it_cannot_be_left_out(client: Client, phone: Phone, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    assert sign_in(client, phone.user)["Location"] == "/account/terms/"
    assert post(client, phone.code())["Location"] == "/account/login/"
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == CHALLENGE
    assert not is_in(client)
    assert post(client, phone.code())["Location"] == "/account/"


def test_a_waiting_sign_in_opens_no_page(halfway: Client) -> None:
    for path in (
        "/account/",
        "/account/mfa/factors/",
        "/account/mfa/prove/",
        "/account/password/change/",
        "/admin/",
    ):
        assert halfway.get(path)["Location"].startswith(("/account/login/", "/admin/login/"))


def test_it_waits_for_a_quarter_of_an_hour(halfway: Client, phone: Phone) -> None:
    session = halfway.session
    session["account_login"] = {
        **session["account_login"],
        "initiated_at": timezone.now().timestamp() - settings.ACCOUNT_LOGIN_TIMEOUT - 1,
    }
    session.save()
    assert post(halfway, phone.code())["Location"] == "/account/login/"
    assert not is_in(halfway)


def test_a_sign_in_that_waits_while_all_access_ends_has_ended(halfway: Client, phone: Phone) -> None:
    access.revoke(phone.user, reason=Reason.ADMINISTRATOR, actor=None)
    assert post(halfway, phone.code())["Location"] == "/account/login/"
    assert phone.row.last_step == -1
    assert post(halfway, phone.code())["Location"] == "/account/login/"


def test_one_of_somebody_disabled_meanwhile_learns_that(halfway: Client, phone: Phone) -> None:
    User.objects.update(is_active=False)
    assert post(halfway, phone.code())["Location"] == "/account/inactive/"
    User.objects.update(is_active=True)
    assert post(halfway, phone.code())["Location"] == "/account/login/"
    assert not is_in(halfway)


def test_whoever_is_locked_out_need_not_show_it_first(client: Client, phone: Phone) -> None:
    User.objects.update(locked_at=timezone.now())
    assert sign_in(client, phone.user)["Location"] == "/account/locked/"
    assert post(client, phone.code())["Location"] == "/account/login/"


def test_one_whose_factor_is_gone_meanwhile_begins_again(halfway: Client) -> None:
    Authenticator.objects.all().delete()
    assert halfway.get(CHALLENGE)["Location"] == "/account/login/"
    assert not is_in(halfway)


def test_one_of_somebody_who_is_gone_meanwhile_begins_again(halfway: Client, phone: Phone) -> None:
    code = phone.code()
    phone.user.delete()
    assert post(halfway, code)["Location"] == "/account/login/"


def test_the_code_of_an_app_removed_meanwhile_is_worth_nothing(halfway: Client, phone: Phone) -> None:
    code = phone.code()
    give_phone(phone.user, "Tablet")
    phone.row.delete()
    assert "not right" in post(halfway, code).text


def test_two_people_waiting_do_not_get_into_each_others_account(
    halfway: Client, phone: Phone, bob: User
) -> None:
    his, hers = give_phone(bob), phone
    other = Client()
    assert sign_in(other, bob)["Location"] == CHALLENGE
    post(other, hers.code())
    post(halfway, his.code())
    assert not is_in(other)
    assert not is_in(halfway)


def test_a_waiting_sign_in_gives_way_to_another_persons(halfway: Client, phone: Phone, bob: User) -> None:
    his = give_phone(bob)
    sign_in(halfway, bob)
    post(halfway, phone.code())
    assert not is_in(halfway)
    post(halfway, his.code())
    assert Session.objects.get(user__isnull=False).user == bob


def test_the_first_factor_asks_who_signs_in_next_and_not_who_is_in(as_alice: Client, alice: User) -> None:
    give_phone(alice)
    assert is_in(as_alice)
    assert sign_in(Client(), alice)["Location"] == CHALLENGE


def test_steps_of_the_future_do_not_close_the_door(halfway: Client, phone: Phone) -> None:
    """A clock that was wrong by a step when the last code was taken costs one code, not the account."""
    now = int(timezone.now().timestamp()) // 30
    Authenticator.objects.update(last_step=now)
    assert "not right" in post(halfway, code_of(phone.secret, now)).text
    assert post(halfway, code_of(phone.secret, now + 1))["Location"] == "/account/"
