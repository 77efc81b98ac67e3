"""The administrators' desk: through the one door, with evidence, and without a way to read secrets."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.desk.errors import LastOwner
from accounts.flows import desk, provision
from accounts.models import Session, User
from accounts.roles.catalogue import BuiltInRole
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from core.models import OutboxMessage
from core.outbox.queue import queue
from tests.conftest import make_staff, sign_in
from tests.desk import act, chosen
from tests.outbox import mails

pytestmark = pytest.mark.django_db
LISTS = ["accounts/user", "accounts/session", "core/outboxmessage", "audit/event"]


@pytest.fixture
def mail(alice: User) -> OutboxMessage:
    queue(
        "verify_email",
        to=alice.email,
        context={"link": "https://example.org/secret-link"},
        person=alice.public_id,
    )
    return OutboxMessage.objects.get()


def test_it_has_no_sign_in_of_its_own(client: Client, admin: User) -> None:
    response = client.post(
        "/admin/login/", {"username": admin.email, "password": "an untold story of nine lamps"}
    )
    assert response["Location"].startswith("/account/login/")
    assert not Session.objects.filter(user=admin).exists()


def test_its_door_does_not_lead_away(client: Client) -> None:
    assert (
        client.get("/admin/login/?next=https://evil.example/")["Location"] == "/account/login/?next=/admin/"
    )


def test_somebody_who_is_not_staff_is_told_so(as_alice: Client) -> None:
    response = as_alice.get("/admin/", follow=True)
    assert response.status_code == 403
    assert "not yours to open" in response.text


@pytest.mark.parametrize("path", LISTS)
def test_a_list_opens_with_few_queries(
    as_admin: Client, alice: User, mail: OutboxMessage, path: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        assert as_admin.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_added_by_hand(as_admin: Client, path: str) -> None:
    assert as_admin.get(f"/admin/{path}/add/").status_code == 403


def test_nobody_edits_a_person(as_admin: Client, alice: User) -> None:
    response = as_admin.post(
        f"/admin/accounts/user/{alice.pk}/change/", {"is_staff": "on", "email": "x@y.org"}
    )
    assert response.status_code == 403
    alice.refresh_from_db()
    assert not alice.is_staff


def test_a_password_shows_nowhere(as_admin: Client, alice: User) -> None:
    page = as_admin.get(f"/admin/accounts/user/{alice.pk}/change/").text
    assert alice.email in page
    assert "argon2" not in page


def test_a_mail_shows_no_link(as_admin: Client, mail: OutboxMessage) -> None:
    page = as_admin.get(f"/admin/core/outboxmessage/{mail.pk}/change/").text
    assert mail.recipient in page
    assert "secret-link" not in page


def test_disabling_ends_access_and_enabling_gives_it_back(as_admin: Client, admin: User, alice: User) -> None:
    browser = Client()
    sign_in(browser, alice)
    act(as_admin, alice, "disable")
    assert browser.get("/account/").status_code == 302
    assert sign_in(browser, alice)["Location"] == "/account/inactive/"
    act(as_admin, alice, "enable")
    assert sign_in(browser, alice)["Location"] == "/account/"
    done = (
        Event.objects.by_actor(admin.public_id)
        .filter(person=alice.public_id)
        .values_list("action", flat=True)
    )
    assert list(done) == [Action.PERSON_ENABLE, Action.ACCESS_REVOKE, Action.PERSON_DISABLE]


def test_sessions_say_in_words_how_they_began(as_admin: Client, admin: User) -> None:
    Session.objects.update(methods="password totp")
    page = as_admin.get("/admin/accounts/session/").text
    assert "password, authenticator app" in page
    assert "password totp" not in page


def test_each_page_offers_the_languages(as_admin: Client) -> None:
    page = as_admin.get("/admin/accounts/session/").text
    assert 'action="/account/language/"' in page
    as_admin.post("/account/language/", {"language": "de", "next": "/admin/accounts/session/"})
    assert "Sitzungen" in as_admin.get("/admin/accounts/session/").text


def test_a_role_is_added_by_one_link(as_admin: Client) -> None:
    page = as_admin.get("/admin/accounts/role/").text
    assert page.count('href="/admin/accounts/role/add/') == 1
    assert "/admin/accounts/role/matrix/" in page


def test_nobody_disables_themselves(as_admin: Client, admin: User) -> None:
    assert "nobody does it to themselves" in act(as_admin, admin, "disable").text
    admin.refresh_from_db()
    assert admin.is_active


def test_all_access_of_a_person_can_be_ended(as_admin: Client, as_alice: Client, alice: User) -> None:
    act(as_admin, alice, "end-access")
    assert as_alice.get("/account/").status_code == 302


def test_one_session_can_be_ended(as_admin: Client, alice: User, bob: User) -> None:
    browsers = {person.pk: Client() for person in (alice, bob)}
    for person in (alice, bob):
        sign_in(browsers[person.pk], person)
    as_admin.post("/admin/accounts/session/", chosen("end", Session.objects.get(user=alice)))
    assert browsers[alice.pk].get("/account/").status_code == 302
    assert browsers[bob.pk].get("/account/").status_code == 200
    assert Event.objects.get(action=Action.SESSION_END).person == alice.public_id


def test_a_mail_can_be_sent_again(as_admin: Client, mail: OutboxMessage) -> None:
    OutboxMessage.objects.update(state=OutboxMessage.State.SENT)
    as_admin.post("/admin/core/outboxmessage/", chosen("resend", mail))
    mail.refresh_from_db()
    assert mail.state == OutboxMessage.State.QUEUED
    assert Event.objects.get(action=Action.MAIL_RESEND).data == {"message": "verify_email"}


def test_staff_without_the_permission_cannot_act(client: Client, alice: User, bob: User) -> None:
    make_staff(alice, BuiltInRole.SUPPORT)
    sign_in(client, alice)
    assert act(client, bob, "disable").status_code == 404
    bob.refresh_from_db()
    assert bob.is_active


@pytest.fixture
def supporter(client: Client, bob: User) -> Client:
    """Somebody with every permission there is, who does not own the site."""
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    sign_in(client, bob)
    return client


@pytest.mark.parametrize("name", ["disable", "end-access", "compromised", "send-reset", "make-owner"])
def test_an_owner_is_touched_by_owners_only(
    supporter: Client, as_admin: Client, admin: User, name: str
) -> None:
    assert "who may do more than they" in act(supporter, admin, name).text
    admin.refresh_from_db()
    assert admin.is_active
    assert as_admin.get("/admin/").status_code == 200
    assert Event.objects.filter(action=Action.DESK_REFUSE, person=admin.public_id).count() == 1


def test_nor_is_an_owners_session_ended_by_others(supporter: Client, as_admin: Client, admin: User) -> None:
    supporter.post("/admin/accounts/session/", chosen("end", Session.objects.get(user=admin)))
    assert as_admin.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "lookup",
    [
        "accounts/user/?password__startswith=argon2",
        "accounts/session/?session_data__contains=a",
        "accounts/session/?session_key__startswith=a",
        "core/outboxmessage/?text__startswith=a",
        "audit/event/?personal__isnull=False",
        "audit/event/?key_id__isnull=False",
    ],
)
def test_no_column_can_be_read_letter_by_letter(as_admin: Client, lookup: str) -> None:
    response = as_admin.get(f"/admin/{lookup}")
    assert response.status_code in (302, 400)


@pytest.mark.parametrize("lookup", ["accounts/user/?state=disabled", "core/outboxmessage/?state__exact=sent"])
def test_what_is_offered_can_be_filtered_by(as_admin: Client, lookup: str) -> None:
    assert as_admin.get(f"/admin/{lookup}").status_code == 200


def test_staff_cannot_write_their_own_roles(as_admin: Client) -> None:
    assert as_admin.get("/admin/auth/group/").status_code == 404


def test_a_chosen_row_that_is_none_is_refused(as_admin: Client) -> None:
    asked = {"action": "enable", "_selected_action": ["abc"]}
    assert as_admin.post("/admin/accounts/user/", asked).status_code == 400


def test_the_last_administrator_stays(admin: User, alice: User) -> None:
    with pytest.raises(LastOwner):
        desk.disable(user=admin, actor=alice, facts=Facts("", "", ""))
    admin.refresh_from_db()
    assert admin.is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_disable_each_other(admin: User) -> None:
    second = provision.create_person(email="second@example.org", password="x", administrator=True)

    def disable(pair: tuple[User, User]) -> bool:
        try:
            desk.disable(user=pair[0], actor=pair[1], facts=Facts("", "", ""))
        except LastOwner:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, [(admin, second), (second, admin)])) == [False, True]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_staff_who_open_its_old_door_come_in(as_admin: Client) -> None:
    assert as_admin.get("/admin/login/")["Location"] == "/admin/"


@pytest.mark.parametrize(("action", "mail"), [("disable", "account_disabled"), ("enable", "account_enabled")])
def test_the_owner_is_told_and_not_by_whom(as_admin: Client, alice: User, action: str, mail: str) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=action == "disable", language="de")
    for _ in range(2):
        act(as_admin, alice, action)
    told = mails(message=mail).get()
    assert told.recipient == alice.email
    assert "Guten Tag" in told.text
    assert "127.0.0.1" not in told.text
    assert "admin@example.org" not in told.text
