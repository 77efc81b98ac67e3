"""Names that people choose, in mail to others."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from orgs import names
from orgs.actor import SHELL, Actor
from orgs.flows import invitations, members
from orgs.forms import name_for_strangers
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn
from tests.orgs.conftest import person, signed_in
from tests.orgs.test_invitations import invited, path, token
from tests.outbox import mails

LURE = "Account locked! Sign in at evil-login.com today"


@pytest.mark.parametrize(
    "name",
    [
        LURE,
        "mailto:help",
        "Write to tel:0190",
        "booking.com",
        "evil.com.",
        "b\u00fccher.\u65e5\u672c",
        "evil\u3002com",
        "evil\uff0ecom",
        "www.evil",
        "https://x",
    ],
)
def test_a_name_carries_no_link(name: str) -> None:
    assert names.for_strangers(name, "otherwise") == "otherwise"
    with pytest.raises(ValidationError):
        name_for_strangers(name)


@pytest.mark.parametrize(
    "name",
    [
        "Acme Inc.",
        "St. Gallen e.V.",
        "Dr. Oetker",
        "J. R. R. Tolkien",
        "J.R.R. Tolkien",
        "U.S.A.",
        "Ver. 2.10",
        "Jos\u00e9 & S\u00f6hne",
        "A: B",
    ],
)
def test_but_whatever_else_people_are_called(name: str) -> None:
    assert names.for_strangers(name, "otherwise") == name


def test_what_only_members_read_may_have_a_dot_in_it() -> None:
    assert names.is_plain("billing.worker")
    assert not names.is_plain("mailto:help")


@pytest.mark.django_db
def test_who_accepts_writes_nothing_to_the_inviter(acme: Organization, by_alice: Actor) -> None:
    dora = person("dora")
    User.objects.filter(pk=dora.pk).update(name=LURE)
    dora.refresh_from_db()
    invited(acme, by=by_alice)
    invitations.accept(invitation=invitations.find(token()), by=Actor(dora))
    mail = mails(message="organization_invitation_accepted").get()
    assert "evil-login" not in mail.text + mail.html + mail.subject
    assert "dora@example.org" in mail.text


@pytest.mark.django_db
def test_nor_does_a_new_owner_or_who_makes_one(acme: Organization, bobs: Membership, alice: User) -> None:
    User.objects.update(name=LURE)
    bobs.user.refresh_from_db()
    alice.refresh_from_db()
    members.change_role(membership=bobs, role=BuiltIn.OWNER, by=Actor(alice))
    for mail in mails():
        if mail.recipient == bobs.user.email:
            assert "evil-login" not in mail.text.replace(f"Hello {LURE}", ""), mail.message


@pytest.mark.django_db
def test_nor_an_inviter_on_the_page(acme: Organization, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(name=LURE)
    alice.refresh_from_db()
    invited(acme, by=Actor(alice))
    page = signed_in(person("dora")).get(path()).text
    assert "evil-login" not in page
    assert "alice@example.org" in page


@pytest.mark.django_db
def test_roles_are_in_the_language_of_the_reader(bobs: Membership) -> None:
    User.objects.filter(pk=bobs.user.pk).update(language="de")
    members.change_role(membership=bobs, role=BuiltIn.OWNER, by=SHELL)
    mail = mails(message="organization_role_changed").get()
    assert "Leitung" in mail.text
    assert "owner" not in mail.text
