"""Nobody sees another organization's rows, and the database knows it as well."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from accounts.models import User
from orgs.actor import SHELL, Actor
from orgs.flows import roles, teams
from orgs.managers import ScopedManager, Unscoped
from orgs.models import Grant, Invitation, Membership, Organization, Policy, TeamMember, TenantModel
from tests.orgs.conftest import join

# Each with the reason why it looks across organizations.
ACROSS = {
    "orgs/models.py": "declares it",
    "orgs/admin.py": "counts members for those who run the site",
    "orgs/forms.py": "an empty choice until the form knows its organization",
    "orgs/authority.py": "a part of a statement that is tied to the organization of the row outside",
    "orgs/rules.py": "all organizations of one person govern their sign-in",
    "orgs/stages.py": "those that a sign-in was refused by, named in its own session",
    "orgs/flows/organizations.py": "makes the first rows of a new one",
    "orgs/flows/members.py": "inserts, with the organization named",
    "orgs/flows/invitations.py": "inserts, with the organization named",
    "orgs/flows/roles.py": "inserts, with the organization named",
    "orgs/flows/provisioned.py": "inserts, with the organization named",
    "sso/enterprise/connections.py": "inserts, with the organization named",
    "identity/local/bench/saml_seed.py": "fills a database of its own",
    "sso/enterprise/routes.py": "which domains anywhere take no other way",
    "sso/models.py": "names it as the manager that Django itself uses",
    "sso/enterprise/upkeep.py": "looks after all of them, on its own time",
    "sso/management/commands/sso_connection.py": "lists all, for whoever runs the site",
    "orgs/flows/teams.py": "inserts, with the organization named",
    "tokens/flows/services.py": "a leaked secret is all that is known of where it belongs; those that end soon, of all",
    "tokens/flows/client_sign_in.py": "who asks for a token says its own name, and proves it",
    "tokens/retention.py": "what is over is deleted everywhere",
    "orgs/desk.py": "the desk: to which organizations a role reaches, and the page of a person",
    "tokens/desk.py": "the desk: how service accounts in the log are called",
    "sso/figures.py": "the desk: whose certificates end soon, for those who run the site",
}
# Tables of other apps that only name an organization, as a public id and not as a row.
NOT_TENANTS = {"audit.Event"}


def tenant_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if any(field.related_model is Organization for field in model._meta.concrete_fields)
    ]


def links() -> Iterator[tuple[str, str]]:
    """Table and column, wherever a tenant's row points to another tenant's row."""
    tenants = tenant_models()
    for model in tenants:
        for field in model._meta.concrete_fields:
            if field.related_model in tenants:
                yield model._meta.db_table, field.column


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model.__name__)
def test_a_model_with_an_organization_is_scoped(model: type[models.Model]) -> None:
    assert issubclass(model, TenantModel)
    assert isinstance(model.objects, ScopedManager)
    with pytest.raises(Unscoped):
        model.objects.all()
    with pytest.raises(Unscoped):
        model.objects.filter(pk=1)


def test_an_unscoped_model_would_be_found() -> None:
    assert not isinstance(models.Manager(), ScopedManager)
    assert {Membership, Policy, Grant, Invitation, TeamMember} <= set(tenant_models())


def test_only_these_look_across_organizations() -> None:
    found = {
        path.relative_to(settings.ROOT).as_posix()
        for folder in ("core", "audit", "accounts", "orgs", "sso", "mfa", "tokens", "oauth", "identity")
        for path in (settings.ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and "across_organizations" in path.read_text()
    }
    assert found == ACROSS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "column"), list(links()))
def test_a_link_between_tenants_is_a_key_over_both_columns(table: str, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
            [table],
        )
        keys = [row[0] for row in cursor.fetchall()]
    assert any(re.search(rf"\(organization_id, {column}\)", key) for key in keys), keys


@pytest.mark.django_db(transaction=True)
def test_rows_of_two_organizations_cannot_be_joined(
    acme: Organization, globex: Organization, bobs: Membership, by_alice: Actor
) -> None:
    theirs = teams.create(organization=globex, name="Theirs", makes_admin=True, roles=[], by=SHELL)
    role = roles.create(organization=globex, name="Boss", permissions=[], by=SHELL)
    for row in (
        TeamMember(organization=acme, team=theirs, membership=bobs),
        TeamMember(organization=globex, team=theirs, membership=bobs),
        Grant(organization=acme, role=role, membership=bobs),
        Grant(organization=globex, role=role, membership=bobs),
    ):
        with pytest.raises(IntegrityError, match="same_organization"), transaction.atomic():
            row.save()


@pytest.mark.django_db(transaction=True)
def test_an_organization_cannot_lose_its_last_owner_in_the_database_either(acme: Organization) -> None:
    owner = Membership.objects.owners(acme)
    for change in ({"role": "admin"}, {"paused_at": "2026-01-01T00:00:00Z"}):
        with pytest.raises(IntegrityError, match="without an owner"), transaction.atomic():
            owner.update(**change)
    with pytest.raises(IntegrityError, match="without an owner"), transaction.atomic():
        owner.delete()
    acme.delete()
    assert not Membership.across_organizations.exists()


@pytest.mark.django_db
def test_a_person_with_a_membership_cannot_be_deleted_by_the_way(acme: Organization, alice: User) -> None:
    with pytest.raises(models.ProtectedError):
        alice.delete()
    assert join(acme, User.objects.create_user("eve@example.org", None)).pk
