"""What is asked before several rows of a list are acted on: it names each of them, and whose it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import Role, RoleGrant, Session, User
from accounts.roles.catalogue import BuiltInRole
from core.client import Facts
from core.models import OutboxMessage
from mfa.flows import reset
from mfa.models import FactorReset
from orgs.models import Organization
from tests.conftest import be, give_app
from tests.desk import chosen, give
from tokens.flows import families, keys
from tokens.models import ApiKey, Family

pytestmark = pytest.mark.django_db
ROLES = "/admin/accounts/role/"
FACTS = Facts("203.0.113.7", "Firefox on Linux", "")


def asked(desk: Client, path: str, action: str, *rows: Model) -> str:
    page: str = desk.post(path, chosen(action, *rows, confirmed=[])).text
    return page


@pytest.fixture
def helpers(db: Any) -> Role:
    return Role.objects.create(name="Helpers")  # type: ignore[return-value]


def test_roles_that_stay_are_not_among_those_that_go(as_admin: Client, helpers: Role) -> None:
    going, _stay, staying = asked(as_admin, ROLES, "remove", *Role.objects.all()).partition("These stay")
    assert "<li>Helpers</li>" in going
    assert "Administrator</li>" not in going
    assert staying.count("<li>") == len(BuiltInRole)


def test_they_stay_without_a_word_about_anybody(as_admin: Client, helpers: Role) -> None:
    said = as_admin.post(ROLES, chosen("remove", *Role.objects.all()), follow=True).text
    assert "Done for 1 of them" in said
    assert "account" not in said.partition("messagelist")[2].partition("</ul>")[0]
    assert Role.objects.count() == len(BuiltInRole)


def test_where_nothing_would_be_done_there_is_no_button(as_admin: Client, db: Any) -> None:
    page = asked(as_admin, ROLES, "remove", *Role.objects.all())
    assert "button-danger" not in page
    assert "Auditor</li>" in page


def test_given_roles_name_who_has_them_and_where(
    as_admin: Client, alice: User, bob: User, acme: Organization
) -> None:
    given = [give(alice, role=BuiltInRole.AUDITOR), give(bob, role=BuiltInRole.AUDITOR)]
    given.append(give(bob, role=BuiltInRole.SUPPORT, organization=acme.public_id))
    page = asked(as_admin, "/admin/accounts/rolegrant/", "take", *RoleGrant.objects.all())
    assert len(given) == page.count("example.org): ")
    assert "<li>Alice Arden (alice@example.org): Auditor</li>" in page
    assert "<li>Bob Brown (bob@example.org): Support, only for Acme Lamps</li>" in page


def test_sessions_name_whose_they_are_and_since_when(as_admin: Client, alice: User) -> None:
    be(Client(), alice)
    Session.objects.update(device="Firefox on Linux", address="127.0.0.1")
    page = asked(as_admin, "/admin/accounts/session/", "end", *Session.objects.filter(user=alice))
    assert "<li>Alice Arden (alice@example.org): Firefox on Linux, 127.0.0.1, since " in page


def test_so_do_sign_ins_of_programs_and_keys(as_admin: Client, alice: User) -> None:
    families.begin(user=alice, methods=["password"], scope="", facts=FACTS)
    ends = timezone.now() + timedelta(days=5)
    made = keys.create(user=alice, name="deploy", scopes={"profile:read"}, expires_at=ends, facts=FACTS)
    page = asked(as_admin, "/admin/tokens/family/", "end", *Family.objects.all())
    assert "<li>Alice Arden (alice@example.org): Firefox on Linux, 203.0.113.7, since " in page
    page = asked(as_admin, "/admin/tokens/apikey/", "end", *ApiKey.objects.all())
    assert f"<li>Alice Arden (alice@example.org): deploy, {made.key.hint}…</li>" in page


def test_so_do_resets(as_admin: Client, admin: User, alice: User) -> None:
    give_app(alice)
    reset.ask(user=alice, actor=admin, reason="Lost it.", facts=FACTS)
    page = asked(as_admin, "/admin/mfa/factorreset/", "withdraw", *FactorReset.objects.all())
    assert "<li>Alice Arden (alice@example.org): asked for by admin@example.org, " in page


def test_mails_are_named_as_their_reader_knows_them(as_admin: Client) -> None:
    mail = OutboxMessage.objects.create(
        message="role_given", recipient="alice@example.org", subject="You have a new role", text="x", html=""
    )
    page = asked(as_admin, "/admin/core/outboxmessage/", "resend", mail)
    assert "<li>alice@example.org: You have a new role, " in page
    assert "role_given" not in page
