"""Accounts prepared by an attacker before their owner arrives: the classes of Sudhodanan and Paverd (2022).

https://www.usenix.org/conference/usenixsecurity22/presentation/sudhodanan — here as far as providers take part.
"""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from sso.social.configuration import Provider
from tests.conftest import PASSWORD
from tests.machines.rogue_provider import Person, RogueProvider
from tests.outbox import mails
from tests.sso.conftest import acme, arrive, dora, rogue, running

__all__ = ["acme", "rogue", "running"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]
VICTIM = "dora@acme.example"
OTHER_PASSWORD = "another story of ten lamps"


@pytest.fixture
def attacker(db: Any) -> Client:
    return Client()


def mallory(email: str = VICTIM) -> Person:
    """The attacker's own identity, for which the victim's address is merely claimed."""
    return dora(sub="mallory", email=email, email_verified=False, name="Mallory")


def newest_link(email: str = VICTIM) -> str:
    mail = mails(recipient=email).latest("id")
    found = re.search(r"http://localhost(/\S+)", mail.text)
    assert found, mail.text
    return found[1]


def nobody_but_the_victim(victim: Client, attacker: Client, rogue: RogueProvider) -> None:
    assert victim.get("/account/").status_code == 200
    assert attacker.get("/account/").status_code == 302
    again = Client()
    again.post("/account/login/", {"login": VICTIM, "password": PASSWORD})
    assert again.get("/account/").status_code == 302
    assert arrive(again, rogue, mallory())["Location"] == "/account/confirm-email/"
    assert again.get("/account/").status_code == 302


def test_classic_federated_merge(client: Client, attacker: Client, rogue: RogueProvider) -> None:
    """The attacker signs up with the victim's address and a password; the victim comes with a provider."""
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    assert arrive(client, rogue, dora())["Location"] == "/account/"
    user = User.objects.get()
    assert not user.has_usable_password()
    assert (user.name, user.has_verified_email) == ("Dora Dean", True)
    nobody_but_the_victim(client, attacker, rogue)
    events = Event.objects.of_person(user.public_id)
    revoked = next(event for event in events if event.action == Action.ACCESS_REVOKE)
    assert revoked.data["reason"] == "mailbox-proved"
    assert mails(message="connection_added", recipient=VICTIM).exists()


def test_not_even_the_language_of_a_prepared_account_is_kept(
    client: Client, attacker: Client, rogue: RogueProvider
) -> None:
    form = {"email": VICTIM, "password1": PASSWORD}
    attacker.post("/account/signup/", form, headers={"accept-language": "de"})
    assert User.objects.get().language == "de"
    arrive(client, rogue, dora())
    assert User.objects.get().language == ""


def test_unexpired_session(client: Client, attacker: Client, rogue: RogueProvider) -> None:
    """The attacker waits at a page that is half a sign-in, or holds a link that was mailed before."""
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    held = newest_link()
    arrive(client, rogue, dora())
    attacker.post("/account/confirm-email/", {"code": "BBBB-BBBB"})
    attacker.post("/account/confirm-email/", {"resend": "1"})
    attacker.get("/account/login/")
    assert attacker.post(held, {"new_password": OTHER_PASSWORD}).status_code == 410
    assert Session.objects.filter(user__isnull=False).count() == 1
    nobody_but_the_victim(client, attacker, rogue)


def test_an_open_session_of_the_attacker_ends(client: Client, attacker: Client, rogue: RogueProvider) -> None:
    """Even if one should exist: sessions of an account that changes hands end."""
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    EmailAddress.objects.update(verified=True)
    attacker.post("/account/login/", {"login": VICTIM, "password": PASSWORD})
    assert attacker.get("/account/").status_code == 200
    EmailAddress.objects.update(verified=False)
    arrive(client, rogue, dora())
    nobody_but_the_victim(client, attacker, rogue)


def test_trojan_identifier_of_another_provider_account(
    client: Client, attacker: Client, rogue: RogueProvider
) -> None:
    """The attacker's own identity hangs on the account; the victim comes with a provider."""
    arrive(attacker, rogue, mallory())
    assert SocialAccount.objects.count() == 1
    arrive(client, rogue, dora())
    assert SocialAccount.objects.get().extra_data["subject"] == "dora-1"
    nobody_but_the_victim(client, attacker, rogue)


@pytest.mark.parametrize("how", ["confirms the address", "resets the password"])
def test_trojan_identifier_when_the_victim_comes_by_mail(
    client: Client, attacker: Client, rogue: RogueProvider, how: str
) -> None:
    arrive(attacker, rogue, mallory())
    if how == "resets the password":
        client.post("/account/password/reset/", {"email": VICTIM})
    assert client.post(newest_link(), {"new_password": OTHER_PASSWORD}).status_code == 302
    client.post("/account/login/", {"login": VICTIM, "password": OTHER_PASSWORD})
    assert not SocialAccount.objects.exists()
    nobody_but_the_victim(client, attacker, rogue)


def test_trojan_identifier_of_another_address(client: Client, attacker: Client, rogue: RogueProvider) -> None:
    """An address of the attacker's waits on the account, to reset the password with later."""
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    EmailAddress.objects.create(user=User.objects.get(), email="mallory@evil.example")
    arrive(client, rogue, dora())
    assert [address.email for address in EmailAddress.objects.all()] == [VICTIM]


def test_a_claimed_second_address_hands_over_nobodys_account(
    client: Client, alice: User, rogue: RogueProvider
) -> None:
    """The other way round: somebody typed Dora's address into their own account and never proved it."""
    EmailAddress.objects.create(user=alice, email=VICTIM)
    arrive(client, rogue, dora())
    assert SocialAccount.objects.get().user != alice
    assert alice.name not in client.get("/account/").text


def test_a_prepared_account_does_not_shadow_the_proved_one(
    client: Client, alice: User, attacker: Client, rogue: RogueProvider
) -> None:
    """Dora's address is one of hers that she proved; somebody signed up with it before that."""
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    EmailAddress.objects.create(user=alice, email=VICTIM, verified=True)
    assert arrive(client, rogue, dora()).status_code == 403
    assert not SocialAccount.objects.exists()


def test_a_prepared_account_that_was_disabled_is_not_taken_over(
    client: Client, attacker: Client, rogue: RogueProvider
) -> None:
    attacker.post("/account/signup/", {"email": VICTIM, "password1": PASSWORD})
    User.objects.update(is_active=False)
    assert arrive(client, rogue, dora())["Location"] == "/account/inactive/"
    assert not SocialAccount.objects.exists()


def test_non_verifying_provider(attacker: Client, alice: User, rogue: RogueProvider) -> None:
    """A provider that lets anybody claim any address, and calls it verified, opens nobody's account with it."""
    claim = dora(sub="mallory", email=alice.email, email_verified=True)
    assert arrive(attacker, rogue, claim)["Location"] == "/account/confirm-email/"
    assert attacker.get("/account/").status_code == 302
    assert not SocialAccount.objects.exists()


def test_non_verifying_provider_before_the_victim_comes(
    client: Client, attacker: Client, rogue: RogueProvider, acme: Provider
) -> None:
    """… nor may it wait on a fresh account: that one asks the mailbox first."""
    address = "dora@elsewhere.example"
    arrive(attacker, rogue, dora(sub="mallory", email=address, email_verified=True))
    assert attacker.get("/account/").status_code == 302
    client.post(newest_link(address), {"new_password": OTHER_PASSWORD})
    assert (
        arrive(attacker, rogue, dora(sub="mallory", email=address))["Location"] == "/account/confirm-email/"
    )
    assert not SocialAccount.objects.exists()


def test_a_provider_whose_name_moves_to_another_issuer_opens_nothing(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Subjects are unique at one issuer only: the same word elsewhere is another person."""
    arrive(client, rogue, dora(email="first@acme.example"))
    SocialAccount.objects.update(uid="the key of the same subject at the issuer before")
    other = Client()
    arrive(other, rogue, dora(email="second@acme.example"))
    assert User.objects.count() == 2
