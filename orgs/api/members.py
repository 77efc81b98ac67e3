"""Who belongs to an organization, and what they may do in it."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from core.api.fields import Choice, Figures, Input, Output, Text, invalid_form
from core.api.problems import Invalid
from orgs import actor, authority, roster
from orgs.api.door import inside
from orgs.api.fields import AfterQuery, Named, Numbers
from orgs.door import Place
from orgs.errors import AboveYourself, LastOwner
from orgs.flows import members
from orgs.forms import MemberFilterForm
from orgs.models import Grant, Membership, Organization, Role, TeamMember
from orgs.permissions import BuiltIn, Permission


class Shared(Output):
    sample: ClassVar = {"paused": False}

    id = serializers.UUIDField(help_text="Of the person.")
    name = serializers.CharField(allow_blank=True)
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=BuiltIn.choices)
    paused = serializers.BooleanField()
    joined_at = serializers.DateTimeField()


class Member(Shared):
    own_roles = serializers.ListField(child=serializers.CharField(), help_text="Names.")
    teams = serializers.ListField(child=serializers.CharField(), help_text="Names.")


class Members(Output):
    sample: ClassVar = {"total": 1, "next": None}

    members = Member(many=True)
    total = serializers.IntegerField()
    next = serializers.CharField(allow_null=True, help_text="For `after`, to get the page after this one.")


class MemberFacts(Shared):
    own_roles = Named(many=True)
    teams = Named(many=True)
    permissions = serializers.ListField(child=serializers.CharField())


class MembersQuery(AfterQuery):
    q = Text(required=False, max_length=100, help_text="Part of the name or of the address.")
    role = Choice(required=False, choices=BuiltIn.choices)
    team = Figures(required=False, min_value=1)
    state = Choice(required=False, choices=["active", "paused"])


class RolesInput(Input):
    samples: ClassVar = {"Request": {"role": "admin", "own_roles": [30]}}

    role = Choice(required=False, choices=BuiltIn.choices)
    own_roles = Numbers(required=False, help_text="All that they are to have.")


class MembersView(Endpoint):
    @inside("See who is a member", Permission.MEMBERS_VIEW, query=MembersQuery, gives=Members)
    def get(self, request: ApiRequest, place: Place, query: dict[str, Any]) -> dict[str, Any]:
        """By address, a hundred to a page at most."""
        form = MemberFilterForm(query, organization=place.organization)
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        rows = roster.filtered(place.organization, form.cleaned_data)
        found, last = roster.page(
            place.organization, rows, after=query.get("after", ""), size=int(query["limit"])
        )
        return {"members": [_listed(row) for row in found], "total": rows.count(), "next": last or None}


class MemberView(Endpoint):
    @inside("See a member", Permission.MEMBERS_VIEW, gives=MemberFacts)
    def get(self, request: ApiRequest, place: Place, person: UUID) -> dict[str, Any]:
        return _member(roster.find(place.organization, person))

    @inside(
        "Change the roles of a member",
        Permission.MEMBERS_MANAGE,
        fresh=True,
        takes=RolesInput,
        gives=MemberFacts,
        refuses=[AboveYourself, LastOwner],
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any], person: UUID) -> dict[str, Any]:
        """What is left out stays as it is. Nobody gives what they may not do themselves."""
        chosen = _roles(place.organization, data["own_roles"]) if "own_roles" in data else None
        members.change_role(
            membership=roster.find(place.organization, person),
            role=data.get("role"),
            own_roles=chosen,
            by=actor.program(request),
        )
        return _member(roster.find(place.organization, person))

    @inside(
        "Remove a member",
        Permission.MEMBERS_MANAGE,
        fresh=True,
        status=204,
        refuses=[AboveYourself, LastOwner],
    )
    def delete(self, request: ApiRequest, place: Place, person: UUID) -> None:
        """With what they hold there."""
        members.remove(membership=roster.find(place.organization, person), by=actor.program(request))


class Pause(Endpoint):
    @inside(
        "Pause a member's access",
        Permission.MEMBERS_MANAGE,
        gives=MemberFacts,
        refuses=[AboveYourself, LastOwner],
    )
    def post(self, request: ApiRequest, place: Place, person: UUID) -> dict[str, Any]:
        """They are out with their next request, and lose nothing."""
        members.pause(membership=roster.find(place.organization, person), by=actor.program(request))
        return _member(roster.find(place.organization, person))


class Resume(Endpoint):
    @inside(
        "Give a member access again",
        Permission.MEMBERS_MANAGE,
        gives=MemberFacts,
        refuses=[AboveYourself],
    )
    def post(self, request: ApiRequest, place: Place, person: UUID) -> dict[str, Any]:
        members.resume(membership=roster.find(place.organization, person), by=actor.program(request))
        return _member(roster.find(place.organization, person))


def _roles(organization: Organization, numbers: list[int]) -> list[Role]:
    found = list(Role.objects.of(organization).filter(pk__in=numbers))
    if len(found) != len(set(numbers)):
        raise Invalid.field("own_roles", "invalid_choice", _("Not all of these are there."))
    return found


def _listed(membership: Membership) -> dict[str, Any]:
    known = vars(membership)
    return {
        **_shared(membership),
        "own_roles": known["role_names"],
        "teams": known["team_names"],
    }


def _member(membership: Membership) -> dict[str, Any]:
    here = membership.organization
    roles = Grant.objects.of(here).filter(membership=membership).order_by("role__name")
    teams = TeamMember.objects.of(here).filter(membership=membership).order_by("team__name")
    return {
        **_shared(membership),
        "own_roles": [{"id": pk, "name": name} for pk, name in roles.values_list("role", "role__name")],
        "teams": [{"id": pk, "name": name} for pk, name in teams.values_list("team", "team__name")],
        "permissions": authority.spelled(authority.of(membership).permissions),
    }


def _shared(membership: Membership) -> dict[str, Any]:
    return {
        "id": membership.user.public_id,
        "name": membership.user.name,
        "email": membership.user.email,
        "role": membership.role,
        "paused": membership.paused_at is not None,
        "joined_at": membership.joined_at,
    }
