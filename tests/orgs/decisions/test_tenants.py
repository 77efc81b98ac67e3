"""Which organization it is about, the caller's own row says: whoever is elsewhere is nobody."""

from typing import Any

import pytest
import structlog
from django.utils import timezone

from accounts.api.scopes import Scope
from accounts.models import User
from orgs.actor import SHELL
from orgs.flows import members, roles, teams
from orgs.models import Membership, Organization
from tests.api import Program
from tests.orgs.decisions.asking import about, ask, document, question, verdict
from tests.orgs.programs import by_service, by_sign_in, service_of
from tokens.flows import services

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("kind", ["user", "service-account", "member", "team", "organization"])
def test_what_is_elsewhere_is_answered_as_what_is_nowhere(
    shop: Program, acme: Organization, globex: Organization, alice: User, charlie: User, kind: str
) -> None:
    theirs = teams.create(organization=globex, name="Theirs", makes_admin=False, roles=[], by=SHELL)
    foreign = {
        "user": charlie.public_id,
        "service-account": service_of(globex, Scope.DECISIONS_ASK)[0].public_id,
        "member": charlie.public_id,
        "team": theirs.pk,
        "organization": globex.public_id,
    }
    nowhere = {**dict.fromkeys(foreign, NOBODY), "team": "999999999"}
    found = []
    for name in (foreign[kind], nowhere[kind]):
        if kind in ("user", "service-account"):
            found.append(ask(shop, {"type": kind, "id": str(name)}, "read", document(owner=str(name))))
        else:
            found.append(ask(shop, alice, "organization.view", f"{kind}:{name}"))
    assert found[0] == found[1]
    assert not found[0]["decision"]


def test_naming_another_organization_opens_none(shop: Program, globex: Organization, charlie: User) -> None:
    for name in (globex.slug, str(globex.public_id), "nowhere", 7, None, ["acme"], {"acme": True}):
        answer = ask(
            shop, charlie, "organization.view", "organization:globex", context={"organization": name}
        )
        assert verdict(answer) == "-organization_unknown"


def test_and_is_written_down(shop: Program, charlie: User) -> None:
    asked = question(charlie, "read", document(), context={"organization": "globex"})
    with structlog.testing.capture_logs() as lines:
        shop.post("authorize", {**asked, "evaluations": [{}, {}, {"context": {}}]})
    assert [line["questions"] for line in lines if line["event"] == "decision_elsewhere"] == [2]


def test_whoever_makes_service_accounts_may_let_them_ask(acme: Organization, bobs: Membership) -> None:
    maker = roles.create(organization=acme, name="Maker", permissions=["services.manage"], by=SHELL)
    members.change_role(membership=bobs, own_roles=[maker], by=SHELL)
    for scope, status in [("decisions.ask", 201), ("members.manage", 409)]:
        asked = {"name": scope, "scopes": [scope]}
        assert by_sign_in(bobs.user).post("orgs/acme/service-accounts", asked).status_code == status


def test_naming_ones_own_changes_nothing(shop: Program, acme: Organization, alice: User) -> None:
    for name in ("acme", str(acme.public_id)):
        answer = ask(shop, alice, "organization.close", "organization:acme", context={"organization": name})
        assert verdict(answer) == "permission"


def test_somebody_of_both_is_judged_by_what_they_are_here(
    shop: Program, globex: Organization, alice: User, charlie: User
) -> None:
    members.add(organization=globex, user=alice, role="member", by=SHELL)
    theirs = by_service(globex, Scope.DECISIONS_ASK)
    assert verdict(ask(shop, alice, "members.manage", "organization:acme")) == "permission"
    assert verdict(ask(theirs, alice, "members.manage", "organization:globex")) == "-no_policy"
    assert verdict(ask(theirs, alice, "read", document(role="owner"))) == "-no_policy"


def test_it_ends_at_once(shop: Program, acme: Organization, bobs: Membership) -> None:
    bob = bobs.user

    def view() -> str:
        return verdict(ask(shop, bob, "organization.view", "organization:acme"))

    assert view() == "permission"
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert view() == "-subject_disabled"
    User.objects.filter(pk=bob.pk).update(is_active=True, locked_at=timezone.now())
    assert view() == "-subject_disabled"
    User.objects.filter(pk=bob.pk).update(locked_at=None)
    members.pause(membership=bobs, by=SHELL)
    assert view() == "-subject_paused"
    members.remove(membership=bobs, by=SHELL)
    assert view() == "-subject_unknown"


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_with_its_organization_the_application_is_out(shop: Program, acme: Organization, status: str) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=status)
    assert shop.post("authorize", question(about_nobody(), "read", document())).status_code == 401


def about_nobody() -> dict[str, str]:
    return {"type": "user", "id": NOBODY}


def test_a_service_account_may_what_it_was_given(shop: Program, acme: Organization) -> None:
    service, _secret = service_of(acme, Scope.MEMBERS_VIEW, name="Nightly")
    subject = {"type": "service-account", "id": str(service.public_id)}
    assert verdict(ask(shop, subject, "members.view", "organization:acme")) == "permission"
    assert verdict(ask(shop, subject, "members.manage", "organization:acme")) == "-no_policy"
    assert verdict(ask(shop, subject, "read", document(owner=str(service.public_id)))) == "owner"
    services.disable(service=service, by=SHELL)
    assert verdict(ask(shop, subject, "members.view", "organization:acme")) == "-subject_disabled"


def test_an_address_names_a_member_who_has_proved_it(
    shop: Program, acme: Organization, bobs: Membership, charlie: User
) -> None:
    for name, expected in [("Bob@Example.org", "role"), (charlie.email, "-subject_unknown")]:
        subject = {"type": "user", "id": name}
        assert verdict(ask(shop, subject, "read", document(role="member"))) == expected
    bobs.user.emailaddress_set.update(verified=False)
    subject = {"type": "user", "id": "bob@example.org"}
    assert verdict(ask(shop, subject, "read", document(role="member"))) == "-subject_unknown"
    assert verdict(ask(shop, bobs.user, "read", document(owner="bob@example.org"))) == "-no_policy"


@pytest.mark.parametrize("spell", [str.upper, lambda text: f"{{{text}}}", lambda text: text.replace("-", "")])
def test_a_public_id_has_one_spelling_but_for_case(shop: Program, bobs: Membership, spell: Any) -> None:
    text = str(bobs.user.public_id)
    found = verdict(ask(shop, {"type": "user", "id": spell(text)}, "read", document(role="member")))
    assert found == ("role" if spell(text).lower() == text else "-subject_unknown")


def test_other_kinds_of_subjects_are_nobody(shop: Program, alice: User) -> None:
    subject = {**about(alice), "type": "robot"}
    assert verdict(ask(shop, subject, "read", document(owner=str(alice.public_id)))) == "-subject_unknown"


def test_without_the_scope_nothing_is_told(acme: Organization, alice: User) -> None:
    program = by_service(acme, Scope.MEMBERS_VIEW)
    answer = program.post("authorize", question(alice, "read", document()))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
