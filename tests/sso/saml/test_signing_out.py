"""Signing out here goes on to the provider, and signing out there ends what it names here."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from orgs.models import Organization
from sso.models import Binding, Connection, LogoutAttempt, Visit
from tests.sso.saml.conftest import connect
from tests.sso.saml.logout import Logout, form, query
from tests.sso.saml.names import SUCCESS
from tests.sso.saml.provider import STRANGE_KEY, Provider
from tests.sso.saml.signing import Signing
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


def message(idp: Provider, **knobs: Any) -> Logout:
    return Logout(
        **{"destination": idp.connection.logout_url, "issuer": idp.connection.idp_entity_id, **knobs}
    )


def send(client: Client, idp: Provider, said: Logout, binding: str, **how: Any) -> Any:
    signing = how.pop("signing", idp.signing())
    address = f"/sso/saml/{idp.connection.slug}/sls/"
    if binding == "post":
        return client.post(address, form(said, signing, how.get("relay_state")))
    return client.get(f"{address}?{query(said, signing, **how)}")


@pytest.mark.parametrize("binding", ["post", "redirect"])
def test_the_provider_ends_the_session_that_it_names(client: Client, idp: Provider, binding: str) -> None:
    sign_in(client, idp)
    # From a browser without our cookies, as an iframe of the provider is.
    found = send(Client(), idp, message(idp), binding, relay_state="state of theirs")
    assert found.status_code == 302
    answer = parse_qs(urlsplit(found["Location"]).query)
    assert answer["RelayState"] == ["state of theirs"]
    assert "SAMLResponse" in answer
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(user__email=MINE).exists()


def test_it_ends_that_sign_in_and_no_other(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    other, third = Client(), Client()
    sign_in(other, idp, session_index="session-2")
    sign_in(third, idp, session_index="session-1", name_id="other", attributes={"mail": ("x@acme.example",)})
    send(Client(), idp, message(idp), "redirect")
    assert [one.get("/account/").status_code for one in (client, other, third)] == [302, 200, 200]


def test_without_an_index_it_ends_all_of_that_person(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    other = Client()
    sign_in(other, idp, session_index="session-2")
    send(Client(), idp, message(idp, session_indexes=()), "post")
    assert [one.get("/account/").status_code for one in (client, other)] == [302, 302]


def test_escapes_may_be_in_lower_case(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    assert send(Client(), idp, message(idp), "redirect", lower=True, relay_state="a/b+c").status_code == 302
    assert not Session.objects.filter(user__email=MINE).exists()


WRONG = {
    "unsigned": ({}, {"signing": None}),
    "signed by somebody else": ({}, {"signing": Signing(key=STRANGE_KEY)}),
    "another issuer": ({"issuer": "https://evil.example"}, {}),
    "no issuer": ({"issuer": None}, {}),
    "another destination": ({"destination": "https://elsewhere.example/"}, {}),
    "no destination": ({"destination": None}, {}),
    "too old": ({"issued": -1000}, {}),
    "of tomorrow": ({"issued": 1000}, {}),
    "over": ({"not_on_or_after": -300}, {}),
    "no name": ({"name_id": None}, {}),
    "another version": ({"version": "1.1"}, {}),
    "another message": ({"tag": "AuthnRequest"}, {}),
    "a foreign qualifier": ({"sp_name_qualifier": "https://elsewhere.example/"}, {}),
}


@pytest.mark.parametrize("binding", ["post", "redirect"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_ends_nothing(client: Client, idp: Provider, wrong: str, binding: str) -> None:
    sign_in(client, idp)
    knobs, how = WRONG[wrong]
    found = send(Client(), idp, message(idp, **knobs), binding, **how)
    assert found.status_code == 400
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("binding", ["post", "redirect"])
def test_a_request_counts_once(client: Client, idp: Provider, binding: str) -> None:
    sign_in(client, idp)
    said = message(idp)
    assert send(Client(), idp, said, binding).status_code == 302
    sign_in(client, idp)
    assert send(Client(), idp, said, binding).status_code == 400
    assert client.get("/account/").status_code == 200


def test_a_bomb_is_not_blown_up(client: Client, idp: Provider) -> None:
    bomb = b"<a>" + b" " * 50_000_000 + b"</a>"
    begun = time.process_time()
    found = client.get(f"/sso/saml/{idp.connection.slug}/sls/?{query(bomb, idp.signing())}")
    assert found.status_code == 400
    assert time.process_time() - begun < 2


def test_the_answer_to_our_request_leads_to_the_last_page(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    client.post("/account/logout/")
    asked = LogoutAttempt.objects.get().request_id
    said = message(idp, status=SUCCESS, in_response_to=asked)
    found = send(client, idp, said, "redirect", relay_state="https://evil.example/")
    assert (found.status_code, found["Location"]) == (302, "/account/signed-out/")
    again = message(idp, status=SUCCESS, in_response_to=asked)
    assert send(client, idp, again, "redirect").status_code == 400


def test_an_answer_to_nothing_ends_nothing(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    said = message(idp, status=SUCCESS, in_response_to="_nobody")
    assert send(client, idp, said, "post").status_code == 400
    assert client.get("/account/").status_code == 200


def test_another_provider_ends_nothing(client: Client, idp: Provider, globex: Organization) -> None:
    sign_in(client, idp)
    theirs = Provider(connect(globex, "globex-sso", slo_url=THERE))
    assert send(Client(), theirs, message(theirs), "redirect").status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_session_that_the_provider_limits_ends_in_time(client: Client, idp: Provider) -> None:
    sign_in(client, idp, session_ends=600)
    left = Session.objects.get(user__email=MINE).expire_date - timezone.now()
    assert timedelta(minutes=8) < left < timedelta(minutes=10)


def test_a_sign_in_that_waits_ends_as_well(client: Client, idp: Provider, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://site.example/terms"
    assert "terms" in sign_in(client, idp)["Location"]
    send(Client(), idp, message(idp), "redirect")
    client.post("/account/terms/", {"accept": "on"})
    assert client.get("/account/").status_code == 302


def test_it_survives_a_new_key_of_the_session(client: Client, idp: Provider) -> None:
    sign_in(client, idp)
    store = client.session
    store.cycle_key()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = store.session_key
    assert client.get("/account/").status_code == 200
    send(Client(), idp, message(idp), "redirect")
    assert client.get("/account/").status_code == 302


def test_by_form_the_page_goes_on_by_itself_or_by_a_button(client: Client, idp: Provider) -> None:
    idp.connection.slo_binding = Binding.POST
    idp.connection.save()
    sign_in(client, idp)
    page = client.post("/account/logout/")
    assert 'name="SAMLRequest"' in page.content.decode()
    assert "https:" in page["Content-Security-Policy"].partition("form-action")[2].partition(";")[0]
