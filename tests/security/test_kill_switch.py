"""Every trigger of the kill switch ends every kind of credential, at once, and nobody else's."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.test import Client, override_settings
from django.utils import timezone

from accounts import access
from accounts.flows import desk, proof, provision
from accounts.models import Proof, User
from core.client import Facts
from mfa.models import Authenticator
from tests.api import Program
from tests.conftest import PASSWORD, be, give_app, sign_in
from tests.desk import act
from tests.mfa.conftest import CHALLENGE, Phone, give_phone
from tests.outbox import mails
from tests.sso.enterprise.linked import by_saml
from tokens import jwt, standing
from tokens.flows import families, keys
from tokens.flows.families import RefreshRefused

pytestmark = pytest.mark.django_db
NEW = "another story of ten lamps"
FACTS = Facts("203.0.113.9", "", "")


# --- What a person may hold -----------------------------------------------------------------------------


@dataclass
class Held:
    """A credential in somebody's hands, and whether it still opens anything."""

    kind: str
    works: Callable[[], bool]


def session(user: User) -> Held:
    client = Client()
    sign_in(client, user)
    return Held("sessions", lambda: client.get("/account/").status_code == 200)


def session_by_an_organization(user: User) -> Held:
    client = Client()
    by_saml(client, user)
    return Held("sessions", lambda: client.get("/account/").status_code == 200)


def remembered_browser(user: User) -> Held:
    client = Client()
    sign_in(client, user)
    client.post("/account/logout/")

    def gets_past_a_lock() -> bool:
        headers = {"x-forwarded-for": "198.51.100.77"}
        wrong = {"login": user.email, "password": "not their password"}
        for _ in range(6):
            Client().post("/account/login/", wrong, headers=headers)
        return client.post("/account/login/", wrong, headers=headers).status_code == 200

    return Held("remembered browsers", gets_past_a_lock)


def mail_link(user: User) -> Held:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)
    path = f"/account/password/reset/{fresh.token}/"
    return Held("mail links", lambda: Client().get(path).status_code == 200)


def program(user: User) -> Held:
    """Signed in by a program: neither of its tokens opens anything afterwards."""
    facts = Facts("203.0.113.9", "Client", "")
    pair = families.begin(user=user, methods=["password"], scope="", facts=facts)

    def works() -> bool:
        try:
            families.refresh(token=pair.refresh, facts=facts)
        except RefreshRefused:
            return standing.sign_in(jwt.read(pair.access)) is not None
        return True

    return Held("API sign-ins", works)


def api_key(user: User) -> Held:
    soon = timezone.now() + timedelta(days=1)
    made = keys.create(user=user, name="Backup", scopes={"profile.read"}, expires_at=soon, facts=FACTS)

    def works() -> bool:
        headers = {"authorization": f"Bearer {made.text}"}
        return Client().get("/api/auth/me", headers=headers).status_code == 200

    return Held("API access", works)


def waiting_program(user: User) -> Held:
    """Of a program: the password was right; the code is still to come."""
    program, phone = Program(), give_phone(user)
    challenge = program.post("login", {"email": user.email, "password": PASSWORD}).json()["challenge"]

    def goes_on() -> bool:
        shown = {"challenge": challenge, "method": "app", "code": phone.code()}
        return bool(program.post("login/mfa", shown).status_code == 200)

    return Held("", goes_on)


def mail_to_sign_in(user: User) -> Held:
    client = Client()
    client.post("/account/login/mail/", {"email": user.email})
    text = mails(message="sign_in_code", recipient=user.email).latest("id").text
    found = re.search(r"http://localhost(/account/login/mail/\S+)", text)
    assert found
    path = found[1]
    return Held("mail links", lambda: client.post(path).status_code == 302)


def waiting_sign_in(user: User) -> Held:
    """The password was right; the terms are still to be accepted."""
    client = Client()
    assert sign_in(client, user).url == "/account/terms/"

    def goes_on() -> bool:
        return bool(client.post("/account/terms/", {"accept": "on"}).url == "/account/")

    return Held("", goes_on)


def trusted_browser(user: User) -> Held:
    client, phone = Client(), give_phone(user)
    sign_in(client, user)
    client.post(CHALLENGE, {"code": phone.code(-1), "remember": "1"})
    client.post("/account/logout/")

    def is_spared() -> bool:
        """Also with the new password, where there is one."""
        return "/account/" in [
            sign_in(client, user, password).get("Location") for password in (PASSWORD, NEW)
        ]

    return Held("trusted browsers", is_spared)


def waiting_second_step(user: User) -> Held:
    """The password was right; the code is still to come."""
    client, phone = Client(), give_phone(user)
    assert sign_in(client, user).url == CHALLENGE

    def goes_on() -> bool:
        return bool(client.post(CHALLENGE, {"code": phone.code()}).get("Location") == "/account/")

    return Held("", goes_on)


def somebody_in_their_place(user: User) -> Held:
    """Held by an administrator, and the person's to end all the same."""
    helper = provision.create_person(
        email=f"helper{user.pk}@example.org", password=PASSWORD, administrator=True
    )
    give_app(helper)
    client = at_the_desk(helper)
    with override_settings(IMPERSONATION=True):
        act(client, user, "impersonate")

    def shows_their_pages() -> bool:
        with override_settings(IMPERSONATION=True):
            return "You act in the place of" in client.get("/account/").text

    return Held("acts in somebody's place", shows_their_pages)


HOLDINGS = [
    session,
    session_by_an_organization,
    remembered_browser,
    mail_link,
    program,
    api_key,
    waiting_program,
    mail_to_sign_in,
    waiting_sign_in,
    trusted_browser,
    waiting_second_step,
    somebody_in_their_place,
]
# Not in the registry: what waits is bound to a time.
WAITING = (waiting_sign_in, waiting_program, waiting_second_step)


# --- What ends it ---------------------------------------------------------------------------------------


def own_browser(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    client.post("/account/terms/", {"accept": "on"})
    for app in Authenticator.objects.filter(user=user):
        # An earlier sign-in of the same half minute took the same code.
        Authenticator.objects.update(last_step=-1)
        client.post(CHALLENGE, {"code": Phone(user, app.secret).code(-1)})
    return client


def sign_out_elsewhere(user: User, admin: User) -> None:
    own_browser(user).post("/account/sessions/end-others/")


def change_password(user: User, admin: User) -> None:
    data = {"current_password": PASSWORD, "new_password": NEW}
    assert own_browser(user).post("/account/password/change/", data).status_code == 302


def reset_password(user: User, admin: User) -> None:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.RESET_PASSWORD, email=user.email)
    Client().post(f"/account/password/reset/{fresh.token}/", {"new_password": NEW})


def disable(user: User, admin: User) -> None:
    desk.disable(user=user, actor=admin, facts=FACTS)


def at_the_desk(admin: User) -> Client:
    client = Client()
    be(client, admin)
    return client


def administrator(user: User, admin: User) -> None:
    act(at_the_desk(admin), user, "end-access", follow=False)


def compromised(user: User, admin: User) -> None:
    act(at_the_desk(admin), user, "compromised", follow=False)


def new_password_required(user: User, admin: User) -> None:
    act(at_the_desk(admin), user, "require-password", follow=False)


def new_proof_required(user: User, admin: User) -> None:
    act(at_the_desk(admin), user, "require-proof-of-address", follow=False)


def operator(user: User, admin: User) -> None:
    call_command("revoke_access", user.email)


def this_was_not_me(user: User, admin: User) -> None:
    own_browser(user)
    own_browser(user)
    text = mails(message="new_sign_in", recipient=user.email).latest("id").text
    found = re.search(r"http://localhost(/\S+)", text)
    assert found
    assert Client().post(found[1]).status_code == 302


def undo_change_of_address(user: User, admin: User) -> None:
    fresh = proof.issue(user=user, purpose=Proof.Purpose.UNDO_EMAIL_CHANGE, email=user.email)
    assert Client().post(f"/account/addresses/undo/{fresh.token}/").status_code == 302


TRIGGERS = [
    sign_out_elsewhere,
    change_password,
    reset_password,
    disable,
    administrator,
    compromised,
    new_password_required,
    new_proof_required,
    operator,
    this_was_not_me,
    undo_change_of_address,
]


@pytest.fixture(autouse=True)
def by_mail(settings: Any) -> None:
    settings.SIGN_IN_BY_MAIL = True


@pytest.fixture
def terms(settings: Any) -> None:
    """So that a sign-in can be made to wait."""
    settings.TERMS_VERSION, settings.TERMS_URL = "1", "https://example.org/terms"


def accept_terms(*people: User) -> None:
    for person in people:
        person.acceptances.get_or_create(version="1")


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.__name__)
@pytest.mark.parametrize("hold", HOLDINGS, ids=lambda hold: hold.__name__)
def test_it_is_worth_nothing_a_second_later(
    alice: User, bob: User, admin: User, terms: None, hold: Any, trigger: Any
) -> None:
    if hold is not waiting_sign_in:
        accept_terms(alice, bob)
    accept_terms(admin)
    hers, his = hold(alice), hold(bob)
    trigger(alice, admin)
    ended = time.monotonic()
    assert not hers.works()
    assert time.monotonic() - ended < 1
    assert his.works()


@pytest.mark.parametrize("hold", HOLDINGS, ids=lambda hold: hold.__name__)
def test_it_was_worth_something_before(alice: User, terms: None, hold: Any) -> None:
    """Otherwise the test above could not fail."""
    if hold is not waiting_sign_in:
        accept_terms(alice)
    assert hold(alice).works()


# No credential of ours but a way to ask for one, or to give one away: it ends only where somebody else was in.
WAYS_IN = {
    "connections": "tests/sso/test_connections.py::test_it_ends_where_somebody_else_was_in",
    "organization invitations": "tests/orgs/test_members.py::test_after_a_break_in_what_was_sent_in_ones_name_ends",
    "factor resets": "tests/mfa/test_reset.py::test_the_kill_switch_ends_it",
    "second factors": "tests/mfa/test_enrolment.py::test_the_owner_can_undo_what_a_thief_turned_on",
}


def test_every_registered_kind_is_in_the_matrix(alice: User, terms: None) -> None:
    accept_terms(alice)
    shown = {hold(alice).kind for hold in HOLDINGS if hold not in WAITING}
    assert shown == set(access.kinds()) - WAYS_IN.keys()


# --- No table with a credential is forgotten ---------------------------------------------------------------

SECRET = re.compile(r"digest|token|secret|session_key|password|link|public_key|challenge")
# Tables of ours that point to a person and hold something secret: which kind ends them, or why none needs to.
ACCOUNTED_FOR = {
    "accounts.Session": "sessions",
    "accounts.Browser": "remembered browsers",
    "accounts.Proof": "mail links",
    "tokens.Family": "API sign-ins",
    "tokens.ApiKey": "API access",
    "mfa.TrustedBrowser": "trusted browsers",
    "mfa.Authenticator": "second factors",
    "mfa.RecoveryCode": "second factors",
    "mfa.Passkey": "second factors",
}
NO_CREDENTIAL = {
    "mfa.Ceremony": "a question; the credential is what can answer it",
    "sso.Visit": "names the sign-in at a provider that a session rests on, and opens nothing",
    "accounts.Invitation": "points to who invited; it is not theirs to use",
    "orgs.Invitation": "the same; after a break-in they end all the same (tests/orgs/test_members.py)",
}


def of_people() -> set[str]:
    return {
        model._meta.label
        for model in apps.get_models()
        if any(
            isinstance(field, models.ForeignKey)
            and field.related_model._meta.label == settings.AUTH_USER_MODEL
            for field in model._meta.concrete_fields
        )
        and any(SECRET.search(field.name) for field in model._meta.concrete_fields)
    }


def test_every_table_with_a_credential_is_accounted_for() -> None:
    assert of_people() == ACCOUNTED_FOR.keys() | NO_CREDENTIAL.keys()
    assert set(ACCOUNTED_FOR.values()) <= set(access.kinds())
