"""Signing in and up with a provider, from the button to the session."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from sso.social.configuration import Provider
from tests.conftest import sign_in
from tests.machines.rogue_provider import RogueProvider
from tests.outbox import mails
from tests.sso.conftest import arrive, dora, leave

FORM_SECRET = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]


def test_a_new_person_has_an_account_and_is_in(client: Client, rogue: RogueProvider) -> None:
    assert arrive(client, rogue, dora())["Location"] == "/account/"
    user = User.objects.get()
    assert (user.email, user.name, user.has_verified_email) == ("dora@acme.example", "Dora Dean", True)
    assert not user.has_usable_password()
    assert "Dora Dean" in client.get("/account/").text


@pytest.mark.parametrize(("browser", "kept"), [("de", "de"), ("en", "")])
def test_who_comes_in_german_keeps_it(client: Client, rogue: RogueProvider, browser: str, kept: str) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = browser
    arrive(client, rogue, dora())
    assert User.objects.get().language == kept


def test_the_second_time_it_is_the_same_account(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    other = Client()
    assert arrive(other, rogue, dora())["Location"] == "/account/"
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_it_leads_to_where_the_person_wanted_to_go(client: Client, rogue: RogueProvider) -> None:
    assert arrive(client, rogue, dora(), next="/account/sessions/")["Location"] == "/account/sessions/"


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", r"/\evil.example"])
def test_it_never_leads_away(client: Client, rogue: RogueProvider, away: str) -> None:
    assert arrive(client, rogue, dora(), next=away)["Location"] == "/account/"


def test_the_session_knows_how_and_from_where(client: Client, rogue: RogueProvider) -> None:
    client.defaults["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    arrive(client, rogue, dora())
    session = Session.objects.get(user__isnull=False)
    assert (session.methods, session.address, session.device) == (
        "socialaccount",
        "127.0.0.1",
        "Firefox on Linux",
    )
    (record,) = client.session["account_authentication_methods"]
    assert (record["method"], record["provider"]) == ("socialaccount", "acme")


def test_it_leaves_evidence(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    user = User.objects.get()
    events = Event.objects.of_person(user.public_id)
    assert {event.action for event in events} == {
        Action.SIGN_UP,
        Action.EMAIL_VERIFY,
        Action.CONNECTION_ADD,
        Action.SIGN_IN,
    }


def test_no_token_and_no_more_than_needed_is_kept(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora(picture="https://acme.example/dora.png", birthdate="1990-01-01"))
    assert not SocialToken.objects.exists()
    assert SocialAccount.objects.get().extra_data == {
        "issuer": rogue.url,
        "subject": "dora-1",
        "email": "dora@acme.example",
    }


def test_a_change_at_the_provider_changes_nothing_here(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    arrive(Client(), rogue, dora(email="somebody@else.example", name="Somebody Else"))
    user = User.objects.get()
    assert (user.email, user.name) == ("dora@acme.example", "Dora Dean")
    assert EmailAddress.objects.get().email == "dora@acme.example"


@pytest.mark.parametrize("verified", [False, None, "false", 0, {}, "yes"])
def test_an_address_that_is_not_verified_there_is_asked_by_mail(
    client: Client, rogue: RogueProvider, verified: Any
) -> None:
    assert arrive(client, rogue, dora(email_verified=verified))["Location"] == "/account/confirm-email/"
    assert client.get("/account/").status_code == 302
    assert mails().get().message == "verify_email"
    code = re.search(r"^([B-Z]{4}-[B-Z]{4})$", mails().get().text, re.MULTILINE)
    assert code
    assert client.post("/account/confirm-email/", {"code": code[1]})["Location"] == "/account/"


def test_a_provider_is_believed_about_its_own_domains_only(client: Client, rogue: RogueProvider) -> None:
    response = arrive(client, rogue, dora(email="dora@elsewhere.example"))
    assert response["Location"] == "/account/confirm-email/"
    assert not EmailAddress.objects.get().verified


def test_without_an_address_there_is_no_account(client: Client, rogue: RogueProvider) -> None:
    rogue.metadata = {"userinfo_endpoint": None}
    response = arrive(client, rogue, dora(email=None))
    assert response.status_code == 403
    assert "no address" in response.text
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "email", ["not an address", "a@b", "x" * 300 + "@acme.example", ["dora@acme.example"], 7]
)
def test_what_is_no_address_counts_as_none(client: Client, rogue: RogueProvider, email: Any) -> None:
    assert arrive(client, rogue, dora(email=email)).status_code == 403


def test_any_spelling_of_the_address_is_the_same(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora(email=" DORA@Acme.example"))
    assert User.objects.get().email == "dora@acme.example"


def test_an_account_with_that_address_is_not_opened_by_it(
    client: Client, rogue: RogueProvider, alice: User
) -> None:
    User.objects.update(email="dora@acme.example")
    EmailAddress.objects.update(email="dora@acme.example")
    response = arrive(client, rogue, dora())
    assert response.status_code == 403
    assert "/account/login/?next=/account/connections/" in response.text
    assert not SocialAccount.objects.exists()
    event = Event.objects.get(action=Action.SIGN_IN_REFUSE)
    assert (event.outcome, event.person) == (Outcome.REFUSED, alice.public_id)
    assert event.data == {"provider": "acme", "reason": "known-address"}


def test_who_has_not_proved_the_mailbox_learns_nothing(
    client: Client, rogue: RogueProvider, alice: User
) -> None:
    known = arrive(client, rogue, dora(email=alice.email))
    fresh = arrive(Client(), rogue, dora(sub="dora-2", email="nobody@example.org"))
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])
    assert mails(recipient=alice.email).get().message == "already_registered"
    assert User.objects.count() == 2
    assert not SocialAccount.objects.filter(user=alice).exists()


def test_a_disabled_person_stays_outside(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    User.objects.update(is_active=False)
    other = Client()
    assert arrive(other, rogue, dora())["Location"] == "/account/inactive/"
    assert other.get("/account/").status_code == 302


def test_whoever_is_signed_in_does_not_turn_into_somebody_else(
    as_alice: Client, rogue: RogueProvider, alice: User
) -> None:
    response = arrive(as_alice, rogue, dora())
    assert response.status_code == 403
    assert alice.name in as_alice.get("/account/").text
    assert User.objects.count() == 1


def test_signing_in_when_one_is_in_already_goes_on(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    assert arrive(client, rogue, dora(), next="/account/sessions/")["Location"] == "/account/sessions/"


def test_giving_up_at_the_provider_is_no_error(client: Client, rogue: RogueProvider) -> None:
    query = rogue.authorize(leave(client), dora())
    response = client.get(
        "/account/with/acme/callback/", {"error": "access_denied", "state": query["state"]}, follow=True
    )
    assert "You stopped at Acme" in response.text
    assert Event.objects.get(action=Action.SIGN_IN_REFUSE).data["reason"] == "cancelled"


def test_only_a_post_leaves(client: Client) -> None:
    assert client.get("/account/with/acme/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/account/with/acme/").status_code == 403


def test_an_unknown_provider_does_not_exist(client: Client) -> None:
    assert client.post("/account/with/evil/").status_code == 404
    assert client.get("/account/with/evil/callback/").status_code == 404


def test_leaving_is_limited(client: Client) -> None:
    statuses = [client.post("/account/with/acme/").status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


def test_whoever_comes_back_without_having_left_does_not_fill_the_log(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "evidence.address": "2/1h"}
    for _ in range(4):
        assert client.get("/account/with/acme/callback/").status_code == 400
    assert Event.objects.filter(action=Action.SIGN_IN_REFUSE).count() == 2


def test_coming_back_is_limited(client: Client) -> None:
    statuses = [client.get("/account/with/acme/callback/").status_code for _ in range(61)]
    assert statuses == [400] * 60 + [429]


@pytest.mark.parametrize("page", ["/account/login/", "/account/signup/"])
def test_the_buttons_stand_where_people_come_in(
    client: Client, page: str, settings: Any, acme: Provider
) -> None:
    assert "Continue with Acme" in client.get(page).text
    settings.SOCIAL_PROVIDERS = []
    assert "Continue with" not in client.get(page).text


@pytest.mark.parametrize("mode", ["closed", "invitation", "domains"])
def test_where_signing_up_is_not_open_known_and_unknown_look_alike(
    client: Client, rogue: RogueProvider, alice: User, settings: Any, mode: str
) -> None:
    settings.REGISTRATION, settings.REGISTRATION_DOMAINS = mode, ["other.example"]
    known = arrive(client, rogue, dora(email=alice.email))
    fresh = arrive(Client(), rogue, dora(sub="dora-2", email="nobody@example.org"))
    proved = arrive(Client(), rogue, dora())
    assert known.status_code == fresh.status_code == proved.status_code == 403
    pages = {FORM_SECRET.sub("", answer.text) for answer in (known, fresh, proved)}
    assert len(pages) == 1
    assert "callback" not in pages.pop()
    assert User.objects.count() == 1


def test_a_domain_that_may_sign_up_may_do_so_by_a_provider(
    client: Client, rogue: RogueProvider, settings: Any
) -> None:
    settings.REGISTRATION, settings.REGISTRATION_DOMAINS = "domains", ["acme.example"]
    assert arrive(client, rogue, dora())["Location"] == "/account/"


def test_signing_in_stays_possible_where_signing_up_is_closed(
    client: Client, rogue: RogueProvider, settings: Any
) -> None:
    arrive(client, rogue, dora())
    settings.REGISTRATION = "closed"
    assert arrive(Client(), rogue, dora())["Location"] == "/account/"


def test_the_stages_after_a_password_come_after_a_provider_too(
    client: Client, rogue: RogueProvider, settings: Any
) -> None:
    settings.TERMS_VERSION = "2026-11"
    assert arrive(client, rogue, dora())["Location"] == "/account/terms/"
    assert client.get("/account/").status_code == 302


def test_an_account_that_its_owner_locked_stays_locked(client: Client, rogue: RogueProvider) -> None:
    arrive(client, rogue, dora())
    User.objects.update(locked_at=timezone.now())
    assert "locked" in arrive(Client(), rogue, dora())["Location"]


def test_a_password_person_is_not_in_the_way(client: Client, rogue: RogueProvider, alice: User) -> None:
    arrive(client, rogue, dora())
    assert sign_in(Client(), alice).status_code == 302
