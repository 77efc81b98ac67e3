"""Signing out here goes on to the provider, and signing out there ends what it names here."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import Session, User
from sso.models import Binding, Connection, LogoutAttempt, Visit
from tests.sso.saml.provider import Provider
from tests.sso.saml.test_sign_in import MINE, prove, sign_in

pytestmark = pytest.mark.django_db
THERE = "https://idp.acme.example/slo"


@pytest.fixture(autouse=True)
def ready(connection: Connection) -> None:
    prove(connection, "acme.example")
    connection.slo_url = THERE
    connection.save()


def test_a_sign_out_here_leads_on_to_the_provider(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    page = client.post("/account/logout/")
    assert page.status_code == 200
    assert f"url={THERE}?SAMLRequest=" in page.content.decode()
    assert not Session.objects.filter(user__email=MINE).exists()
    assert not Visit.objects.exists()
    assert LogoutAttempt.objects.get().connection == idp.connection


def test_with_a_password_it_does_not(client: Client, idp: Provider, alice: User) -> None:
    client.force_login(alice)
    assert client.post("/account/logout/")["Location"] == "/account/signed-out/"
