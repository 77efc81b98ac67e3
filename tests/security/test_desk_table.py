"""Role × page of the desk × action × status: every list, form, export and button there is, for every role.

Whoever adds a list or a button adds a line here; a line says whom it is for, and the roles follow.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin as django_admin
from django.db import models
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.desk import acts
from accounts.flows import provision
from accounts.models import BulkJob, Impersonation, Invitation, Lock, Role, RoleGrant, Session, User
from accounts.roles.catalogue import OF_BUILT_IN, BuiltInRole
from audit import log
from audit.actions import Action
from audit.models import SavedExport
from core.desk.permissions import EVERYTHING, SitePermission
from core.models import OutboxMessage
from mfa.models import FactorReset
from orgs.actor import SHELL
from orgs.models import Organization
from sso.enterprise import connections
from tests.accounts.desk.conftest import acme  # noqa: F401 - a fixture
from tests.conftest import be, give_app, taken_back
from tests.desk import chosen, give
from tokens.models import ApiKey, Family, ServiceAccount

pytestmark = pytest.mark.django_db
P = SitePermission
NOBODY = None


@dataclass(frozen=True)
class Desk:
    """Whom each part of a list is for; None: for nobody, not even an owner."""

    sees: SitePermission
    adds: SitePermission | None = None
    changes: SitePermission | None = None
    actions: dict[str, SitePermission] = field(default_factory=dict)
    # Further pages, by the end of their URL name: by GET unless it begins with a star.
    pages: dict[str, SitePermission] = field(default_factory=dict)


MANY = {
    "end-access": P.PEOPLE_SECURE,
    "require-password": P.PEOPLE_SECURE,
    "require-proof-of-address": P.PEOPLE_SECURE,
    "disable": P.PEOPLE_DISABLE,
    "enable": P.PEOPLE_DISABLE,
    "give-role": P.ROLES_GIVE,
    "take-role-of-many": P.ROLES_GIVE,
}
OF_ORGANIZATION = ("suspend", "resume", "vouch", "stop_vouching", "reopen")
DESKS: dict[str, Desk] = {
    "accounts.User": Desk(P.PEOPLE_VIEW, actions=MANY, pages={"why": P.ROLES_VIEW}),
    "accounts.Session": Desk(P.SESSIONS_VIEW, actions={"end": P.SESSIONS_END}),
    "accounts.Lock": Desk(P.PEOPLE_VIEW, actions={"end": P.PEOPLE_HELP}),
    "accounts.Invitation": Desk(P.PEOPLE_VIEW, P.PEOPLE_INVITE, actions={"withdraw": P.PEOPLE_INVITE}),
    "accounts.Role": Desk(
        P.ROLES_VIEW,
        P.ROLES_MANAGE,
        P.ROLES_MANAGE,
        actions={"remove": P.ROLES_MANAGE},
        pages={"matrix": P.ROLES_VIEW},
    ),
    "accounts.RoleGrant": Desk(P.ROLES_VIEW, actions={"take": P.ROLES_GIVE}),
    "accounts.Impersonation": Desk(P.ROLES_VIEW),
    "accounts.BulkJob": Desk(P.PEOPLE_BULK, pages={"*stop": P.PEOPLE_BULK, "*resume": P.PEOPLE_BULK}),
    "core.OutboxMessage": Desk(P.MAILS_VIEW, actions={"resend": P.MAILS_RESEND}),
    "audit.Event": Desk(P.EVENTS_VIEW, pages={"*verify": P.EVENTS_VERIFY}),
    "audit.SavedExport": Desk(P.LISTS_EXPORT, actions={"run": P.LISTS_EXPORT, "drop": P.LISTS_EXPORT}),
    "tokens.Family": Desk(P.SESSIONS_VIEW, actions={"end": P.SESSIONS_END}),
    "tokens.ApiKey": Desk(P.KEYS_VIEW, actions={"end": P.KEYS_END}),
    "tokens.ServiceAccount": Desk(P.KEYS_VIEW, actions=dict.fromkeys(("disable", "enable"), P.KEYS_END)),
    "orgs.Organization": Desk(
        P.ORGANIZATIONS_VIEW,
        P.ORGANIZATIONS_MANAGE,
        actions=dict.fromkeys(OF_ORGANIZATION, P.ORGANIZATIONS_MANAGE),
    ),
    "sso.Connection": Desk(
        P.CONNECTIONS_VIEW,
        P.CONNECTIONS_MANAGE,
        P.CONNECTIONS_MANAGE,
        actions=dict.fromkeys(("confirm", "roll_keys", "remove"), P.CONNECTIONS_MANAGE),
    ),
    "socialaccount.SocialAccount": Desk(P.PEOPLE_VIEW),
    "mfa.FactorReset": Desk(
        P.PEOPLE_VIEW,
        P.FACTORS_RESET,
        actions={"confirm": P.FACTORS_CONFIRM, "withdraw": P.FACTORS_RESET},
    ),
}
# On the page of a person, by name.
ACTS: dict[str, SitePermission] = {
    **MANY,
    "unlock": P.PEOPLE_HELP,
    "send-verification": P.PEOPLE_HELP,
    "send-reset": P.PEOPLE_HELP,
    "resend": P.MAILS_RESEND,
    "end-sign-in": P.SESSIONS_END,
    "end-key": P.KEYS_END,
    "compromised": P.PEOPLE_SECURE,
    "take-role": P.ROLES_GIVE,
    "make-owner": P.ROLES_GIVE,
    "unmake-owner": P.ROLES_GIVE,
    "impersonate": P.PEOPLE_IMPERSONATE,
    "export-events": P.PEOPLE_EXPORT,
    "reset-factors": P.FACTORS_RESET,
}
ROLES: dict[str, frozenset[SitePermission]] = {
    **{role.value: held for role, held in OF_BUILT_IN.items()},
    "owner": EVERYTHING,
    "somebody at the desk who may do one thing": frozenset({P.DASHBOARD_VIEW}),
}
Pages = dict[str, models.Model]


@pytest.fixture
def rows(acme: Organization, alice: User, admin: User) -> Pages:  # noqa: F811
    """One of everything, none of which belongs to the desk itself."""
    soon = timezone.now() + timedelta(hours=1)
    own_role: Any = Role.objects.create(name="Night shift")
    made = [
        alice,
        own_role,
        acme,
        Session.objects.create(session_key="a" * 64, session_data="", expire_date=soon, user=alice),
        Lock.objects.create(username="x", ip_address="203.0.113.7", failures_since_start=9),
        Invitation.objects.create(email="new@example.org", link_digest="b" * 64, expires_at=soon),
        RoleGrant.objects.create(user=provision.create_person(email="x@example.org"), role=own_role),
        Impersonation.objects.create(user=alice, actor=admin, reason="x", ends_at=soon),
        BulkJob.objects.create(act="disable", asked_by=admin, total=0),
        OutboxMessage.objects.create(message="x", recipient=alice.email, subject="x", text="x", html="x"),
        log.record(Action.SIGN_IN, person=alice.public_id),
        connections.create(organization=acme, slug="acme-id", name="Acme ID", by=SHELL),
        SocialAccount.objects.create(user=alice, provider="x", uid="1", extra_data={}),
        SavedExport.objects.create(name="x", filters={}, format="csv", made_by=admin.public_id),
        Family.objects.create(user=alice, expires_at=soon),
        ApiKey.objects.create(user=alice, name="x", hint="x", digest="c" * 64, scope="", expires_at=soon),
        ServiceAccount.across_organizations.create(organization=acme, name="x"),
        FactorReset.objects.create(user=alice, asked_by=admin, reason="x", hold_until=soon),
    ]
    return {row._meta.label: row for row in made}


def somebody(role: str) -> User:
    user = provision.create_person(email="somebody@example.org", administrator=role == "owner")
    if role in BuiltInRole.values:
        give(user, role=BuiltInRole(role))
    elif role != "owner":
        give(user, *ROLES[role])
    give_app(user)
    return user


@dataclass(frozen=True)
class Visit:
    name: str
    needs: tuple[SitePermission | None, ...]
    ask: Callable[[Client], Any]
    # What shows that it was let through. Somebody else gets 403 or 404, or a page on which nothing has happened.
    opens: Callable[[Any], bool] = lambda answer: answer.status_code in (200, 302)


def visits(rows: Pages) -> Iterator[Visit]:
    for label, desk in DESKS.items():
        opts = rows[label]._meta
        base = f"admin:{opts.app_label}_{opts.model_name}"
        yield from of_list(label, desk, base, rows[label])
        yield from of_actions(label, desk, base, rows[label])
    yield from of_person(rows["accounts.User"])


def of_list(label: str, desk: Desk, base: str, row: models.Model) -> Iterator[Visit]:
    one = [row.pk]
    yield Visit(f"{label} list", (desk.sees,), get(f"{base}_changelist"))
    yield Visit(f"{label} add", (desk.adds,), get(f"{base}_add"))
    yield Visit(f"{label} row", (desk.sees,), get(f"{base}_change", one))
    yield Visit(f"{label} change", (desk.sees, desk.changes), post(f"{base}_change", one, {}))
    yield Visit(f"{label} delete", (NOBODY,), post(f"{base}_delete", one, {"post": "yes"}))
    yield Visit(f"{label} export", (desk.sees, P.LISTS_EXPORT), post(f"{base}_export", [], {"format": "csv"}))
    for name, needed in desk.pages.items():
        ask = post if name.startswith("*") else get
        arguments = [] if name in ("matrix", "*verify") else one
        yield Visit(f"{label} {name}", (desk.sees, needed), ask(f"{base}_{name.lstrip('*')}", arguments))


def of_actions(label: str, desk: Desk, base: str, row: models.Model) -> Iterator[Visit]:
    """Asked for without confirming it: then a page says what will happen, or there is no such action."""
    many = (P.PEOPLE_BULK,) if label == "accounts.User" else ()
    for name, needed in desk.actions.items():
        sent = {key: value for key, value in chosen(name, row).items() if key != "confirmed"}
        yield Visit(
            f"{label} {name}",
            (desk.sees, needed, *many),
            post(f"{base}_changelist", [], sent),
            opens=lambda answer: answer.status_code == 200 and b'name="confirmed"' in answer.content,
        )


def of_person(alice: models.Model) -> Iterator[Visit]:
    for name, needed in ACTS.items():
        page = get("admin:accounts_user_act", [alice.pk, name])
        yield Visit(f"person {name}", (P.PEOPLE_VIEW, needed), page)


def get(name: str, arguments: Any = ()) -> Callable[[Client], Any]:
    return lambda client: client.get(reverse(name, args=arguments))


def post(name: str, arguments: Any = (), sent: Any = None) -> Callable[[Client], Any]:
    return lambda client: client.post(reverse(name, args=arguments), sent or {})


def expected(visit: Visit, held: frozenset[SitePermission]) -> bool:
    return all(needed is not NOBODY and needed in held for needed in visit.needs)


@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_opens_what_it_says_and_nothing_else(role: str, rows: Pages) -> None:
    client, wrong = Client(), {}
    be(client, somebody(role))
    for visit in visits(rows):
        with taken_back():
            answer = visit.ask(client)
            opened = visit.opens(answer)
            # Whoever may look but not act is answered with the list, on which nothing has happened.
            refused = not opened and answer.status_code in (200, 302, 403, 404)
            if opened != expected(visit, ROLES[role]) or not (opened or refused):
                wrong[visit.name] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("who", ["nobody", "a person without a role", "a role whose time is over"])
def test_without_a_role_nothing_opens(who: str, rows: Pages, charlie: User) -> None:
    client = Client()
    if who == "a role whose time is over":
        give(charlie, role=BuiltInRole.ADMINISTRATOR, ends_at=timezone.now() - timedelta(seconds=1))
        give_app(charlie)
    if who != "nobody":
        be(client, charlie)
    for visit in visits(rows):
        answer = visit.ask(client)
        assert answer.status_code in (302, 403), visit.name
        assert answer.status_code == 403 or "login" in answer["Location"], visit.name


def test_every_list_has_a_line() -> None:
    assert DESKS.keys() == {model._meta.label for model in django_admin.site._registry}


@pytest.mark.parametrize(("model", "listed"), list(django_admin.site._registry.items()))
def test_every_button_and_page_of_a_list_is_in_its_line(
    model: type[models.Model], listed: Any, admin: User, rf: Any
) -> None:
    line, asked = DESKS[model._meta.label], rf.get("/")
    asked.user = admin
    assert set(listed.get_actions(asked)) == line.actions.keys()
    base = f"{model._meta.app_label}_{model._meta.model_name}_"
    usual = {"changelist", "add", "change", "delete", "history", "export", "act"}
    names = {
        entry.name.removeprefix(base)
        for entry in listed.get_urls()
        if isinstance(entry, URLPattern) and entry.name
    }
    assert names - usual == {name.lstrip("*") for name in line.pages}


def test_every_act_upon_a_person_is_in_the_table() -> None:
    assert {act.name: act.needs for act in acts.every()} == ACTS
