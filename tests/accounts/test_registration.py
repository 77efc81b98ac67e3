"""Who may make an account: everybody, certain domains, the invited, or nobody."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.flows import invitations, unproved
from accounts.models import Acceptance, Invitation, User
from accounts.retention import prune
from audit.actions import Action
from audit.models import Event
from tests.conftest import PASSWORD, sign_in
from tests.desk import chosen
from tests.outbox import mails

pytestmark = pytest.mark.django_db
PAGE, ADDRESS = "/account/signup/", "dora@example.org"


def sign_up(client: Client, email: str = ADDRESS, **extra: Any) -> Any:
    return client.post(PAGE, {"email": email, "password1": PASSWORD, **extra})


@pytest.mark.parametrize(
    ("mode", "sentence"), [("closed", "make the accounts"), ("invitation", "need an invitation")]
)
def test_where_it_is_not_open_the_page_says_so_and_makes_nothing(
    client: Client, settings: Any, mode: str, sentence: str
) -> None:
    settings.REGISTRATION = mode
    assert sentence in client.get(PAGE).text
    assert sign_up(client).status_code == 403
    assert not User.objects.exists()


def test_a_domain_decides(client: Client, settings: Any, alice: User) -> None:
    settings.REGISTRATION, settings.REGISTRATION_DOMAINS = "domains", ["example.net"]
    refused = sign_up(client)
    assert "example.net" in refused.text
    known = sign_up(Client(), alice.email)
    assert refused.status_code == known.status_code == 200
    assert sign_up(client, "dora@EXAMPLE.net").status_code == 302
    assert sign_up(Client(), "eve@sub.example.net").status_code == 200
    assert not User.objects.filter(email__contains="eve").exists()


# --- Invitations ----------------------------------------------------------------------------------------


@pytest.fixture
def invited(settings: Any, db: Any) -> str:
    settings.REGISTRATION = "invitation"
    call_command("invite", ADDRESS, stdout=StringIO())
    return path()


def path() -> str:
    found = re.search(r"http://localhost(/\S+)", mails(message="invitation").latest("id").text)
    assert found
    return found[1]


def test_whoever_is_signed_in_keeps_their_session(as_alice: Client, alice: User, invited: str) -> None:
    assert f"In this browser {alice.email} is signed in" in as_alice.get(invited).text
    as_alice.post(invited, {"name": "Dora", "new_password": PASSWORD})
    assert not User.objects.filter(email=ADDRESS).exists()
    assert alice.email in as_alice.get("/account/").text


def test_an_invitation_opens_the_door_once(client: Client, invited: str) -> None:
    assert ADDRESS in client.get(invited).text
    answer = client.post(invited, {"name": "Dora", "new_password": PASSWORD})
    assert answer.url == "/account/"
    user = User.objects.get(email=ADDRESS)
    assert (user.name, user.has_verified_email) == ("Dora", True)
    again = Client().post(invited, {"name": "Eve", "new_password": PASSWORD})
    assert again.status_code == 410
    assert "used already" in again.text
    assert User.objects.count() == 1


def test_a_name_is_one_line(client: Client, invited: str) -> None:
    client.post(invited, {"name": "Dora\r\nhttps://evil.example", "new_password": PASSWORD})
    assert User.objects.get(email=ADDRESS).name == "Dora https://evil.example"


def test_looking_at_it_uses_nothing_up(invited: str) -> None:
    for _ in range(3):
        assert Client().get(invited).status_code == 200
    assert Invitation.objects.open().exists()


def test_a_weak_password_uses_nothing_up(client: Client, invited: str) -> None:
    assert client.post(invited, {"new_password": "short"}).status_code == 200
    assert Invitation.objects.open().exists()


@pytest.mark.parametrize("end", ["old", "withdrawn", "newer"])
def test_an_invitation_that_is_over_says_why(
    client: Client, invited: str, admin: User, as_admin: Client, end: str
) -> None:
    if end == "old":
        Invitation.objects.update(expires_at=timezone.now())
    elif end == "withdrawn":
        as_admin.post("/admin/accounts/invitation/", chosen("withdraw", Invitation.objects.get()))
    else:
        call_command("invite", ADDRESS, stdout=StringIO())
    answer = client.post(invited, {"new_password": PASSWORD})
    assert answer.status_code == 410
    assert ("three days" if end == "old" else "withdrawn") in answer.text
    assert not User.objects.filter(email=ADDRESS).exists()


def test_who_has_an_account_needs_no_invitation(alice: User) -> None:
    said = StringIO()
    call_command("invite", alice.email, stderr=said)
    assert "already has an account" in said.getvalue()
    assert not Invitation.objects.exists()


def test_nobody_is_invited_when_one_address_is_wrong(db: Any) -> None:
    with pytest.raises(CommandError):
        call_command("invite", ADDRESS, "nonsense")
    assert not Invitation.objects.exists()


def test_an_administrator_invites(as_admin: Client, admin: User) -> None:
    assert as_admin.post("/admin/accounts/invitation/add/", {"email": ADDRESS}).status_code == 302
    assert mails(message="invitation").get().recipient == ADDRESS
    assert Event.objects.get(action=Action.INVITATION_SEND).actor == admin.public_id
    refused = as_admin.post("/admin/accounts/invitation/add/", {"email": admin.email})
    assert "There is an account" in refused.text


def test_what_somebody_prepared_with_that_address_is_gone(
    client: Client, invited: str, settings: Any
) -> None:
    settings.REGISTRATION = "open"
    sign_up(Client())
    client.post(invited, {"new_password": "a story that is only hers"})
    user = User.objects.get(email=ADDRESS)
    assert user.check_password("a story that is only hers")
    assert not user.check_password(PASSWORD)


# --- Terms ----------------------------------------------------------------------------------------------


@pytest.fixture
def terms(settings: Any) -> Any:
    settings.TERMS_VERSION, settings.TERMS_URL = "2026-11", "https://example.org/terms"
    return settings


def test_signing_up_asks_for_the_terms(client: Client, terms: Any, db: Any) -> None:
    page = client.get(PAGE).text
    assert 'href="https://example.org/terms"' in page
    assert sign_up(client).status_code == 200
    assert not User.objects.exists()
    assert sign_up(client, accept="on").status_code == 302
    accepted = Acceptance.objects.get()
    assert (accepted.user.email, accepted.version) == (ADDRESS, "2026-11")


def test_a_new_version_asks_everybody_at_the_next_sign_in(client: Client, alice: User, terms: Any) -> None:
    assert sign_in(client, alice).url == "/account/terms/"
    assert client.get("/account/").status_code == 302
    assert client.post("/account/terms/", {}).status_code == 200
    assert client.post("/account/terms/", {"accept": "on"}).url == "/account/"
    assert client.get("/account/").status_code == 200
    other = Client()
    assert sign_in(other, alice).url == "/account/"


def test_nobody_enters_by_that_page(client: Client, alice: User, terms: Any) -> None:
    assert client.post("/account/terms/", {"accept": "on"}).url == "/account/login/"
    assert not Acceptance.objects.exists()


# --- What nobody confirms ---------------------------------------------------------------------------------


def test_accounts_that_nobody_confirms_are_deleted_after_a_while(client: Client, settings: Any) -> None:
    sign_up(client)
    user = User.objects.get()
    prune()
    assert User.objects.exists()
    User.objects.update(date_joined=timezone.now() - settings.UNCONFIRMED_RETENTION - timedelta(minutes=1))
    prune()
    assert not User.objects.exists()
    assert Event.objects.of_person(user.public_id).first().personal_fields().address == ""


@pytest.mark.parametrize("change", ["proved", "used", "staff", "waiting for the mail"])
def test_others_are_not(client: Client, settings: Any, change: str) -> None:
    sign_up(client)
    User.objects.update(date_joined=timezone.now() - 2 * settings.UNCONFIRMED_RETENTION)
    if change == "proved":
        EmailAddress.objects.update(verified=True)
    elif change == "used":
        User.objects.update(last_login=timezone.now())
    elif change == "staff":
        User.objects.update(is_staff=True)
    else:
        sign_in(Client(), User.objects.get())
        assert mails(message="verify_email").exists()
    prune()
    assert User.objects.exists()


def test_an_account_proved_at_the_last_moment_stays(client: Client) -> None:
    sign_up(client)
    stale = unproved.accounts().get()
    EmailAddress.objects.update(verified=True)
    assert not unproved.drop(stale)
    assert User.objects.exists()


def test_an_invitation_is_taken_once_also_by_two_at_once(alice: User) -> None:
    invitation = invitations.invite(email=ADDRESS, actor=alice)
    assert Invitation.objects.open().filter(pk=invitation.pk).update(used_at=timezone.now()) == 1
    assert Client().post(path(), {"new_password": PASSWORD}).status_code == 410
