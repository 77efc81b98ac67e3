"""One's own account by a program: the flows of the pages, in JSON."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as site
from django.test import Client

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from tests.api import Program, code_in, let_pass
from tests.conftest import PASSWORD, sign_in
from tests.outbox import CODE, mails
from tokens.models import Family

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"
LONG_AGO = site.REAUTHENTICATION_TIMEOUT.total_seconds() + 1


@pytest.fixture
def program(alice: User) -> Program:
    signed_in = Program()
    signed_in.sign_in(alice)
    return signed_in


def test_it_says_who_one_is(program: Program, alice: User) -> None:
    me = program.get("me").json()
    assert me["id"] == str(alice.public_id)
    assert (me["name"], me["email_verified"], me["has_password"]) == ("Alice Arden", True, True)


def test_it_keeps_nothing_back_and_gives_nothing_away(program: Program) -> None:
    names = {"id", "email", "email_verified", "name", "language", "time_zone", "has_password", "created_at"}
    assert set(program.get("me").json()) == names


def test_what_is_left_out_stays(program: Program, alice: User) -> None:
    assert program.patch("me", {"time_zone": "Europe/Berlin"}).json()["name"] == "Alice Arden"
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone) == ("Alice Arden", "Europe/Berlin")
    assert Event.objects.filter(action=Action.PROFILE_CHANGE, person=alice.public_id).count() == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "else@example.org"}, "email"),
        ({"is_staff": True}, "is_staff"),
        ({"time_zone": "Atlantis/Sunken"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 151}, "name"),
    ],
)
def test_what_is_not_valid_changes_nothing(
    program: Program, alice: User, data: dict[str, Any], field: str
) -> None:
    answer = program.patch("me", {"time_zone": "Europe/Berlin", **data})
    assert (answer.status_code, code_in(answer)) == (422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.is_staff) == ("Alice Arden", "", False)


# --- Addresses ----------------------------------------------------------------------------------------


def test_an_address_is_added_confirmed_and_made_the_main_one(program: Program, alice: User) -> None:
    assert program.post("me/emails", {"email": "arden@example.net"}).status_code == 202
    text = mails(message="verify_added_address").latest("id").text
    found = CODE.search(text)
    assert found
    typed = {"email": "arden@example.net", "code": found[1]}
    assert program.post("me/emails/verify", typed).status_code == 204
    row = next(row for row in program.get("me/emails").json() if row["email"] == "arden@example.net")
    assert program.put(f"me/emails/{row['id']}", {"primary": True}).json()["primary"]
    assert program.get("me").json()["email"] == "arden@example.net"
    assert mails(message="address_changed", recipient=alice.email).exists()


def test_a_wrong_code_confirms_nothing(program: Program) -> None:
    program.post("me/emails", {"email": "arden@example.net"})
    typed = {"email": "arden@example.net", "code": "BCDF-GHJK"}
    assert code_in(program.post("me/emails/verify", typed)) == "invalid_code"


def test_somebody_elses_address_is_not_there(program: Program, bob: User) -> None:
    theirs = EmailAddress.objects.get(user=bob).pk
    assert program.delete(f"me/emails/{theirs}").status_code == 404
    assert program.put(f"me/emails/{theirs}", {"primary": True}).status_code == 404
    assert EmailAddress.objects.filter(user=bob).exists()


def test_the_main_address_stays(program: Program, alice: User) -> None:
    main = EmailAddress.objects.get(user=alice).pk
    assert program.delete(f"me/emails/{main}").status_code == 404
    assert program.put(f"me/emails/{main}", {"primary": False}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("post", "me/emails", {"email": "arden@example.net"}),
        ("put", "me/emails/1", {"primary": True}),
        ("delete", "me/emails/1", None),
        ("post", "me/keys", {"name": "x", "scopes": ["profile.read"], "expires_in_days": 1}),
    ],
)
def test_a_token_that_somebody_found_changes_no_way_in(
    program: Program, alice: User, method: str, path: str, data: Any
) -> None:
    let_pass(alice, LONG_AGO)
    answer = getattr(program, method)(path, data)
    assert (answer.status_code, code_in(answer)) == (401, "reauthentication_required")
    assert answer.json()["methods"] == ["password"]
    assert 'error="insufficient_user_authentication"' in answer["WWW-Authenticate"]


def test_a_fresh_proof_opens_it_again(program: Program, alice: User) -> None:
    let_pass(alice, LONG_AGO)
    assert program.post("reauthenticate", {"method": "password"}).json()["errors"][0]["code"] == "required"
    wrong = program.post("reauthenticate", {"method": "password", "password": "not hers"})
    assert code_in(wrong) == "invalid_credentials"
    assert program.post("me/emails", {"email": "arden@example.net"}).status_code == 401
    assert program.post("reauthenticate", {"method": "password", "password": PASSWORD}).status_code == 204
    assert program.post("me/emails", {"email": "arden@example.net"}).status_code == 202


def test_a_fresh_proof_is_that_of_one_sign_in(program: Program, alice: User) -> None:
    other = Program()
    other.sign_in(alice)
    let_pass(alice, LONG_AGO)
    other.post("reauthenticate", {"method": "password", "password": PASSWORD})
    assert program.post("me/emails", {"email": "arden@example.net"}).status_code == 401


def test_guessing_there_locks_as_signing_in_does(program: Program) -> None:
    typed = {"method": "password", "password": "not hers"}
    answers = [program.post("reauthenticate", typed).status_code for _ in range(7)]
    assert answers[-1] == 429


def test_an_unknown_way_of_proving_it_is_named(program: Program) -> None:
    answer = program.post("reauthenticate", {"method": "blood", "password": PASSWORD})
    assert [error["field"] for error in answer.json()["errors"]] == ["method"]


# --- Sessions -----------------------------------------------------------------------------------------


def test_browsers_and_programs_are_in_one_list(program: Program, alice: User) -> None:
    browser = Client()
    sign_in(browser, alice)
    rows = program.get("me/sessions").json()
    assert sorted((row["kind"], row["current"]) for row in rows) == [("browser", False), ("program", True)]
    page = browser.get("/account/sessions/").text
    assert "program" in page


def test_a_program_ends_a_browsers_session(program: Program, alice: User) -> None:
    browser = Client()
    sign_in(browser, alice)
    there = next(row for row in program.get("me/sessions").json() if row["kind"] == "browser")
    assert program.delete(f"me/sessions/{there['id']}").status_code == 204
    assert browser.get("/account/").status_code == 302
    assert program.delete(f"me/sessions/{there['id']}").status_code == 404


def test_a_browser_ends_a_program(program: Program, as_alice: Client) -> None:
    family = Family.objects.get()
    as_alice.post("/account/sessions/end/", {"session": str(family.public_id)})
    assert not program.is_in()


def test_somebody_elses_session_is_not_there(program: Program, bob: User) -> None:
    browser, other = Client(), Program()
    sign_in(browser, bob)
    other.sign_in(bob)
    for row in other.get("me/sessions").json():
        assert program.delete(f"me/sessions/{row['id']}").status_code == 404
    assert other.is_in()
    assert browser.get("/account/").status_code == 200


def test_all_others_end_and_this_one_stays(program: Program, alice: User) -> None:
    browser, other = Client(), Program()
    sign_in(browser, alice)
    other.sign_in(alice)
    assert program.delete("me/sessions").json() == {"ended": 2}
    assert program.is_in()
    assert not other.is_in()
    assert browser.get("/account/").status_code == 302


def test_a_new_password_ends_all_but_the_program_that_changed_it(program: Program, alice: User) -> None:
    other = Program()
    other.sign_in(alice)
    assert (
        program.post("password/change", {"current_password": PASSWORD, "new_password": NEW}).status_code
        == 204
    )
    assert program.is_in()
    assert not other.is_in()
    assert Program().sign_in(alice, NEW).status_code == 200


@pytest.mark.parametrize(
    ("current", "chosen", "code"),
    [
        ("not hers", NEW, "invalid_credentials"),
        (PASSWORD, "short", "invalid"),
        (PASSWORD, PASSWORD, "invalid"),
    ],
)
def test_a_password_is_not_changed_without_the_old_or_for_a_bad_one(
    program: Program, alice: User, current: str, chosen: str, code: str
) -> None:
    answer = program.post("password/change", {"current_password": current, "new_password": chosen})
    assert code_in(answer) == code
    assert Program().sign_in(alice).status_code == 200


# --- Activity -----------------------------------------------------------------------------------------


def test_what_happened_comes_in_pages(program: Program, alice: User) -> None:
    for number in range(30):
        program.patch("me", {"name": f"Alice {number}"})
    first = program.get("me/activity").json()
    assert len(first["entries"]) == 25
    second = program.get("me/activity", before=first["next"]).json()
    assert second["entries"][0]["id"] < first["entries"][-1]["id"]
    assert second["next"] is None


def test_nobody_elses_events_are_in_it(program: Program, bob: User) -> None:
    other = Program()
    other.sign_in(bob)
    mine = {entry["id"] for entry in program.get("me/activity").json()["entries"]}
    theirs = {entry["id"] for entry in other.get("me/activity").json()["entries"]}
    assert mine.isdisjoint(theirs)


@pytest.mark.parametrize("query", [{"before": "x"}, {"before": "-1"}, {"page": "2"}])
def test_a_query_that_makes_no_sense_is_refused(program: Program, query: dict[str, str]) -> None:
    assert program.get("me/activity", **query).status_code == 422
