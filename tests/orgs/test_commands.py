"""`manage.py org …`"""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.actions import Action, ActorKind
from audit.models import Event
from identity.management.commands.seed_demo import PASSWORD as DEMO_PASSWORD
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from tests.conftest import sign_in
from tests.outbox import mails

pytestmark = pytest.mark.django_db


def org(*args: str) -> str:
    said = StringIO()
    call_command("org", *args, stdout=said)
    return said.getvalue()


def test_it_adds_one_that_the_site_vouches_for(alice: User) -> None:
    org("add", "acme", "--name", "Acme Lamps", "--owner", alice.email)
    made = Organization.objects.get()
    assert (made.slug, made.name, made.is_trusted) == ("acme", "Acme Lamps", True)
    assert [row.user for row in Membership.objects.owners(made)] == [alice]
    event = Event.objects.of_action(Action.ORGANIZATION_CREATE).get()
    assert (event.actor_kind, event.organization) == (ActorKind.SYSTEM, made.public_id)


def test_without_an_owner_it_says_how_to_get_one() -> None:
    assert "--role owner" in org("add", "acme")
    assert Organization.objects.get().name == "acme"


def test_a_member_is_added_and_later_made_owner(acme: Organization, bob: User) -> None:
    org("add-member", "acme", bob.email)
    assert Membership.objects.of(acme).get(user=bob).role == BuiltIn.MEMBER
    assert mails(message="organization_joined", recipient=bob.email).count() == 1
    org("add-member", "acme", bob.email, "--role", "owner")
    assert Membership.objects.of(acme).get(user=bob).role == BuiltIn.OWNER


def test_it_lists_suspends_and_resumes(acme: Organization, alice: User) -> None:
    assert json.loads(org("list", "--json")) == [
        {"slug": "acme", "name": "Acme Lamps", "status": "active", "members": 1}
    ]
    org("suspend", "acme")
    assert "suspended" in org("list")
    assert mails(message="organization_suspended", recipient=alice.email).count() == 1
    assert "nothing was changed" in org("suspend", "acme")
    org("resume", "acme")
    assert Organization.objects.get().is_active


@pytest.mark.parametrize(
    "wrong",
    [
        ("add", "Not A Slug"),
        ("add", "acme"),
        ("add", "new"),
        ("add", "fresh", "--owner", "nobody@example.org"),
        ("suspend", "nowhere"),
        ("resume", "nowhere"),
        ("add-member", "acme", "nobody@example.org"),
        ("add-member", "acme", "alice@example.org", "--role", "member"),
        ("add-member", "acme", "alice@example.org", "--role", "king"),
        (),
    ],
)
def test_what_makes_no_sense_fails_and_changes_nothing(acme: Organization, wrong: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        org(*wrong)
    assert Organization.objects.count() == 1
    assert Membership.objects.owners(acme).count() == 1


def test_the_demo_has_an_organization_and_keeps_it(settings: Any, client: Any) -> None:
    settings.DEBUG = True
    for _ in range(2):
        call_command("seed_demo", stdout=StringIO())
    assert Organization.objects.get().slug == "acme"
    sign_in(client, User.objects.get(email="bob@example.org"), DEMO_PASSWORD)
    assert client.get("/orgs/acme/invitations/").status_code == 200
    sign_in(client, User.objects.get(email="charlie@example.org"), DEMO_PASSWORD)
