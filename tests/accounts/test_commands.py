import io
import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from tests.conftest import give_app, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "an untold story of nine lamps"


def create_admin(email: str) -> str:
    """What it prints; the last line but one is the link."""
    said = io.StringIO()
    call_command("create_admin", email, name="Ada", stdout=said)
    return said.getvalue()


def link_in(said: str) -> str:
    return next(line for line in said.splitlines() if "/password/reset/" in line).removeprefix(
        settings.BASE_URL
    )


def test_an_owner_chooses_their_password_by_a_link_that_works_once(client: Client) -> None:
    link = link_in(create_admin("Ada@example.org"))
    ada = User.objects.get()
    assert not ada.has_usable_password()
    assert client.post(link, {"new_password": PASSWORD}).status_code in (200, 302)
    assert client.post(link, {"new_password": "another story of ten lamps"}).status_code == 410
    ada.refresh_from_db()
    assert sign_in(client, ada)["Location"] == "/account/mfa/enrol/"
    give_app(ada)
    sign_in(client, ada)
    assert client.get("/admin/").status_code == 200
    assert Event.objects.filter(action=Action.ADMIN_CREATE).count() == 1


def test_run_again_it_prints_a_new_link_and_the_old_one_ends(client: Client) -> None:
    first, second = link_in(create_admin("ada@example.org")), link_in(create_admin("ada@example.org"))
    assert client.post(first, {"new_password": PASSWORD}).status_code == 410
    assert client.post(second, {"new_password": PASSWORD}).status_code in (200, 302)
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_there_too(client: Client) -> None:
    link = link_in(create_admin("ada@example.org"))
    assert "too common" in client.post(link, {"new_password": "P@ssw0rd2024!"}).text


def test_nobody_who_has_been_in_gets_such_a_link(admin: User) -> None:
    User.objects.update(last_login=timezone.now())
    with pytest.raises(CommandError, match="already has an account"):
        create_admin(admin.email)


def test_a_bad_address_creates_nobody() -> None:
    with pytest.raises(CommandError):
        create_admin("nonsense")
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_refused(alice: User) -> None:
    with pytest.raises(CommandError, match="already has an account"):
        create_admin("ALICE@example.org")


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
    client: Client,
) -> None:
    client.post("/account/signup/", {"email": "ada@example.org", "password1": "a password of a squatter"})
    create_admin("ada@example.org")
    assert User.objects.get(email="ada@example.org").is_superuser


def test_somebodys_second_address_makes_no_administrator(alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="ada@example.org", verified=True)
    with pytest.raises(CommandError, match="already has an account"):
        create_admin("ada@example.org")


@pytest.mark.parametrize("command", ["unlock_sign_in", "revoke_access"])
def test_a_command_about_nobody_says_so(db: Any, command: str) -> None:
    with pytest.raises(CommandError, match="Nobody has this address"):
        call_command(command, "nobody@example.org")
