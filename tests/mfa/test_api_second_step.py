"""A program gets no tokens for somebody with a second factor until that was shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import Session, User
from accounts.sign_in import programs
from accounts.sign_in.programs import BeginAgain, Waiting
from audit.actions import Action
from audit.models import Event
from mfa.ceremonies import Purpose
from mfa.factors import passkeys, recovery
from mfa.models import Authenticator, Guesses
from mfa.stages import SecondFactorStage
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Policy
from tests.api import Program, code_in
from tests.conftest import PASSWORD, make_staff, sign_in
from tests.mfa.conftest import CHALLENGE, Phone, give_passkey, give_phone
from tests.security.test_races import at_once, statuses
from tokens.models import Family

pytestmark = pytest.mark.django_db


def begin(user: User, program: Program | None = None, **wish: str) -> str:
    """The first step; answers the challenge of the second."""
    data = {"email": user.email, "password": PASSWORD, **wish}
    answer = (program or Program()).post("login", data)
    assert code_in(answer) == "mfa_required", answer.json()
    return str(answer.json()["challenge"])


def show(challenge: str, program: Program | None = None, **shown: Any) -> Any:
    return (program or Program()).post("login/mfa", {"challenge": challenge, **shown})


@pytest.fixture
def challenge(alice: User, phone: Phone) -> str:
    """Alice's password was right."""
    return begin(alice)


def test_the_password_alone_opens_nothing(alice: User, phone: Phone) -> None:
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert answer.json()["methods"] == ["app"]
    assert not Family.objects.exists()
    assert not Session.objects.filter(user__isnull=False).exists()
    assert not Program(answer.json()["challenge"]).is_in()


def test_the_code_hands_out_tokens(challenge: str, phone: Phone) -> None:
    program = Program()
    answer = show(challenge, program, method="app", code=phone.code())
    assert answer.status_code == 200
    assert program.get("me").json()["email"] == phone.user.email
    assert Family.objects.get().methods == "password totp"
    assert Event.objects.get(action=Action.TOKEN_BEGIN).data == {"methods": ["password", "totp"]}


def test_without_a_name_the_best_is_meant(challenge: str, phone: Phone) -> None:
    assert show(challenge, code=phone.code()).status_code == 200


def test_all_that_one_has_is_named_best_first(alice: User, phone: Phone, saved: list[str]) -> None:
    give_passkey(alice)
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert answer.json()["methods"] == ["passkey", "app", "recovery"]


def test_a_recovery_code_will_do_once(challenge: str, phone: Phone, saved: list[str]) -> None:
    shown = {"method": "recovery", "code": saved[0].lower()}
    assert show(challenge, **shown).status_code == 200
    assert code_in(show(begin(phone.user), **shown)) == "invalid_code"


def test_a_passkey_will_do(alice: User, phone: Phone) -> None:
    device, challenge = give_passkey(alice), begin(alice)
    question = Program().post("login/mfa/passkey/options", {"challenge": challenge})
    answer = show(challenge, method="passkey", credential=device.sign(question.json()))
    assert answer.status_code == 200
    assert Family.objects.get().methods == "password passkey"


@pytest.mark.parametrize("purpose", [Purpose.PROVE, Purpose.SIGN_IN])
def test_not_one_that_was_asked_something_else(alice: User, phone: Phone, purpose: Purpose) -> None:
    device, challenge = give_passkey(alice), begin(alice)
    asked = passkeys.question(alice, purpose)
    answer = show(challenge, method="passkey", credential=device.sign(asked))
    assert code_in(answer) == "invalid_code"


def test_nor_somebody_elses(alice: User, bob: User, phone: Phone) -> None:
    give_passkey(alice)
    challenge = begin(alice)
    question = Program().post("login/mfa/passkey/options", {"challenge": challenge}).json()
    answer = show(challenge, method="passkey", credential=give_passkey(bob).sign(question))
    assert code_in(answer) == "invalid_code"


def test_who_has_no_passkey_is_asked_for_none(challenge: str) -> None:
    answer = Program().post("login/mfa/passkey/options", {"challenge": challenge})
    assert answer.status_code == 404


def test_a_way_that_one_does_not_have_is_refused_and_not_counted(challenge: str) -> None:
    answer = show(challenge, method="recovery", code="BCDFG-HJKLM-NPQRS-TVWXZ")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "method"
    assert not Guesses.objects.exists()


@pytest.mark.parametrize("code", ["０００００１", "+12345", "12345", "", "1" * 60])
def test_what_cannot_be_a_code_is_told_so(challenge: str, code: str) -> None:
    answer = show(challenge, method="app", code=code)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"code"}


@pytest.mark.parametrize("credential", [{}, {"response": []}, {"rawId": "x", "response": {"userHandle": 1}}])
def test_what_no_browser_answers_is_told_so(alice: User, credential: Any) -> None:
    give_passkey(alice)
    answer = show(begin(alice), credential=credential)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "credential"


# --- Guessing ---------------------------------------------------------------------------------------------


def test_after_a_wrong_code_the_challenge_is_still_good(challenge: str, phone: Phone) -> None:
    answer = show(challenge, code=phone.wrong())
    assert (answer.status_code, code_in(answer)) == (401, "invalid_code")
    event = Event.objects.latest("id")
    assert (event.action, event.person, event.actor) == (
        Action.SECOND_FACTOR_REFUSE,
        phone.user.public_id,
        None,
    )
    assert show(challenge, code=phone.code()).status_code == 200


def test_after_five_a_right_one_has_to_wait(challenge: str, phone: Phone) -> None:
    for _ in range(5):
        assert code_in(show(challenge, code=phone.wrong())) == "invalid_code"
    answer = show(begin(phone.user), code=phone.code())
    assert (answer.status_code, code_in(answer)) == (429, "second_factor_paused")
    assert 0 < int(answer["Retry-After"]) <= 30
    assert phone.row.last_step == -1


def test_pages_and_programs_share_one_count(halfway: Client, phone: Phone) -> None:
    for _ in range(3):
        halfway.post(CHALLENGE, {"code": phone.wrong()})
    challenge = begin(phone.user)
    for _ in range(2):
        show(challenge, code=phone.wrong())
    assert halfway.post(CHALLENGE, {"code": phone.code()}).status_code == 429


def test_one_network_cannot_try_everybody(challenge: str, phone: Phone, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "second-factor.address": "1/10m"}
    assert show(challenge, code=phone.wrong()).status_code == 401
    assert show(challenge, code=phone.code()).status_code == 429


# --- Once, and only for what it is ------------------------------------------------------------------------


def test_a_challenge_is_good_once(challenge: str, phone: Phone, saved: list[str]) -> None:
    assert show(challenge, code=phone.code()).status_code == 200
    assert code_in(show(challenge, method="recovery", code=saved[0])) == "sign_in_over"
    assert recovery.left(phone.user).count() == 10
    assert Family.objects.count() == 1


def test_a_code_opens_once(challenge: str, phone: Phone) -> None:
    code = phone.code()
    show(challenge, code=code)
    assert code_in(show(begin(phone.user), code=code)) == "invalid_code"


@pytest.mark.parametrize("made_up", ["x", "x" * 32, "0" * 64])
def test_the_step_cannot_be_entered_directly(phone: Phone, made_up: str) -> None:
    assert code_in(show(made_up, code=phone.code())) == "sign_in_over"
    answer = Program().post("login/mfa/passkey/options", {"challenge": made_up})
    assert code_in(answer) == "sign_in_over"
    assert phone.row.last_step == -1


def test_the_cookie_of_a_waiting_page_is_no_challenge(halfway: Client, phone: Phone) -> None:
    cookie = halfway.cookies["session"].value
    assert code_in(show(cookie, code=phone.code())) == "sign_in_over"
    assert halfway.post(CHALLENGE, {"code": phone.code()}).status_code == 302


def test_nor_is_a_challenge_a_cookie(client: Client, challenge: str, phone: Phone) -> None:
    client.cookies["session"] = challenge
    assert client.post(CHALLENGE, {"code": phone.code()})["Location"] == "/account/login/"


def test_it_opens_no_other_step(challenge: str, phone: Phone) -> None:
    for path, more in {
        "email/verify": {"code": "BCDF-GHJK"},
        "email/resend": {},
        "login/mfa/passkey/options": {},
        "refresh": {"refresh_token": challenge},
    }.items():
        answer = Program().post(path, {**({} if path == "refresh" else {"challenge": challenge}), **more})
        assert answer.status_code in (401, 404), path
    assert show(challenge, code=phone.code()).status_code == 200


def test_the_step_before_it_cannot_be_left_out(alice: User, phone: Phone) -> None:
    alice.emailaddress_set.update(verified=False)
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert code_in(answer) == "email_unverified"
    assert code_in(show(answer.json()["challenge"], code=phone.code())) == "sign_in_over"


def test_somebody_elses_code_opens_nothing(challenge: str, bob: User) -> None:
    assert code_in(show(challenge, code=give_phone(bob).code())) == "invalid_code"


def test_it_waits_for_a_quarter_of_an_hour(challenge: str, phone: Phone) -> None:
    kept = Waiting(challenge)
    long_ago = timezone.now().timestamp() - site.ACCOUNT_LOGIN_TIMEOUT - 1
    kept["account_login"] = {**kept["account_login"], "initiated_at": long_ago}
    kept.save()
    assert code_in(show(challenge, code=phone.code())) == "sign_in_over"


# --- While it waits ---------------------------------------------------------------------------------------


def test_it_ends_with_all_access(challenge: str, phone: Phone) -> None:
    access.revoke(phone.user, reason=Reason.ADMINISTRATOR, actor=None)
    for _ in range(2):
        assert code_in(show(challenge, code=phone.code())) == "sign_in_over"
    assert phone.row.last_step == -1
    assert not Session.objects.exists()


def test_somebody_disabled_meanwhile_learns_that_and_begins_again(challenge: str, phone: Phone) -> None:
    User.objects.update(is_active=False)
    assert code_in(show(challenge, code=phone.code())) == "account_disabled"
    User.objects.update(is_active=True)
    assert code_in(show(challenge, code=phone.code())) == "sign_in_over"


def test_so_does_somebody_locked(challenge: str, phone: Phone) -> None:
    User.objects.update(locked_at=timezone.now())
    question = Program().post("login/mfa/passkey/options", {"challenge": challenge})
    assert code_in(question) == "account_locked"
    User.objects.update(locked_at=None)
    assert code_in(show(challenge, code=phone.code())) == "sign_in_over"


def test_whoever_is_locked_out_need_not_show_it_first(alice: User, phone: Phone) -> None:
    User.objects.update(locked_at=timezone.now())
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert code_in(answer) == "account_locked"
    assert "challenge" not in answer.json()
    assert not Session.objects.exists()


def test_one_whose_factor_is_gone_begins_again(challenge: str, phone: Phone) -> None:
    code = phone.code()
    Authenticator.objects.all().delete()
    assert code_in(show(challenge, code=code)) == "sign_in_over"
    give_phone(phone.user)
    assert code_in(show(challenge, code=code)) == "sign_in_over"


def test_one_who_is_gone_begins_again(challenge: str, phone: Phone) -> None:
    code = phone.code()
    phone.user.delete()
    assert code_in(show(challenge, code=code)) == "sign_in_over"


def test_one_that_another_request_used_up_waits_no_more(challenge: str) -> None:
    request: Any = RequestFactory().post("/")
    programs.enter(request, challenge=challenge, stage=SecondFactorStage.key)
    Session.objects.all().delete()
    request.session["something"] = "new"
    with pytest.raises(BeginAgain):
        programs.challenge_of(request)


def test_a_browser_that_is_remembered_is_spared_it_by_its_pages_too(inside: Client, phone: Phone) -> None:
    inside.post("/account/logout/")
    sign_in(inside, phone.user)
    inside.post(CHALLENGE, {"code": phone.code(1), "remember": "on"})
    program = Program()
    program.client.cookies = inside.cookies
    assert program.post("login", {"email": phone.user.email, "password": PASSWORD}).status_code == 200
    assert Event.objects.of_action(Action.SECOND_FACTOR_SKIP).count() == 1


# --- What was wished for ----------------------------------------------------------------------------------


def test_the_scope_survives_the_second_step(alice: User, phone: Phone) -> None:
    program, challenge = Program(), begin(alice, scope="profile.read")
    assert show(challenge, program, code=phone.code()).json()["scope"] == "profile.read"
    assert program.is_in()
    assert code_in(program.get("me/mfa")) == "scope_missing"


def test_it_cannot_be_widened_at_the_second_step(alice: User, phone: Phone) -> None:
    challenge = begin(alice, scope="profile.read")
    assert show(challenge, code=phone.code(), scope="all").status_code == 422


def in_a_page() -> tuple[Program, dict[str, str]]:
    """As a script of this site calls: with the cookie and the header that prove it."""
    program = Program(enforce_csrf_checks=True)
    return program, {"x-csrftoken": program.get("csrf").json()["csrf_token"]}


def test_so_does_the_cookie(alice: User, phone: Phone) -> None:
    program, proved = in_a_page()
    data = {"email": alice.email, "password": PASSWORD, "transport": "cookie"}
    challenge = program.post("login", data, **proved).json()["challenge"]
    shown = {"challenge": challenge, "code": phone.code()}
    assert code_in(program.post("login/mfa", shown)) == "csrf"
    answer = program.post("login/mfa", shown, **proved)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert answer.cookies[site.REFRESH_COOKIE_NAME]["httponly"]


# --- Other stages -----------------------------------------------------------------------------------------


def test_who_must_have_a_factor_sets_it_up_on_the_site(alice: User) -> None:
    make_staff(alice)
    Authenticator.objects.all().delete()
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert code_in(answer) == "enrolment_required"
    assert answer.json()["address"] == "http://localhost/account/login/"
    assert not Session.objects.exists()


def ruled(user: User, **rules: Any) -> None:
    acme = organizations.create(slug="acme", name="Acme", owner=user, by=SHELL)
    acme.is_trusted = True
    acme.save()
    Policy.objects.of(acme).update(**rules)


@pytest.mark.parametrize(("days", "status"), [(-1, 401), (1, 200)])
def test_until_the_day_has_come_it_is_put_off(alice: User, days: int, status: int) -> None:
    ruled(alice, second_factor=True, second_factor_from=timezone.now() + timedelta(days=days))
    assert Program().sign_in(alice).status_code == status


def test_an_organization_may_ask_for_another_way(alice: User, phone: Phone) -> None:
    ruled(alice, ways=["passkey"])
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert code_in(answer) == "sign_in_method_refused"
    assert answer.json()["organizations"] == [{"name": "Acme", "methods": ["passkey"]}]
    assert answer.json()["address"] == "http://localhost/account/login/"
    assert not Session.objects.exists()


def test_new_terms_leave_nothing_behind(alice: User, phone: Phone, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    answer = Program().post("login", {"email": alice.email, "password": PASSWORD})
    assert code_in(answer) == "terms_required"
    assert not Session.objects.exists()


# --- At once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_by_four_opens_once(alice: User, phone: Phone) -> None:
    challenge, code = begin(alice), phone.code()
    answers = at_once(*[lambda: show(challenge, code=code)] * 4)
    assert statuses(answers) == [200, 401, 401, 401]
    assert Family.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_challenge_met_in_three_ways_opens_once(alice: User, phone: Phone, saved: list[str]) -> None:
    challenge = begin(alice)
    answers = at_once(
        lambda: show(challenge, method="app", code=phone.code()),
        lambda: show(challenge, method="recovery", code=saved[0]),
        lambda: show(challenge, method="recovery", code=saved[1]),
    )
    assert statuses(answers) == [200, 401, 401]
    assert Family.objects.count() == 1
