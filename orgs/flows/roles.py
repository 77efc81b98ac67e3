"""Roles of an organization's own. Nobody puts into one, or takes out of one, what they may not do themselves."""

from django.db import IntegrityError, transaction

from audit.actions import Action
from core.errors import Missing
from orgs.actor import Actor
from orgs.errors import AboveYourself, NameTaken
from orgs.flows.change import change, record
from orgs.models import Organization, Role
from orgs.permissions import Permission


def create(*, organization: Organization, name: str, permissions: list[str], by: Actor) -> Role:
    with change(organization, by=by, permission=Permission.ROLES_MANAGE) as held:
        if not held.covers(permissions):
            raise AboveYourself
        try:
            with transaction.atomic():
                role = Role.across_organizations.create(
                    organization=organization, name=name, permissions=sorted(permissions)
                )
        except IntegrityError as error:
            raise NameTaken from error
        record(Action.ROLE_CREATE, organization, by, target=_target(role), after=_content(role))
    return role


def edit(*, role: Role, name: str, permissions: list[str], by: Actor) -> None:
    """Counts with the next request of everybody who has it."""
    organization = role.organization
    with change(organization, by=by, permission=Permission.ROLES_MANAGE) as held:
        fresh = _fresh(role)
        if not held.covers([*fresh.permissions, *permissions]):
            raise AboveYourself
        before = _content(fresh)
        fresh.name, fresh.permissions = name, sorted(permissions)
        try:
            with transaction.atomic():
                fresh.save(update_fields=["name", "permissions"])
        except IntegrityError as error:
            raise NameTaken from error
        if before != _content(fresh):
            record(
                Action.ROLE_CHANGE,
                organization,
                by,
                target=_target(fresh),
                before=before,
                after=_content(fresh),
            )


def delete(*, role: Role, by: Actor) -> None:
    organization = role.organization
    with change(organization, by=by, permission=Permission.ROLES_MANAGE) as held:
        fresh = _fresh(role)
        if not held.covers(fresh.permissions):
            raise AboveYourself
        record(Action.ROLE_DELETE, organization, by, target=_target(fresh), before=_content(fresh))
        fresh.delete()


def as_they_are(organization: Organization, chosen: list[Role]) -> list[Role]:
    """Read while the organization is held: since the form was checked, a role may mean more, or be gone."""
    rows = Role.objects.of(organization).filter(pk__in=[role.pk for role in chosen])
    return list(rows.order_by("name"))


def _fresh(role: Role) -> Role:
    fresh = Role.objects.of(role.organization).filter(pk=role.pk).first()
    if fresh is None:
        raise Missing
    return fresh


def _target(role: Role) -> tuple[str, str]:
    return "organization-role", str(role.pk)


def _content(role: Role) -> dict[str, object]:
    return {"name": role.name, "permissions": list(role.permissions)}
