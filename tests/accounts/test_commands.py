import io
import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from tests.conftest import give_app, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "an untold story of nine lamps"


def create_admin(monkeypatch: pytest.MonkeyPatch, email: str, password: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    said = io.StringIO()
    call_command("create_admin", email, name="Ada", stdout=said)
    return said.getvalue()


def test_an_administrator_signs_in_at_once_with_a_second_step(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    assert "ada@example.org" in create_admin(monkeypatch, "Ada@example.org", PASSWORD)
    ada = User.objects.get()
    assert sign_in(client, ada)["Location"] == "/account/mfa/enrol/"
    give_app(ada)
    sign_in(client, ada)
    assert client.get("/admin/").status_code == 200
    assert Event.objects.filter(action=Action.ADMIN_CREATE).count() == 1


@pytest.mark.parametrize(("email", "password"), [("nonsense", PASSWORD), ("ada@example.org", "short")])
def test_a_bad_address_or_password_creates_nobody(
    monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    with pytest.raises(CommandError):
        create_admin(monkeypatch, email, password)
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_refused(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    with pytest.raises(CommandError, match="already has an account"):
        create_admin(monkeypatch, "ALICE@example.org", PASSWORD)


def test_the_two_passwords_typed_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, PASSWORD + "!"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    with pytest.raises(CommandError, match="differ"):
        call_command("create_admin", "ada@example.org")


def test_demo_people_are_created_once_and_can_sign_in(settings: Any, client: Client) -> None:
    settings.DEBUG = True
    for _ in range(2):
        said = io.StringIO()
        call_command("seed_demo", json=True, stdout=said)
    people = json.loads(said.getvalue())
    assert [person["role"] for person in people] == ["administrator", "person", "person", "person"]
    assert User.objects.count() == 4
    response = client.post(
        "/account/login/", {"login": people[0]["email"], "password": people[0]["password"]}
    )
    # Who works at the desk sets up a second step first.
    assert response["Location"] == "/account/mfa/enrol/"


def test_there_are_no_demo_people_in_production() -> None:
    with pytest.raises(CommandError, match="DEBUG=true"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_an_administrators_address_that_somebody_merely_claimed_is_theirs(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    client.post("/account/signup/", {"email": "ada@example.org", "password1": "a password of a squatter"})
    create_admin(monkeypatch, "ada@example.org", PASSWORD)
    assert User.objects.get(email="ada@example.org").is_superuser


def test_somebodys_second_address_makes_no_administrator(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    EmailAddress.objects.create(user=alice, email="ada@example.org", verified=True)
    with pytest.raises(CommandError, match="already has an account"):
        create_admin(monkeypatch, "ada@example.org", PASSWORD)


@pytest.mark.parametrize("command", ["unlock_sign_in", "revoke_access"])
def test_a_command_about_nobody_says_so(db: Any, command: str) -> None:
    with pytest.raises(CommandError, match="Nobody has this address"):
        call_command(command, "nobody@example.org")
