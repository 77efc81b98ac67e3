"""API keys: made after a fresh proof, shown once, worth what their owner may do, and dead once found."""

import re
import zlib
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.conf import settings as site
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from tests.api import Program, code_in
from tests.conftest import forget_when
from tests.outbox import mails
from tests.security.test_races import at_once
from tokens.flows import keys
from tokens.models import ApiKey

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.9", "", "")
WISH = {"name": "Backup", "scopes": ["profile.read", "members.view"], "expires_in_days": 30}


@pytest.fixture
def program(alice: User) -> Program:
    signed_in = Program()
    signed_in.sign_in(alice)
    return signed_in


@pytest.fixture
def made(program: Program) -> dict[str, Any]:
    answer = program.post("me/keys", WISH)
    assert answer.status_code == 201
    return dict(answer.json())


def test_it_opens_what_its_scopes_name_and_no_more(made: dict[str, Any], alice: User) -> None:
    key = Program(made["key"])
    assert key.get("me").json()["id"] == str(alice.public_id)
    refused = key.get("me/sessions")
    assert (refused.status_code, code_in(refused)) == (403, "scope_missing")


def test_a_key_that_tries_doors_stands_in_the_log(made: dict[str, Any], alice: User) -> None:
    key = Program(made["key"])
    with structlog.testing.capture_logs() as lines:
        key.get("me/sessions")
        key.post("me/keys", WISH)
    tries = [line for line in lines if line["event"] == "access_refused"]
    assert [line["reason"] for line in tries] == ["scope_missing", "credential_not_allowed"]
    assert {(line["caller"], line["credential"]) for line in tries} == {(str(alice.public_id), made["id"])}
    assert made["key"] not in str(lines)


def test_it_is_shown_once_and_kept_as_a_digest(made: dict[str, Any], program: Program) -> None:
    assert "key" not in program.get("me/keys").json()[0]
    assert "key" not in program.get(f"me/keys/{made['id']}").json()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM tokens_apikey k")
        assert made["key"][keys.HINT :] not in cursor.fetchone()[0]


def test_a_scanner_can_tell_it_from_chance(made: dict[str, Any]) -> None:
    body, checksum = re.fullmatch(r"idk_([0-9A-Za-z]{40})([0-9A-Za-z]{6})", made["key"]).groups()  # type: ignore[union-attr]
    number = 0
    for letter in checksum:
        number = number * 62 + keys.ALPHABET.index(letter)
    assert number == zlib.crc32(body.encode())


def test_its_owner_is_told_and_it_is_written_down(made: dict[str, Any], alice: User) -> None:
    assert mails(message="api_key_made", recipient=alice.email).count() == 1
    assert Event.objects.filter(action=Action.KEY_CREATE, person=alice.public_id).count() == 1


def test_its_name_adds_no_line_to_the_mail(program: Program, alice: User) -> None:
    made = program.post("me/keys", {**WISH, "name": "Backup\r\n\r\nThis was us.\u2028Ignore it"})
    assert made.json()["name"] == "Backup This was us. Ignore it"
    assert (
        "“Backup This was us. Ignore it”" in mails(message="api_key_made", recipient=alice.email).get().text
    )


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["password.change"]}, "scopes"),
        ({"scopes": ["all"]}, "scopes"),
        ({"scopes": "profile.read"}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"expires_in_days": "30"}, "expires_in_days"),
        ({"name": ""}, "name"),
        ({"expires_at": None}, "expires_at"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_its_field(
    program: Program, wish: dict[str, Any], field: str
) -> None:
    answer = program.post("me/keys", {**WISH, **wish})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not ApiKey.objects.exists()


def test_it_has_to_end(program: Program) -> None:
    assert program.post("me/keys", {"name": "x", "scopes": ["profile.read"]}).status_code == 422


def test_a_sign_in_that_was_given_little_makes_no_key_for_more(alice: User) -> None:
    program = Program()
    program.sign_in(alice, scope="keys.write profile.read")
    assert code_in(program.post("me/keys", WISH)) == "scope_missing"
    assert program.post("me/keys", {**WISH, "scopes": ["profile.read"]}).status_code == 201


def test_nor_does_it_get_the_successor_of_one(made: dict[str, Any], alice: User) -> None:
    program = Program()
    program.sign_in(alice, scope="keys.write profile.read")
    refused = program.post(f"me/keys/{made['id']}/rotate")
    assert (refused.status_code, code_in(refused)) == (403, "scope_missing")
    assert ApiKey.objects.count() == 1


def test_a_key_makes_no_keys_and_ends_none(made: dict[str, Any]) -> None:
    key = Program(made["key"])
    assert code_in(key.post("me/keys", WISH)) == "credential_not_allowed"
    assert code_in(key.delete(f"me/keys/{made['id']}")) == "credential_not_allowed"


def test_a_scope_that_keys_can_no_longer_have_is_worth_nothing(made: dict[str, Any]) -> None:
    ApiKey.objects.update(scope="profile.read password.change all")
    key = Program(made["key"])
    assert key.get("me").status_code == 200
    typed = {"current_password": "x", "new_password": "y"}
    assert code_in(key.post("password/change", typed)) == "credential_not_allowed"
    assert code_in(key.get("me/sessions")) == "scope_missing"


@pytest.mark.parametrize(
    "ending",
    [
        lambda program, key: program.delete(f"me/keys/{key['id']}"),
        lambda program, key: Program().post("keys/report", {"key": key["key"]}),
        lambda program, key: access.revoke(User.objects.get(), reason=Reason.ADMINISTRATOR, actor=None),
        lambda program, key: User.objects.update(is_active=False),
        lambda program, key: ApiKey.objects.update(expires_at=timezone.now() - timedelta(hours=1)),
    ],
    ids=["ended", "reported", "revoked", "disabled", "over"],
)
def test_its_end_is_one_with_the_next_request(program: Program, made: dict[str, Any], ending: Any) -> None:
    key = Program(made["key"])
    assert key.is_in()
    ending(program, made)
    assert not key.is_in()


def test_somebody_elses_key_is_not_there(made: dict[str, Any], bob: User) -> None:
    other = Program()
    other.sign_in(bob)
    assert other.get(f"me/keys/{made['id']}").status_code == 404
    assert other.delete(f"me/keys/{made['id']}").status_code == 404
    assert other.post(f"me/keys/{made['id']}/rotate").status_code == 404
    assert Program(made["key"]).is_in()


def test_one_that_runs_wild_leaves_its_owner_room(
    made: dict[str, Any], program: Program, settings: Any
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api.key": "20/1m"}
    key = Program(made["key"])
    assert [key.get("me").status_code for _ in range(21)] == [200] * 20 + [429]
    assert int(key.get("me")["Retry-After"]) > 0
    assert program.is_in()


# --- Last use -----------------------------------------------------------------------------------------


def test_when_and_from_where_it_was_used_is_shown(made: dict[str, Any], program: Program) -> None:
    Program(made["key"], headers={"x-forwarded-for": "198.51.100.7"}).get("me")
    row = program.get(f"me/keys/{made['id']}").json()
    assert row["last_used_from"] == "198.51.100.7"
    assert row["last_used_at"]


def test_that_is_written_once_a_minute(made: dict[str, Any]) -> None:
    key = Program(made["key"])
    key.get("me")
    first = ApiKey.objects.get().last_used_at
    key.get("me")
    assert ApiKey.objects.get().last_used_at == first


# --- Replacing ----------------------------------------------------------------------------------------


def test_the_old_one_works_for_an_hour(program: Program, made: dict[str, Any]) -> None:
    new = program.post(f"me/keys/{made['id']}/rotate").json()
    assert Program(made["key"]).is_in()
    assert Program(new["key"]).is_in()
    old = ApiKey.objects.get(public_id=made["id"])
    assert timedelta(minutes=59) < old.expires_at - timezone.now() <= timedelta(hours=1)
    assert (new["name"], new["scopes"]) == (made["name"], made["scopes"])


def test_what_was_replaced_is_not_replaced_again(program: Program, made: dict[str, Any]) -> None:
    program.post(f"me/keys/{made['id']}/rotate")
    assert code_in(program.post(f"me/keys/{made['id']}/rotate")) == "key_replaced"
    assert ApiKey.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_replace_it_at_once_one_does(alice: User) -> None:
    soon = timezone.now() + timedelta(days=1)
    made = keys.create(user=alice, name="x", scopes={"profile.read"}, expires_at=soon, facts=FACTS)

    def replace() -> bool:
        return keys.rotate(user=alice, public_id=made.key.public_id, facts=FACTS) is not None

    assert sorted(at_once(replace, replace)) == [False, True]


def test_nobody_has_more_than_so_many(program: Program, monkeypatch: Any) -> None:
    monkeypatch.setattr(keys, "AT_MOST", 1)
    program.post("me/keys", WISH)
    answer = program.post("me/keys", WISH)
    assert (answer.status_code, code_in(answer)) == (409, "too_many_keys")


# --- Found by somebody --------------------------------------------------------------------------------


def test_whoever_found_it_learns_nothing_and_its_owner_does(made: dict[str, Any], alice: User) -> None:
    found = Program().post("keys/report", {"key": made["key"]})
    unknown = Program().post("keys/report", {"key": keys.new_text()})
    assert (found.status_code, found.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert mails(message="api_key_reported", recipient=alice.email).count() == 1
    event = Event.objects.get(action=Action.KEY_REPORT)
    assert (event.person, event.actor) == (alice.public_id, None)


@pytest.mark.parametrize("text", ["", "idk_", "idk_" + "x" * 46, "rt_x", "\u00e4" * 50])
def test_what_cannot_be_a_key_asks_nobody(text: str) -> None:
    with connection.execute_wrapper(lambda *args: pytest.fail("asked the database")):
        assert not keys.is_well_formed(text)
        assert keys.opened(text, address="203.0.113.9") is None


# --- Before its end -----------------------------------------------------------------------------------


def key_that_ends_in(alice: User, days: float, *, life: int = 365) -> ApiKey:
    soon = timezone.now() + timedelta(days=days)
    key = keys.create(user=alice, name="x", scopes={"profile.read"}, expires_at=soon, facts=FACTS).key
    ApiKey.objects.filter(pk=key.pk).update(created_at=soon - timedelta(days=life))
    return key


@pytest.mark.parametrize(("days", "told"), [(29, 1), (31, 0), (6, 1), (0.5, 1)])
def test_its_owner_is_told_in_time_and_once(alice: User, days: float, told: int) -> None:
    key_that_ends_in(alice, days)
    keys.warn()
    keys.warn()
    assert mails(message="api_key_ends", recipient=alice.email).count() == told


def test_each_nearer_day_is_told_again(alice: User) -> None:
    key = key_that_ends_in(alice, 29)
    for days in (29, 6, 0.5):
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(days=days))
        keys.warn()
    assert mails(message="api_key_ends").count() == 3


def test_of_a_short_life_nobody_is_told_at_its_beginning(alice: User) -> None:
    key_that_ends_in(alice, 6, life=7)
    keys.warn()
    assert mails(message="api_key_ends").count() == 0


# --- On its page ----------------------------------------------------------------------------------------


def test_a_person_makes_one_on_the_page_and_sees_it_once(as_alice: Client) -> None:
    page = as_alice.post("/account/keys/new/", {"name": "Backup", "scopes": ["profile.read"], "days": "30"})
    found = re.search(r"idk_\w{46}", page.text)
    assert found
    assert Program(found[0]).is_in()
    listed = as_alice.get("/account/keys/").text
    assert "Backup" in listed
    assert found[0] not in listed


def test_the_page_asks_for_a_fresh_proof(as_alice: Client) -> None:
    forget_when(as_alice, site.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    for path in ("/account/keys/new/", f"/account/keys/{'0' * 8}-0000-0000-0000-{'0' * 12}/replace/"):
        answer = as_alice.post(path, {"name": "x", "scopes": ["profile.read"], "days": "30"})
        assert answer.url.startswith("/account/reauthenticate/")
    assert not ApiKey.objects.exists()


def test_the_page_offers_no_scope_that_keys_cannot_have(as_alice: Client) -> None:
    answer = as_alice.post("/account/keys/new/", {"name": "x", "scopes": ["password.change"], "days": "30"})
    assert answer.context["form"].errors["scopes"]
    assert not ApiKey.objects.exists()


def test_a_person_replaces_and_ends_one_there(as_alice: Client, alice: User) -> None:
    key = key_that_ends_in(alice, 30)
    assert "idk_" in as_alice.post(f"/account/keys/{key.public_id}/replace/").text
    as_alice.post(f"/account/keys/{key.public_id}/end/")
    key.refresh_from_db()
    assert key.end == ApiKey.End.ENDED


def test_somebody_elses_key_stays_on_their_page(as_alice: Client, bob: User) -> None:
    key = key_that_ends_in(bob, 30)
    assert key.hint not in as_alice.get("/account/keys/").text
    as_alice.post(f"/account/keys/{key.public_id}/end/")
    as_alice.post(f"/account/keys/{key.public_id}/replace/")
    key.refresh_from_db()
    assert (key.ended_at, key.end) == (None, "")
