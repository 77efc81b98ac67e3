"""Organizations at the administrators' desk."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.desk.permissions import SitePermission
from orgs.models import Membership, Organization
from tests.conftest import give_app
from tests.desk import chosen, give
from tests.orgs.conftest import person, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/orgs/organization/"


def act(client: Client, action: str, *rows: Organization) -> None:
    answer = client.post(LIST, chosen(action, *rows))
    assert answer.status_code == 302


def test_an_organization_is_made_with_its_owner(as_admin: Client, alice: User) -> None:
    answer = as_admin.post(LIST + "add/", {"name": "Acme", "slug": "acme", "owner": alice.email})
    assert answer.status_code == 302
    made = Organization.objects.get()
    assert made.is_trusted
    assert [row.user for row in Membership.objects.owners(made)] == [alice]


def test_an_owner_without_an_account_is_refused(as_admin: Client) -> None:
    answer = as_admin.post(LIST + "add/", {"name": "Acme", "slug": "acme", "owner": "nobody@example.org"})
    assert answer.status_code == 200
    assert Organization.objects.count() == 0


def test_it_is_suspended_and_resumed(as_admin: Client, acme: Organization, alice: User) -> None:
    owner = signed_in(alice)
    act(as_admin, "suspend", acme)
    assert owner.get("/orgs/acme/").status_code == 403
    act(as_admin, "resume", acme)
    assert owner.get("/orgs/acme/").status_code == 200


def test_its_page_names_owners_and_admins_once(as_admin: Client, acme: Organization, alice: User) -> None:
    page = as_admin.get(f"{LIST}{acme.pk}/change/").text
    assert "Owners and admins" in page
    assert "Memberships" not in page
    assert page.count(alice.email) == 1
    assert f"{alice.pk} in {acme.pk}" not in page
    assert str(Membership.across_organizations.get(user=alice)) == f"{alice.email} · {acme.name}"


def test_its_people_are_found_by_its_name_as_well(as_admin: Client, acme: Organization, alice: User) -> None:
    for named in (acme.slug, acme.name.upper()):
        page = as_admin.get("/admin/accounts/user/", {"organization": named}).text
        assert alice.email in page
        assert "Nothing here is called" not in page
    page = as_admin.get("/admin/accounts/user/", {"organization": "nowhere"}).text
    assert "Nothing here is called “nowhere”" in page


def test_vouching_is_given_and_taken(as_admin: Client, acme: Organization) -> None:
    act(as_admin, "stop_vouching", acme)
    assert not Organization.objects.get().is_trusted
    act(as_admin, "vouch", acme)
    assert Organization.objects.get().is_trusted


def test_a_closed_one_is_opened_again(as_admin: Client, acme: Organization) -> None:
    Organization.objects.update(status="closed")
    act(as_admin, "reopen", acme)
    assert Organization.objects.get().is_active


def test_staff_without_the_permission_find_nothing(acme: Organization) -> None:
    helper = person("helper")
    give(helper, SitePermission.PEOPLE_VIEW)
    give_app(helper)
    client = signed_in(helper)
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{acme.pk}/change/").status_code == 403
    give(helper, SitePermission.ORGANIZATIONS_VIEW)
    assert client.get(LIST).status_code == 200
    answer = client.post(LIST, chosen("suspend", acme))
    assert answer.status_code in (200, 302)
    assert Organization.objects.get().is_active


@pytest.mark.parametrize(
    "lookup", ["memberships__user__password__startswith=a", "policy__domains=x", "slug__gt=a"]
)
def test_only_what_is_offered_can_be_filtered_by(as_admin: Client, acme: Organization, lookup: str) -> None:
    assert as_admin.get(f"{LIST}?{lookup}").status_code == 400


def test_the_list_and_the_page_stay_below_ten_statements(
    as_admin: Client, acme: Organization, globex: Organization, bobs: Membership
) -> None:
    as_admin.get(LIST)
    for path in (LIST, f"{LIST}{acme.pk}/change/"):
        with CaptureQueriesContext(connection) as queries:
            assert as_admin.get(path).status_code == 200
        assert len(queries) < 10
