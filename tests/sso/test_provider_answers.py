"""An answer that does not prove what it must signs nobody in, whoever sent it."""

import time
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from sso.social import directory
from tests.machines.rogue_provider import CLIENT_ID, SECRET, STRANGE_KEY, RogueProvider, public
from tests.sso.conftest import CALLBACK, arrive, dora, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acme")]


def assert_refused(response: Any, reason: str) -> None:
    assert response.status_code == 400
    assert "class=" in response.text
    assert not User.objects.exists()
    assert not Session.objects.filter(user__isnull=False).exists()
    event = Event.objects.get()
    assert (event.action, event.outcome) == (Action.SIGN_IN_REFUSE, Outcome.REFUSED)
    assert event.data == {"provider": "acme", "reason": reason}


# --- The ID token ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "id-token-MissingRequiredClaimError"),
        ({"aud": "another-client"}, "id-token-InvalidAudienceError"),
        ({"aud": []}, "id-token-MissingRequiredClaimError"),
        ({"aud": None}, "id-token-MissingRequiredClaimError"),
        ({"aud": [CLIENT_ID, "another-client"]}, "authorized-party"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "authorized-party"),
        ({"azp": "another-client"}, "authorized-party"),
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": 1_000_000_000}, "id-token-ExpiredSignatureError"),
        ({"exp": None}, "id-token-MissingRequiredClaimError"),
        ({"exp": "soon"}, "id-token-DecodeError"),
        ({"iat": time.time() + 3600}, "id-token-ImmatureSignatureError"),
        ({"nbf": time.time() + 3600}, "id-token-ImmatureSignatureError"),
        ({"sub": None}, "id-token-MissingRequiredClaimError"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "d\u00f6ra"}, "subject"),
        ({"sub": "dora\x00"}, "subject"),
    ],
)
def test_a_claim_that_is_wrong_is_refused(
    client: Client, rogue: RogueProvider, claims: dict[str, Any], reason: str
) -> None:
    assert_refused(arrive(client, rogue, dora(**claims)), reason)


def test_a_token_for_several_that_names_us_is_accepted(client: Client, rogue: RogueProvider) -> None:
    response = arrive(client, rogue, dora(aud=[CLIENT_ID, "another-client"], azp=CLIENT_ID))
    assert response["Location"] == "/account/"


def test_clocks_may_differ_by_a_minute(client: Client, rogue: RogueProvider) -> None:
    now = int(time.time())
    assert arrive(client, rogue, dora(iat=now + 50, exp=now - 50))["Location"] == "/account/"


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ({"key": STRANGE_KEY}, "id-token-InvalidSignatureError"),
        ({"key": STRANGE_KEY, "kid": "unheard-of"}, "unknown-key"),
        ({"kind": "at+jwt"}, "token-kind"),
        ({"kind": "logout+jwt"}, "token-kind"),
        ({"key": None, "algorithm": "none"}, "algorithm"),
        ({"key": SECRET * 2, "algorithm": "HS256"}, "algorithm"),
        ({"key": rsa.generate_private_key(65537, 2048), "algorithm": "RS256"}, "id-token-InvalidKeyError"),
    ],
)
def test_a_signature_that_is_not_the_providers_is_refused(
    client: Client, rogue: RogueProvider, signature: dict[str, Any], reason: str
) -> None:
    person = dora()
    for name, value in signature.items():
        setattr(person, name, value)
    assert_refused(arrive(client, rogue, person), reason)


def test_a_token_without_a_key_id_fits_a_provider_with_one_key(client: Client, rogue: RogueProvider) -> None:
    person = dora()
    person.kid = None
    assert arrive(client, rogue, person)["Location"] == "/account/"


def test_a_key_meant_for_encryption_signs_nothing(client: Client, rogue: RogueProvider) -> None:
    rogue.keys = [{**rogue.keys[0], "use": "enc"}]
    assert_refused(arrive(client, rogue, dora()), "unknown-key")


def test_keys_rolled_without_notice_are_found(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(client, rogue, dora())
    rogue.keys = [public(STRANGE_KEY, "second")]
    person = dora()
    person.key, person.kid = STRANGE_KEY, "second"
    monkeypatch.setattr(directory, "ASK_AGAIN", 0.0)
    assert arrive(Client(), rogue, person)["Location"] == "/account/"


def test_unheard_of_keys_do_not_make_us_ask_all_the_time(client: Client, rogue: RogueProvider) -> None:
    for _ in range(5):
        person = dora()
        person.kid = "unheard-of"
        arrive(Client(), rogue, person)
    assert rogue.requests.count("/keys") == 1


def test_an_answer_without_an_id_token_is_refused(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rogue, "id_token", lambda code: None)
    assert_refused(arrive(client, rogue, dora()), "no-id-token")


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 5000, jwt.encode({}, SECRET * 2), 7, ["a"]])
def test_an_id_token_that_is_none_is_refused(
    client: Client, rogue: RogueProvider, monkeypatch: pytest.MonkeyPatch, token: Any
) -> None:
    monkeypatch.setattr(rogue, "id_token", lambda code: token)
    assert arrive(client, rogue, dora()).status_code == 400
    assert not User.objects.exists()


# --- Details from the userinfo endpoint -------------------------------------------------------------------


def test_details_may_come_from_userinfo(client: Client, rogue: RogueProvider) -> None:
    person = dora(email=None, email_verified=None, name=None)
    person.userinfo = {
        "sub": "dora-1",
        "email": "dora@acme.example",
        "email_verified": True,
        "name": "Dora Dean",
    }
    assert arrive(client, rogue, person)["Location"] == "/account/"
    assert User.objects.get().name == "Dora Dean"


def test_details_of_somebody_else_are_refused(client: Client, rogue: RogueProvider) -> None:
    person = dora(email=None)
    person.userinfo = {"sub": "mallory", "email": "dora@acme.example", "email_verified": True}
    assert_refused(arrive(client, rogue, person), "userinfo-of-another")


def test_a_verified_word_about_no_address_verifies_no_other(client: Client, rogue: RogueProvider) -> None:
    person = dora(email=None, email_verified=True)
    person.userinfo = {"sub": "dora-1", "email": "dora@acme.example"}
    assert arrive(client, rogue, person)["Location"] == "/account/confirm-email/"


# --- State, PKCE, sender ----------------------------------------------------------------------------------


def test_what_is_sent_along(client: Client, rogue: RogueProvider) -> None:
    asked = dict(parse_qsl(urlsplit(leave(client)).query))
    assert asked["redirect_uri"] == f"http://localhost{CALLBACK}"
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) == 43
    assert len(asked["state"]) >= 16


def test_no_two_departures_are_alike(client: Client, rogue: RogueProvider) -> None:
    first, second = (dict(parse_qsl(urlsplit(leave(client)).query)) for _ in range(2))
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    "query", ["scope=admin", "auth_params=prompt%3Dnone", "process=redirect&next=/admin/"]
)
def test_nothing_from_the_address_is_sent_along(client: Client, query: str) -> None:
    asked = leave(client, f"/account/with/acme/?{query}")
    assert "admin" not in asked
    assert "prompt" not in asked


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded"])
def test_no_header_changes_where_it_comes_back_to(client: Client, header: str) -> None:
    response = client.post("/account/with/acme/", headers={header: "host=evil.example"})
    assert "evil" not in response.text


def test_an_answer_in_another_browser_is_refused(client: Client, rogue: RogueProvider) -> None:
    """Sign-in forced on somebody: the attacker's answer in the victim's browser."""
    query = rogue.authorize(leave(client), dora())
    assert_refused(Client().get(CALLBACK, query), "state")


@pytest.mark.parametrize(
    "query", [{}, {"code": "code-0"}, {"state": "x"}, {"state": "x", "error": "server_error"}]
)
def test_an_answer_to_nothing_is_refused(client: Client, query: dict[str, str]) -> None:
    assert_refused(client.get(CALLBACK, query), "state")


def test_an_answer_counts_once(client: Client, rogue: RogueProvider) -> None:
    query = rogue.authorize(leave(client), dora())
    assert client.get(CALLBACK, query).status_code == 302
    assert client.get(CALLBACK, query).status_code == 400


def test_an_answer_after_ten_minutes_is_too_late(client: Client, rogue: RogueProvider) -> None:
    query = rogue.authorize(leave(client), dora())
    session = client.session
    (kept,) = session["socialaccount_states"].values()
    kept[1] -= 601
    session["socialaccount_states"] = {query["state"]: kept}
    session.save()
    assert_refused(client.get(CALLBACK, query), "state")


def test_an_answer_for_one_provider_is_none_for_another(
    client: Client, rogue: RogueProvider, settings: Any, acme: Any
) -> None:
    settings.SOCIAL_PROVIDERS = [acme, replace(acme, slug="other", issuer="http://127.0.0.1:1")]
    query = rogue.authorize(leave(client), dora())
    assert client.get("/account/with/other/callback/", query).status_code == 400
    assert not User.objects.exists()


def test_two_tabs_do_not_disturb_each_other(client: Client, rogue: RogueProvider) -> None:
    first, second = (rogue.authorize(leave(client), dora()) for _ in range(2))
    assert client.get(CALLBACK, first)["Location"] == "/account/"
    assert client.get(CALLBACK, second)["Location"] == "/account/"


def test_a_code_traded_without_the_verifier_of_this_browser_is_worth_nothing(
    client: Client, rogue: RogueProvider
) -> None:
    """A code that somebody else obtained, slipped into this browser's answer."""
    stolen = rogue.authorize(leave(Client()), dora())["code"]
    mine = rogue.authorize(leave(client), dora())["state"]
    assert_refused(client.get(CALLBACK, {"code": stolen, "state": mine}), "no-access-token")


def test_an_error_from_the_provider_is_refused(client: Client, rogue: RogueProvider) -> None:
    state = rogue.authorize(leave(client), dora())["state"]
    assert_refused(client.get(CALLBACK, {"error": "<script>", "state": state}), "error-at-provider")


def test_no_code_is_refused(client: Client, rogue: RogueProvider) -> None:
    state = rogue.authorize(leave(client), dora())["state"]
    assert_refused(client.get(CALLBACK, {"state": state}), "no-code")


@pytest.mark.parametrize(("sender", "status"), [("https://evil.example", 400), ("", 400), (None, 302)])
def test_a_sender_that_is_named_must_be_the_one_asked(
    client: Client, rogue: RogueProvider, sender: str | None, status: int
) -> None:
    query = rogue.authorize(leave(client), dora())
    assert client.get(CALLBACK, query | ({} if sender is None else {"iss": sender})).status_code == status


def test_a_provider_that_names_itself_must_do_so(client: Client, rogue: RogueProvider) -> None:
    rogue.metadata = {"authorization_response_iss_parameter_supported": True}
    assert_refused(arrive(client, rogue, dora()), "sender")


def test_a_provider_that_names_itself_is_believed(client: Client, rogue: RogueProvider) -> None:
    rogue.metadata = {"authorization_response_iss_parameter_supported": True}
    query = rogue.authorize(leave(client), dora())
    assert client.get(CALLBACK, query | {"iss": rogue.url})["Location"] == "/account/"
