"""Acting in somebody's place: off unless switched on, told, limited, and never a way to more."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.impersonation.middleware import DONE, IMPERSONAL, SEEN, ImpersonationMiddleware
from accounts.models import Impersonation, RoleGrant, User
from accounts.roles.catalogue import BuiltInRole
from accounts.tasks import end_roles
from audit.actions import Action
from audit.models import Event
from orgs.models import Organization
from tests.architecture.test_urls import patterns
from tests.conftest import be, make_staff, sign_in
from tests.desk import act
from tests.outbox import mails

pytestmark = pytest.mark.django_db
HOME = "/account/"
END = "/account/impersonation/end/"


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.IMPERSONATION = True


@pytest.fixture
def helper(bob: User, client: Client) -> Client:
    """Somebody at the desk who may, and who does not own the site."""
    make_staff(bob, BuiltInRole.ADMINISTRATOR)
    be(client, bob)
    return client


@pytest.fixture
def inside(helper: Client, alice: User) -> Client:
    assert act(helper, alice, "impersonate", follow=False)["Location"] == HOME
    return helper


def test_it_is_off_unless_switched_on(helper: Client, alice: User, settings: Any) -> None:
    settings.IMPERSONATION = False
    assert "Act in their place" not in helper.get(f"/admin/accounts/user/{alice.pk}/change/").text
    act(helper, alice, "impersonate")
    assert not Impersonation.objects.exists()


def test_it_shows_what_the_person_sees_under_a_banner(inside: Client, alice: User) -> None:
    page = inside.get(HOME).text
    assert "You act in the place of Alice Arden" in page
    assert re.search(r"<h1>[^<]*Alice", page)
    assert inside.get("/account/profile/").status_code == 200


BANNER = "You act in the place of Alice Arden"


@pytest.mark.parametrize(
    "path", ["/account/keys/", "/nowhere/", "/orgs/nobodys/", "/admin/", "/admin/nowhere/"]
)
def test_the_banner_and_the_way_out_stand_on_every_page(inside: Client, path: str) -> None:
    """Also where something is refused or missing, and at the desk."""
    page = inside.get(path).text
    assert BANNER in page
    assert f'action="{END}"' in page


def test_programs_are_refused_in_their_own_way(inside: Client) -> None:
    assert inside.get("/account/keys/", headers={"accept": "application/json"}).json()["status"] == 403


def test_nothing_is_offered_that_is_refused(inside: Client, acme: Organization, alice: User) -> None:
    """The menus of the account and of an organization; each link on these pages opens."""
    EmailAddress.objects.create(user=alice, email="new@example.org", verified=False)
    for path in (HOME, "/account/sessions/", "/account/profile/", "/orgs/acme/"):
        page = inside.get(path).text
        menus = re.findall(r'<nav class="menu".*?</nav>', page, re.DOTALL)
        for link in set(re.findall(r'href="(/[^"]+)"', "".join(menus))):
            assert inside.get(link).status_code == 200, link
    for closed in ("/account/addresses/", "/account/password/change/", "/account/sessions/end"):
        for path in (HOME, "/account/sessions/", "/account/profile/", "/account/activity/"):
            assert closed not in inside.get(path).text


def test_the_colour_of_an_organization_is_seen(inside: Client, acme: Organization) -> None:
    Organization.objects.update(accent="#7a1f5c")
    assert "#7a1f5c" in inside.get("/orgs/acme/brand.css").text


def test_the_person_is_told_with_the_reason(inside: Client, alice: User) -> None:
    mail = mails(message="impersonation_begun").get()
    assert mail.recipient == alice.email
    assert "They called." in mail.text
    assert "bob@example.org" not in mail.text


def test_it_wants_a_reason_and_a_fresh_proof(helper: Client, alice: User) -> None:
    act(helper, alice, "impersonate", reason="")
    assert not Impersonation.objects.exists()


def test_every_event_carries_both(inside: Client, alice: User, bob: User) -> None:
    inside.post("/account/profile/", {"name": "Alice B. Arden", "language": "", "time_zone": ""})
    alice.refresh_from_db()
    assert alice.name == "Alice B. Arden"
    event = Event.objects.get(action=Action.PROFILE_CHANGE)
    assert (event.actor, event.person) == (bob.public_id, alice.public_id)
    assert event.data["in_place_of"] == str(alice.public_id)


def test_after_it_events_are_the_administrators_own(inside: Client, bob: User) -> None:
    inside.post(END)
    inside.post("/account/profile/", {"name": "Bob B.", "language": "", "time_zone": ""})
    event = Event.objects.get(action=Action.PROFILE_CHANGE)
    assert (event.actor, event.person) == (bob.public_id, bob.public_id)
    assert "in_place_of" not in event.data


@pytest.mark.parametrize(
    "path",
    [
        "/account/addresses/",
        "/account/password/change/",
        "/account/reauthenticate/",
        "/account/mfa/factors/",
        "/account/mfa/app/add/",
        "/account/mfa/codes/",
        "/account/keys/",
        "/account/connections/",
        "/orgs/new/",
        "/orgs/acme/settings/",
    ],
)
def test_what_keeps_or_opens_a_door_is_closed(inside: Client, acme: Organization, path: str) -> None:
    before = Event.objects.count()
    assert inside.get(path).status_code in (403, 404)
    assert inside.post(path).status_code in (403, 404)
    assert Event.objects.filter(pk__gt=0).count() <= before + 1
    assert inside.get(HOME).status_code == 200


def test_whatever_is_not_listed_is_closed(alice: User, bob: User, rf: RequestFactory) -> None:
    """By its name: also pages that the site will have later."""
    row = Impersonation(user=alice, actor=bob, ends_at=timezone.now())
    middleware = ImpersonationMiddleware(lambda request: HttpResponse())
    closed = 0
    for name, _pattern in patterns():
        if name.startswith("admin:") or name in IMPERSONAL | {"account_logout"}:
            continue
        for request in (rf.get("/"), rf.post("/")):
            vars(request)["impersonation"] = row
            request.resolver_match = SimpleNamespace(view_name=name, app_names=[])  # type: ignore[assignment]
            listed = name in (SEEN if request.method == "GET" else DONE)
            answer = middleware.process_view(request, lambda: None, (), {})
            assert (answer is None) == listed, name
            closed += answer is not None
    assert closed > 200


def test_only_the_profile_can_be_changed() -> None:
    assert {"accounts:profile"} == DONE


def test_the_desk_stays_the_administrators_own(inside: Client, bob: User, alice: User) -> None:
    assert alice.email in inside.get("/admin/accounts/user/").text


def test_its_end_leads_back_and_leaves_the_administrator_signed_in(inside: Client, alice: User) -> None:
    assert inside.post(END)["Location"] == f"/admin/accounts/user/{alice.pk}/change/"
    assert "Bob Brown" in inside.get(HOME).text
    assert Event.objects.filter(action=Action.IMPERSONATION_END).count() == 1
    assert inside.post(END)["Location"] == HOME


def test_signing_out_of_it_is_its_end(inside: Client) -> None:
    inside.post("/account/logout/")
    assert "Bob Brown" in inside.get(HOME).text


def over(inside: Client) -> bool:
    ended = "You no longer act" in inside.get(HOME, follow=True).text
    return ended and "Bob Brown" in inside.get(HOME).text


def test_its_time_ends_it(inside: Client) -> None:
    Impersonation.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert over(inside)
    assert Event.objects.filter(action=Action.IMPERSONATION_END).count() == 1


def test_the_person_ends_it_by_signing_out_everywhere(inside: Client, alice: User) -> None:
    access.revoke(alice, reason=Reason.SIGN_OUT_EVERYWHERE, actor=alice)
    assert over(inside)


def test_so_does_the_loss_of_the_permission(inside: Client) -> None:
    RoleGrant.objects.all().delete()
    assert "Alice Arden" not in inside.get(HOME, follow=True).text


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}])
def test_so_does_a_change_of_who_the_person_is(inside: Client, alice: User, change: dict[str, bool]) -> None:
    User.objects.filter(pk=alice.pk).update(**change)
    assert over(inside)


def test_so_does_the_switch(inside: Client, settings: Any) -> None:
    settings.IMPERSONATION = False
    assert over(inside)


def test_never_in_the_place_of_somebody_at_the_desk(helper: Client, charlie: User, admin: User) -> None:
    make_staff(charlie, BuiltInRole.AUDITOR)
    for user in (charlie, admin):
        act(helper, user, "impersonate")
    assert not Impersonation.objects.exists()


def test_nor_without_the_permission(client: Client, bob: User, alice: User) -> None:
    make_staff(bob, BuiltInRole.SUPPORT)
    sign_in(client, bob)
    assert act(client, alice, "impersonate").status_code == 404


def test_a_proof_of_the_administrators_is_none_of_the_persons(inside: Client, acme: Organization) -> None:
    """What asks for a fresh sign-in is closed, and what the session has proved is not the person's."""
    assert inside.get("/orgs/").status_code == 200
    assert inside.get("/orgs/acme/settings/").status_code == 403


def test_a_row_of_somebody_elses_opens_nothing(inside: Client, charlie: User, admin: User) -> None:
    """The session names a row; it has to be of whoever's session it is."""
    other = Impersonation.objects.create(
        user=charlie, actor=admin, reason="x", ends_at=timezone.now() + timedelta(minutes=5)
    )
    session = inside.session
    session["impersonation"] = other.pk
    session.save()
    assert over(inside)


def test_one_that_runs_out_without_another_click_is_written_down(inside: Client) -> None:
    Impersonation.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    end_roles()
    end_roles()
    assert Event.objects.filter(action=Action.IMPERSONATION_END).count() == 1
