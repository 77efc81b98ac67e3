"""Who is in an organization: one of them, or a page of those that somebody looks for."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.http import Http404

from orgs import authority
from orgs.models import Grant, Membership, Organization, TeamMember


def find(organization: Organization, person: UUID) -> Membership:
    rows = authority.readable(Membership.objects.of(organization).select_related("user"))
    membership = rows.filter(user__public_id=person).first()
    if membership is None:
        raise Http404
    return membership


def filtered(organization: Organization, wanted: dict[str, Any]) -> QuerySet[Membership]:
    """`wanted` is what MemberFilterForm has cleaned."""
    rows = Membership.objects.of(organization)
    if wanted["q"]:
        rows = rows.filter(Q(user__email__icontains=wanted["q"]) | Q(user__name__icontains=wanted["q"]))
    if wanted["role"]:
        rows = rows.filter(role=wanted["role"])
    if wanted["team"]:
        rows = rows.filter(teams__team=wanted["team"])
    if wanted["state"]:
        rows = rows.filter(paused_at__isnull=wanted["state"] == "active")
    return rows


def page(
    organization: Organization, rows: QuerySet[Membership], *, after: str, size: int
) -> tuple[list[Membership], str]:
    """By address, and the address after which the next page begins; empty if there is none."""
    if after:
        rows = rows.filter(user__email__gt=after)
    found = list(with_names(organization, rows).order_by("user__email")[: size + 1])
    return found[:size], found[size - 1].user.email if len(found) > size else ""


def with_names(organization: Organization, rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """With the names of teams and roles beside each, in the same statement."""
    teams = TeamMember.objects.of(organization).filter(membership=OuterRef("pk")).order_by("team__name")
    grants = Grant.objects.of(organization).filter(membership=OuterRef("pk")).order_by("role__name")
    return rows.select_related("user").annotate(
        team_names=ArraySubquery(teams.values("team__name")),
        role_names=ArraySubquery(grants.values("role__name")),
    )
