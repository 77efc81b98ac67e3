"""What programs hold, at the desk: seen without its secrets, and ended with evidence."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from core.desk.permissions import SitePermission
from orgs.actor import SHELL
from orgs.flows import organizations
from orgs.models import Organization
from tests.conftest import give_app, sign_in
from tests.desk import chosen, give
from tokens.flows import families, keys, services
from tokens.models import ApiKey, Family, ServiceAccount

pytestmark = pytest.mark.django_db
FACTS = Facts("203.0.113.7", "curl", "")
LISTS = ["tokens/family", "tokens/apikey", "tokens/serviceaccount"]


@pytest.fixture
def family(alice: User) -> Family:
    families.begin(user=alice, methods=["password"], scope="", facts=FACTS)
    return Family.objects.get(user=alice)


@pytest.fixture
def made(alice: User) -> keys.Made:
    ends = timezone.now() + timedelta(days=5)
    return keys.create(user=alice, name="deploy", scopes={"profile:read"}, expires_at=ends, facts=FACTS)


@pytest.fixture
def service(alice: User) -> ServiceAccount:
    acme: Organization = organizations.create(slug="acme", name="Acme", owner=alice, by=SHELL)
    return services.create(organization=acme, name="Nightly report", scopes=set(), by=SHELL)


def press(client: Client, path: str, action: str, row: Any) -> Any:
    return client.post(f"/admin/{path}/", chosen(action, row), follow=True)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_opens_with_few_queries(
    as_admin: Client,
    family: Family,
    made: keys.Made,
    service: ServiceAccount,
    path: str,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(10):
        assert as_admin.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("family/?q=alice@", 1),
        ("family/?q=bob@", 0),
        ("family/?state=open", 1),
        ("family/?state=reused", 0),
        ("apikey/?state=soon", 1),
        ("apikey/?state=ended", 0),
        ("apikey/?state=unused", 1),
        ("serviceaccount/?q=report", 1),
        ("serviceaccount/?organization=acme", 1),
        ("serviceaccount/?state=disabled", 0),
    ],
)
def test_they_are_found(
    as_admin: Client, family: Family, made: keys.Made, service: ServiceAccount, query: str, number: int
) -> None:
    page = as_admin.get(f"/admin/tokens/{query}")
    assert len(page.context["cl"].result_list) == number


def test_no_page_shows_a_secret(as_admin: Client, family: Family, made: keys.Made) -> None:
    for row in (family, made.key):
        path = f"/admin/tokens/{row._meta.model_name}/{row.pk}/change/"
        page = as_admin.get(path).text
        assert "alice@example.org" in page
        for secret in (family.secret, made.text, made.key.digest):
            assert secret not in page


def test_a_programs_sign_in_is_ended(as_admin: Client, admin: User, family: Family) -> None:
    press(as_admin, "tokens/family", "end", family)
    family.refresh_from_db()
    assert family.end == Family.End.SIGNED_OUT
    event = Event.objects.get(action=Action.TOKEN_END)
    assert (event.actor, event.person) == (admin.public_id, family.user.public_id)


def test_how_somebody_signed_in_is_said_in_words(as_admin: Client, alice: User, family: Family) -> None:
    Family.objects.update(methods="password totp")
    for path in ("tokens/family/", f"tokens/family/{family.pk}/change/"):
        assert "password, authenticator app" in as_admin.get(f"/admin/{path}").text
    exported = as_admin.post("/admin/tokens/family/export/", {"format": "ndjson"})
    assert b'"methods": "password totp"' in b"".join(exported.streaming_content)


def test_service_accounts_are_found_by_the_name_of_their_organization(
    as_admin: Client, service: ServiceAccount
) -> None:
    Organization.objects.update(name="Acme Lamps")
    for named in ("acme", "acme lamps"):
        assert service.name in as_admin.get("/admin/tokens/serviceaccount/", {"organization": named}).text


def test_a_key_is_ended(as_admin: Client, admin: User, made: keys.Made) -> None:
    press(as_admin, "tokens/apikey", "end", made.key)
    assert ApiKey.objects.get().end == ApiKey.End.ENDED
    assert Event.objects.get(action=Action.KEY_END).actor == admin.public_id


def test_a_service_account_is_disabled_and_enabled(as_admin: Client, service: ServiceAccount) -> None:
    for action, open_now in (("disable", False), ("enable", True)):
        press(as_admin, "tokens/serviceaccount", action, service)
        service.refresh_from_db()
        assert (service.disabled_at is None) is open_now


def test_who_only_sees_them_ends_nothing(client: Client, bob: User, family: Family, made: keys.Made) -> None:
    give(bob, SitePermission.SESSIONS_VIEW, SitePermission.KEYS_VIEW)
    give_app(bob)
    sign_in(client, bob)
    for path, row in (("tokens/family", family), ("tokens/apikey", made.key)):
        assert client.get(f"/admin/{path}/").status_code == 200
        press(client, path, "end", row)
        row.refresh_from_db()
        assert row.ended_at is None


def test_nobody_ends_what_belongs_to_somebody_above_them(client: Client, admin: User, bob: User) -> None:
    give(bob, SitePermission.SESSIONS_VIEW, SitePermission.SESSIONS_END)
    give_app(bob)
    sign_in(client, bob)
    families.begin(user=admin, methods=["password"], scope="", facts=FACTS)
    row = Family.objects.get(user=admin)
    assert "not yours to end" in press(client, "tokens/family", "end", row).text
    row.refresh_from_db()
    assert row.ended_at is None
