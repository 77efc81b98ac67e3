"""The page on which people connect and disconnect outside accounts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client

from accounts import access
from accounts.access import Reason
from accounts.models import User
from audit.actions import Action, Outcome
from audit.models import Event
from sso.social.configuration import Provider
from tests.conftest import forget_when, sign_in
from tests.machines.rogue_provider import RogueProvider
from tests.outbox import mails
from tests.sso.conftest import arrive, dora, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]
PAGE, CONNECT, REMOVE = "/account/connections/", "/account/connections/acme/", "/account/connections/remove/"


@pytest.fixture
def connected(as_alice: Client, rogue: RogueProvider) -> Client:
    assert arrive(as_alice, rogue, dora(), CONNECT)["Location"] == PAGE
    mails().delete()
    return as_alice


@pytest.fixture
def only_acme(client: Client, rogue: RogueProvider) -> Client:
    """Somebody who has nothing but Acme."""
    assert arrive(client, rogue, dora()).status_code == 302
    return client


def remove(client: Client, connection_id: int | str | None = None) -> Any:
    chosen = SocialAccount.objects.get().pk if connection_id is None else connection_id
    return client.post(REMOVE, {"connection": str(chosen)}, follow=True)


def test_a_connected_account_opens_ours(connected: Client, rogue: RogueProvider, alice: User) -> None:
    assert "dora@acme.example" in connected.get(PAGE).text
    other = Client()
    assert arrive(other, rogue, dora())["Location"] == "/account/"
    assert alice.name in other.get("/account/").text


def test_connecting_changes_nothing_but_that(connected: Client, alice: User) -> None:
    before = (alice.email, alice.name, alice.password)
    alice.refresh_from_db()
    assert (alice.email, alice.name, alice.password) == before


def test_connecting_is_told_and_noted(as_alice: Client, rogue: RogueProvider, alice: User) -> None:
    arrive(as_alice, rogue, dora(), CONNECT)
    mail = mails().get()
    assert (mail.message, mail.recipient) == ("connection_added", alice.email)
    assert "Acme (dora@acme.example)" in mail.text
    event = Event.objects.get(action=Action.CONNECTION_ADD)
    assert (event.actor, event.person, event.data) == (alice.public_id, alice.public_id, {"provider": "acme"})


def test_disconnecting_is_told_and_noted(connected: Client, alice: User) -> None:
    assert "no longer connected" in remove(connected).text
    assert not SocialAccount.objects.exists()
    assert mails().get().message == "connection_removed"
    assert Event.objects.get(action=Action.CONNECTION_REMOVE).person == alice.public_id


def test_a_disconnected_account_opens_nothing(connected: Client, rogue: RogueProvider) -> None:
    remove(connected)
    assert arrive(Client(), rogue, dora(email="other@acme.example"))["Location"] == "/account/"
    assert User.objects.count() == 2


@pytest.mark.parametrize("path", [CONNECT, REMOVE])
def test_who_was_not_asked_lately_is_asked(connected: Client, path: str, settings: Any) -> None:
    forget_when(connected, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    response = connected.post(path, {"connection": SocialAccount.objects.get().pk})
    assert response["Location"] == "/account/reauthenticate/?next=%2Faccount%2Fconnections%2F"
    assert SocialAccount.objects.count() == 1


def test_a_second_time_is_no_mistake(connected: Client, rogue: RogueProvider) -> None:
    arrive(connected, rogue, dora(), CONNECT)
    assert "connected already" in connected.get(PAGE).text
    assert SocialAccount.objects.count() == 1


def test_what_opens_somebody_elses_account_is_refused(
    connected: Client, rogue: RogueProvider, bob: User
) -> None:
    other = Client()
    sign_in(other, bob)
    response = arrive(other, rogue, dora(), CONNECT)
    assert response.status_code == 403
    assert "taken" in response.text
    assert "alice" not in response.text.lower()
    event = Event.objects.get(action=Action.CONNECTION_REFUSE)
    assert (event.actor, event.outcome, event.data["reason"]) == (
        bob.public_id,
        Outcome.REFUSED,
        "linked-elsewhere",
    )


def test_whoever_signed_out_meanwhile_connects_nothing(as_alice: Client, rogue: RogueProvider) -> None:
    query = rogue.authorize(leave(as_alice, CONNECT), dora())
    as_alice.post("/account/logout/")
    assert as_alice.get("/account/with/acme/callback/", query).status_code == 400
    assert not SocialAccount.objects.exists()


def test_it_connects_to_whoever_set_out_and_nobody_else(
    as_alice: Client, rogue: RogueProvider, bob: User
) -> None:
    query = rogue.authorize(leave(as_alice, CONNECT), dora())
    kept = as_alice.session["socialaccount_states"]
    other = Client()
    sign_in(other, bob)
    session = other.session
    session["socialaccount_states"] = kept
    session.save()
    assert other.get("/account/with/acme/callback/", query).status_code == 403
    assert not SocialAccount.objects.exists()


def test_the_last_way_in_stays(only_acme: Client) -> None:
    assert "only way into your account" in remove(only_acme).text
    assert SocialAccount.objects.count() == 1
    assert not mails(message="connection_removed").exists()


def test_with_a_password_it_may_go(only_acme: Client) -> None:
    user = User.objects.get()
    user.set_password("an untold story of nine lamps")
    user.save()
    client = Client()
    sign_in(client, user)
    remove(client)
    assert not SocialAccount.objects.exists()


def test_a_provider_that_is_not_offered_any_more_is_no_way_in(
    only_acme: Client, rogue: RogueProvider, acme: Provider, settings: Any
) -> None:
    user = User.objects.get()
    SocialAccount.objects.create(user=user, provider="gone", uid="x")
    assert "not offered any more" in only_acme.get(PAGE).text
    assert "only way" in remove(only_acme, SocialAccount.objects.get(provider="acme").pk).text
    assert "no longer connected" in remove(only_acme, SocialAccount.objects.get(provider="gone").pk).text


@pytest.mark.parametrize("chosen", ["", "x", "-1", "0", "9" * 30, "\u0664"])
def test_nonsense_removes_nothing(connected: Client, chosen: str) -> None:
    assert remove(connected, chosen).status_code == 200
    assert SocialAccount.objects.count() == 1


def test_nobody_removes_what_is_not_theirs(connected: Client, charlie: User) -> None:
    other = Client()
    sign_in(other, charlie)
    remove(other)
    assert SocialAccount.objects.count() == 1
    assert "dora" not in other.get(PAGE).text


def test_strangers_are_sent_to_the_door(client: Client) -> None:
    assert client.get(PAGE).url.startswith("/account/login/?next=")
    for response in (client.post(CONNECT), client.post(REMOVE)):
        assert response.url == "/account/login/"


def test_the_menu_leads_there_when_there_is_something(as_alice: Client, settings: Any) -> None:
    assert PAGE in as_alice.get("/account/").text
    settings.SOCIAL_PROVIDERS = []
    assert PAGE not in as_alice.get("/account/").text


def test_ending_all_sessions_leaves_the_connection(connected: Client, alice: User) -> None:
    connected.post("/account/sessions/end-others/")
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        (Reason.SIGN_OUT_EVERYWHERE, 1),
        (Reason.DISABLED, 1),
        (Reason.ADMINISTRATOR, 1),
        (Reason.PASSWORD_CHANGED, 1),
        (Reason.PASSWORD_RESET, 1),
        (Reason.MAILBOX_PROVED, 0),
        (Reason.DISOWNED, 0),
        (Reason.EMAIL_CHANGE_UNDONE, 0),
    ],
)
def test_it_ends_where_somebody_else_was_in(
    connected: Client, alice: User, reason: Reason, left: int
) -> None:
    access.revoke(alice, reason=reason, actor=None)
    assert SocialAccount.objects.count() == left


@pytest.mark.django_db(transaction=True)
def test_of_two_removals_at_once_one_way_in_is_left(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    query = rogue.authorize(leave(client, CONNECT), dora(sub="dora-2", email="second@acme.example"))
    client.get("/account/with/acme/callback/", query)
    rows = list(SocialAccount.objects.values_list("pk", flat=True))
    assert len(rows) == 2

    def press(row: int) -> int:
        try:
            browser = Client()
            browser.cookies.update(client.cookies)
            return browser.post(REMOVE, {"connection": row}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(press, rows)) == [302, 302]
    assert SocialAccount.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_four_first_visits_at_once_make_one_account(rogue: RogueProvider) -> None:
    browsers = [Client() for _ in range(4)]
    queries = [rogue.authorize(leave(browser), dora()) for browser in browsers]

    def come_back(number: int) -> str:
        try:
            return browsers[number].get("/account/with/acme/callback/", queries[number])["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(come_back, range(4))) == ["/account/"] * 4
    assert User.objects.count() == SocialAccount.objects.count() == 1
