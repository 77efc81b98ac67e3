"""Passkeys as their owners know them: added, named, used, removed; and as a thief would like them."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import Session, User
from accounts.sign_in import methods, ways_in
from accounts.sign_in.allauth_compat import METHODS_KEY
from audit.actions import Action
from audit.models import Event
from core.desk.permissions import SitePermission
from mfa import retention, trust, webauthn
from mfa.factors import passkeys
from mfa.models import Authenticator, Ceremony, Passkey, PasskeyHandle, RecoveryCode, TrustedBrowser
from mfa.stepup import fresh_passkey_required
from tests.conftest import forget_when, sign_in
from tests.desk import give
from tests.mfa.conftest import (
    ADD_PASSKEY,
    BY_PASSKEY,
    CHALLENGE,
    FACTORS,
    PROVE,
    QUESTION,
    Phone,
    asked,
    by_passkey,
    give_passkey,
    give_phone,
    is_in,
    post_answer,
    row_of,
    shown_codes,
)
from tests.mfa.device import Device
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def add(client: Client, device: Device, **traits: Any) -> Any:
    return post_answer(client, ADD_PASSKEY, device.make(asked(client.get(ADD_PASSKEY)), **traits))


def path_of(device: Device, verb: str) -> str:
    return f"/account/mfa/passkeys/{row_of(device).pk}/{verb}/"


def without_password(user: User) -> None:
    user.set_unusable_password()
    user.save(update_fields=["password"])


# --- Adding -------------------------------------------------------------------------------------------------


def test_the_first_turns_the_second_step_on(as_alice: Client, alice: User) -> None:
    device = Device()
    page = add(as_alice, device)
    assert len(shown_codes(page)) == 10
    row = row_of(device)
    assert (row.user, row.transports, row.is_discoverable) == (alice, ["internal"], True)
    assert (row.backup_eligible, row.backed_up) == (True, True)
    event = Event.objects.get(action=Action.FACTOR_ADD)
    assert event.data == {"factor": "passkey"}
    assert "/not-me/" in mails(message="second_step_on", recipient=alice.email).get().text
    assert sign_in(Client(), alice)["Location"] == CHALLENGE


def test_a_further_one_is_told_and_brings_no_codes(by_key: Client, alice: User) -> None:
    assert add(by_key, Device())["Location"] == FACTORS
    assert mails(message="factor_added", recipient=alice.email).exists()
    assert not RecoveryCode.objects.exists()


def test_whoever_has_a_factor_shows_it_first(as_alice: Client, alice: User) -> None:
    give_phone(alice)
    assert as_alice.get(ADD_PASSKEY)["Location"].startswith(PROVE)
    question = passkeys.begin(alice)
    assert post_answer(as_alice, ADD_PASSKEY, Device().make(question))["Location"].startswith(PROVE)
    assert not Passkey.objects.exists()


def test_whoever_has_none_proves_lately_who_they_are(as_alice: Client) -> None:
    forget_when(as_alice, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    assert as_alice.get(ADD_PASSKEY)["Location"].startswith("/account/reauthenticate/")


def test_adding_ends_remembered_browsers(by_key: Client, alice: User) -> None:
    TrustedBrowser.objects.create(user=alice, digest="x", expires_at=timezone.now())
    add(by_key, Device())
    assert not TrustedBrowser.objects.exists()


@pytest.mark.parametrize(
    ("aaguid", "transports", "name"),
    [
        ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", ["internal"], "iCloud Keychain"),
        ("00000000-0000-0000-0000-000000000000", ["usb", "nfc"], "Security key"),
        ("00000000-0000-0000-0000-000000000000", ["internal"], "Firefox on Windows"),
        ("00000000-0000-0000-0000-000000000001", ["a lie", 1], "Firefox on Windows"),
    ],
)
def test_it_is_named_after_what_keeps_it(as_alice: Client, aaguid: str, transports: Any, name: str) -> None:
    as_alice.defaults["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    device = Device(aaguid=UUID(aaguid).bytes)
    add(as_alice, device, transports=transports)
    assert row_of(device).name == name


def test_there_is_an_end_to_it(by_key: Client, alice: User, key: Device) -> None:
    question = asked(by_key.get(ADD_PASSKEY))
    for _ in range(passkeys.AT_MOST - 1):
        give_passkey(alice)
    assert by_key.get(ADD_PASSKEY)["Location"] == FACTORS
    post_answer(by_key, ADD_PASSKEY, Device().make(question))
    assert Passkey.objects.count() == passkeys.AT_MOST


def test_a_person_has_one_handle_for_good(as_alice: Client, alice: User, bob: User) -> None:
    first, second = (asked(as_alice.get(ADD_PASSKEY))["user"]["id"] for _ in range(2))
    assert first == second == webauthn.encode(PasskeyHandle.objects.get(user=alice).handle)
    assert passkeys.handle_of(alice) != passkeys.handle_of(bob)


# --- Signing in -----------------------------------------------------------------------------------------------


def test_it_is_the_whole_sign_in(client: Client, alice: User, key: Device) -> None:
    assert by_passkey(client, key)["Location"] == "/account/"
    assert is_in(client)
    assert Session.objects.get(user=alice).methods == "passkey"
    assert Event.objects.get(action=Action.SIGN_IN).data == {"methods": ["passkey"]}
    assert "by passkey" in client.get("/account/sessions/").text


def test_the_question_names_nobody(client: Client, key: Device) -> None:
    question = client.post(QUESTION).json()
    assert question["allowCredentials"] == []
    assert question["userVerification"] == "required"
    assert client.get(QUESTION).status_code == 405


def test_it_leads_where_somebody_wanted_to_go(client: Client, key: Device) -> None:
    answer = key.sign(client.post(QUESTION).json())
    assert (
        post_answer(client, BY_PASSKEY, answer, next="/account/sessions/")["Location"] == "/account/sessions/"
    )


def test_and_nowhere_outside(client: Client, key: Device) -> None:
    answer = key.sign(client.post(QUESTION).json())
    assert post_answer(client, BY_PASSKEY, answer, next="https://evil.example/")["Location"] == "/account/"


def test_a_refused_one_comes_back_to_the_sign_in_page(client: Client, key: Device) -> None:
    answer = key.sign(client.post(QUESTION).json(), signature=b"x")
    back = post_answer(client, BY_PASSKEY, answer, next="/account/sessions/")
    assert back["Location"] == "/account/login/?next=%2Faccount%2Fsessions%2F"
    assert "This passkey was not accepted" in client.get(back["Location"]).text


def test_the_stages_are_passed_all_the_same(client: Client, key: Device, settings: Any) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    assert by_passkey(client, key)["Location"] == "/account/terms/"
    assert not is_in(client)
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == "/account/"


def test_one_removed_while_a_stage_waits_counts_no_more(
    client: Client, alice: User, key: Device, settings: Any
) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    give_phone(alice)
    by_passkey(client, key)
    Passkey.objects.all().delete()
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == CHALLENGE
    assert not is_in(client)


@pytest.mark.parametrize(
    ("field", "page"), [("is_active", "/account/inactive/"), ("locked_at", "/account/locked/")]
)
def test_a_closed_account_stays_closed(client: Client, key: Device, field: str, page: str) -> None:
    User.objects.update(**{field: False if field == "is_active" else timezone.now()})
    assert by_passkey(client, key)["Location"] == page
    assert not is_in(client)


def test_a_passkey_shown_for_one_sign_in_is_none_for_the_next(
    client: Client, alice: User, key: Device, settings: Any
) -> None:
    """The session may remember both proofs; the second sign-in rests on a password alone."""
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    by_passkey(client, key)
    session = client.session
    del session["account_login"]
    session.save()
    assert sign_in(client, alice)["Location"] == "/account/terms/"
    assert [proof["method"] for proof in client.session[METHODS_KEY]] == ["passkey", "password"]
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == CHALLENGE


def test_somebody_elses_session_ends_with_it(client: Client, as_alice: Client, bob: User) -> None:
    by_passkey(as_alice, give_passkey(bob))
    assert Session.objects.get(user__isnull=False).user == bob


def test_nobody_needs_a_password(client: Client, alice: User, key: Device) -> None:
    without_password(alice)
    assert by_passkey(client, key)["Location"] == "/account/"


# --- As the second step, and once more ----------------------------------------------------------------------------


def test_it_completes_a_sign_in_by_password(client: Client, alice: User, key: Device) -> None:
    sign_in(client, alice)
    page = client.get(CHALLENGE)
    assert "Use your passkey" in page.text
    assert post_answer(client, CHALLENGE, key.sign(asked(page)))["Location"] == "/account/"
    assert Session.objects.get(user=alice).methods == "password passkey"


def test_it_is_asked_for_before_anything_else(client: Client, phone: Phone, key: Device, saved: Any) -> None:
    sign_in(client, phone.user)
    page = client.get(CHALLENGE).text
    assert page.index("with=app") < page.index("with=recovery")
    assert "Use your passkey" in page
    assert client.post(CHALLENGE, {"with": "app", "code": phone.code()})["Location"] == "/account/"


def test_a_code_of_the_app_is_no_passkey(client: Client, phone: Phone, key: Device) -> None:
    sign_in(client, phone.user)
    assert client.post(CHALLENGE, {"with": "passkey", "code": phone.code()}).status_code == 400
    assert not is_in(client)


def test_the_browser_may_be_remembered(client: Client, alice: User, key: Device) -> None:
    sign_in(client, alice)
    post_answer(client, CHALLENGE, key.sign(asked(client.get(CHALLENGE))), remember="1")
    assert trust.of(alice).count() == 1


def test_it_proves_that_it_is_still_you(by_key: Client, key: Device) -> None:
    forget_when(by_key, settings.REAUTHENTICATION_TIMEOUT.total_seconds() + 1)
    assert by_key.get(ADD_PASSKEY)["Location"].startswith(PROVE)
    answer = key.sign(asked(by_key.get(PROVE)))
    assert post_answer(by_key, PROVE, answer, next=ADD_PASSKEY)["Location"] == ADD_PASSKEY
    assert Event.objects.get(action=Action.REAUTHENTICATE).data == {"method": "passkey"}


def test_signing_in_with_it_is_a_fresh_factor(by_key: Client) -> None:
    assert by_key.get(ADD_PASSKEY).status_code == 200


# --- What only a passkey opens ---------------------------------------------------------------------------------------


@fresh_passkey_required
def vault(request: Any) -> Any:
    return "open"


def opened(client: Client, user: User, accept: str = "text/html") -> Any:
    request = RequestFactory().get("/vault/", headers={"accept": accept})
    request.session, request.user = client.session, user
    request._messages = get_messages(request) or _Messages()
    return vault(request)


class _Messages(list[Any]):
    def add(self, *args: Any) -> None:
        self.append(args)


def test_a_passkey_opens_it(by_key: Client, alice: User) -> None:
    assert opened(by_key, alice) == "open"


def test_a_code_does_not(client: Client, alice: User, phone: Phone, key: Device) -> None:
    sign_in(client, alice)
    client.post(CHALLENGE, {"with": "app", "code": phone.code()})
    assert opened(client, alice)["Location"].startswith(PROVE)


def test_who_has_none_is_led_to_one(inside: Client, alice: User) -> None:
    assert opened(inside, alice)["Location"] == ADD_PASSKEY


# --- Changing what there is -------------------------------------------------------------------------------------------


def test_they_are_listed(by_key: Client, key: Device) -> None:
    page = by_key.get(FACTORS).text
    assert "Key" in page
    assert "last used" in page
    assert "copied to your other devices" in page


def test_one_is_renamed(by_key: Client, key: Device) -> None:
    assert by_key.post(path_of(key, "rename"), {"name": " My  phone "})["Location"] == FACTORS
    assert row_of(key).name == "My phone"
    assert Event.objects.get(action=Action.FACTOR_RENAME).data == {"factor": "passkey"}


@pytest.mark.parametrize("verb", ["rename", "remove"])
def test_somebody_elses_is_nowhere(by_key: Client, bob: User, verb: str) -> None:
    his = give_passkey(bob)
    assert by_key.get(path_of(his, verb)).status_code == 404
    assert by_key.post(path_of(his, verb), {"name": "Mine"}).status_code == 404
    assert row_of(his).name == "Key"


def test_one_is_removed_and_told(by_key: Client, alice: User, key: Device) -> None:
    give_passkey(alice)
    TrustedBrowser.objects.create(user=alice, digest="x", expires_at=timezone.now())
    by_key.post(path_of(key, "remove"))
    assert Passkey.objects.count() == 1
    assert mails(message="factor_removed", recipient=alice.email).exists()
    assert Event.objects.get(action=Action.FACTOR_REMOVE).data == {"factor": "passkey"}
    assert not TrustedBrowser.objects.exists()


def test_with_the_last_factor_the_codes_go(by_key: Client, alice: User, key: Device, saved: Any) -> None:
    Authenticator.objects.all().delete()
    assert "the second step is then off" in by_key.get(path_of(key, "remove")).text
    by_key.post(path_of(key, "remove"))
    assert not RecoveryCode.objects.exists()
    assert mails(message="second_step_off", recipient=alice.email).exists()


def test_beside_an_app_the_last_passkey_turns_nothing_off(by_key: Client, phone: Phone, key: Device) -> None:
    assert "opens nothing any more" in by_key.get(path_of(key, "remove")).text
    by_key.post(path_of(key, "remove"))
    assert sign_in(Client(), phone.user)["Location"] == CHALLENGE


def test_the_only_way_in_stays(client: Client, alice: User, key: Device) -> None:
    without_password(alice)
    by_passkey(client, key)
    page = client.post(path_of(key, "remove"), follow=True)
    assert "only way into your account" in page.text
    assert Passkey.objects.count() == 1


def test_of_two_one_may_go(client: Client, alice: User, key: Device) -> None:
    without_password(alice)
    give_passkey(alice)
    by_passkey(client, key)
    client.post(path_of(key, "remove"))
    assert Passkey.objects.count() == 1


def test_ways_in_are_those_that_open_the_account(alice: User, key: Device) -> None:
    assert ways_in.of(alice)["passkeys"] == 1
    assert "passkey" in dict(methods.ways_in())
    row = row_of(key)
    row.is_discoverable = False
    row.save()
    assert ways_in.of(alice)["passkeys"] == 0
    row.is_discoverable = None
    row.suspend()
    row.save()
    assert ways_in.of(alice)["passkeys"] == 0


# --- A thief's ------------------------------------------------------------------------------------------------------


def test_the_owner_can_undo_the_one_a_thief_added(as_alice: Client, alice: User) -> None:
    device = Device()
    add(as_alice, device)
    text = mails(message="second_step_on", recipient=alice.email).get().text
    link = next(word for word in text.split() if "/not-me/" in word)
    assert Client().post(link.removeprefix("http://localhost")).status_code == 302
    assert not Passkey.objects.exists()


def test_one_made_before_the_mailbox_was_proved_ends(alice: User, key: Device) -> None:
    access.revoke(alice, reason=Reason.MAILBOX_PROVED, actor=None)
    assert not Passkey.objects.exists()


def test_signing_out_everywhere_leaves_them(alice: User, key: Device) -> None:
    access.revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=None)
    assert Passkey.objects.count() == 1


def test_a_signature_given_before_access_ended_opens_nothing_after(
    client: Client, alice: User, key: Device, settings: Any
) -> None:
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"
    by_passkey(client, key)
    access.revoke(alice, reason=Reason.ADMINISTRATOR, actor=None)
    assert client.post("/account/terms/", {"accept": "on"})["Location"] == "/account/login/"
    assert not is_in(client)


# --- The rest ---------------------------------------------------------------------------------------------------------


def test_the_sign_in_page_offers_it_to_scripts_alone(client: Client) -> None:
    page = client.get("/account/login/").text
    assert 'autocomplete="username webauthn"' in page
    assert f'data-question="{QUESTION}" hidden' in page
    assert "js/passkey" in page


def test_a_question_needs_a_page_of_ours(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(QUESTION).status_code == 403
    assert strict.post(BY_PASSKEY, {"code": "{}"}).status_code == 403


def test_questions_are_limited(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "passkey-question.address": "2/10m"}
    assert [client.post(QUESTION).status_code for _ in range(3)] == [200, 200, 429]


def test_so_are_answers(client: Client, key: Device, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "passkey.address": "1/10m"}
    assert by_passkey(client, key, signature=b"x").status_code == 302
    assert by_passkey(client, key).status_code == 429
    assert not is_in(client)


def test_questions_nobody_answered_are_forgotten(client: Client) -> None:
    client.post(QUESTION)
    client.post(QUESTION)
    first = Ceremony.objects.first()
    Ceremony.objects.filter(pk=first.pk).update(expires_at=timezone.now())
    retention.prune()
    assert Ceremony.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "origin", "name"),
    [
        ("https://ID.Example.org:443", "https://id.example.org", "id.example.org"),
        ("https://id.example.org:8443", "https://id.example.org:8443", "id.example.org"),
        ("http://localhost:80", "http://localhost", "localhost"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_the_origin_is_spelled_as_browsers_do(settings: Any, address: str, origin: str, name: str) -> None:
    settings.BASE_URL, settings.BASE_HOST = address, urlsplit(address).hostname
    assert webauthn.origin() == origin
    assert webauthn.rp_id() == name


# --- For whoever has to have one ---------------------------------------------------------------------------------

ENROL, ENROL_PASSKEY = "/account/mfa/enrol/", "/account/mfa/enrol/passkey/"


@pytest.fixture
def newcomer(alice: User) -> User:
    """At the desk since just now, and without a second step."""
    give(alice, SitePermission.DASHBOARD_VIEW)
    return User.objects.get(pk=alice.pk)


def test_staff_may_make_one_inside_the_sign_in(client: Client, newcomer: User) -> None:
    assert sign_in(client, newcomer)["Location"] == ENROL
    assert ENROL_PASSKEY in client.get(ENROL).text
    device = Device()
    page = post_answer(client, ENROL_PASSKEY, device.make(asked(client.get(ENROL_PASSKEY))))
    assert len(shown_codes(page)) == 10
    assert not is_in(client)
    assert client.post("/account/mfa/enrol/done/").status_code == 302
    assert is_in(client)
    assert Session.objects.get(user=newcomer).methods == "password passkey"


def test_a_refused_one_leaves_the_sign_in_waiting(client: Client, newcomer: User) -> None:
    sign_in(client, newcomer)
    answer = Device().make(asked(client.get(ENROL_PASSKEY)), said={"origin": "https://evil.example"})
    assert post_answer(client, ENROL_PASSKEY, answer)["Location"] == ENROL_PASSKEY
    assert "not accepted" in client.get(ENROL_PASSKEY).text
    assert not is_in(client)
    assert not Passkey.objects.exists()


def test_who_has_a_factor_gets_no_second_one_there(client: Client, newcomer: User) -> None:
    sign_in(client, newcomer)
    answer = Device().make(asked(client.get(ENROL_PASSKEY)))
    give_phone(newcomer)
    assert post_answer(client, ENROL_PASSKEY, answer)["Location"] == "/account/login/"
    assert not Passkey.objects.exists()


def test_that_page_is_for_a_waiting_sign_in_alone(client: Client, as_alice: Client) -> None:
    assert as_alice.get(ENROL_PASSKEY)["Location"] == "/account/login/"
    assert Client().post(ENROL_PASSKEY, {"code": "{}"})["Location"] == "/account/login/"


def test_whoever_has_to_have_one_keeps_the_last(client: Client, newcomer: User) -> None:
    device = give_passkey(newcomer)
    by_passkey(client, device)
    page = client.post(path_of(device, "remove"), follow=True)
    assert "the only one you have" in page.text
    assert Passkey.objects.count() == 1
    assert client.get("/admin/").status_code == 200
