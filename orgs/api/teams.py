"""Teams of an organization. Who is in one, the list of members says that is asked for its team."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from core.api.fields import Flag, Input, Output, Text, invalid_form
from core.errors import Missing
from orgs import actor, authority, roster
from orgs.api.door import inside
from orgs.api.fields import Named, Numbers
from orgs.door import Place
from orgs.errors import AboveYourself, NameTaken
from orgs.flows import teams
from orgs.forms import TeamForm
from orgs.models import Grant, Organization, Team
from orgs.permissions import Permission


class TeamFacts(Output):
    sample: ClassVar = {"name": "Platform", "makes_admin": False}

    id = serializers.IntegerField()
    name = serializers.CharField()
    makes_admin = serializers.BooleanField(help_text="Whether its members are admins.")
    roles = Named(many=True, help_text="Of its members.")
    size = serializers.IntegerField()


class TeamInput(Input):
    samples: ClassVar = {
        "Request": {"name": "Platform"},
        "With roles": {"name": "Platform", "makes_admin": False, "roles": [30]},
    }

    name = Text(max_length=60)
    makes_admin = Flag(default=False)
    roles = Numbers(required=False)


class Teams(Endpoint):
    @inside("See the teams", Permission.ORGANIZATION_VIEW, gives=TeamFacts, many=True)
    def get(self, request: ApiRequest, place: Place) -> list[dict[str, Any]]:
        return [_team(team) for team in _rows(place.organization).order_by("name")]

    @inside(
        "Make a team",
        Permission.TEAMS_MANAGE,
        takes=TeamInput,
        gives=TeamFacts,
        status=201,
        refuses=[AboveYourself, NameTaken],
    )
    def post(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        chosen = _checked(place.organization, data)
        made = teams.create(organization=place.organization, by=actor.program(request), **chosen)
        return _team(_find(place, made.pk))


class TeamView(Endpoint):
    @inside("See a team", Permission.ORGANIZATION_VIEW, gives=TeamFacts)
    def get(self, request: ApiRequest, place: Place, team: int) -> dict[str, Any]:
        return _team(_find(place, team))

    @inside(
        "Change a team",
        Permission.TEAMS_MANAGE,
        takes=TeamInput,
        gives=TeamFacts,
        refuses=[AboveYourself, NameTaken],
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any], team: int) -> dict[str, Any]:
        """What is left out stays as it is."""
        found = _find(place, team)
        held = [role["id"] for role in vars(found)["held"]]
        present = {"name": found.name, "makes_admin": found.makes_admin, "roles": held}
        chosen = _checked(place.organization, {**present, **data}, found)
        teams.edit(team=found, by=actor.program(request), **chosen)
        return _team(_find(place, team))

    @inside("Delete a team", Permission.TEAMS_MANAGE, status=204, refuses=[AboveYourself])
    def delete(self, request: ApiRequest, place: Place, team: int) -> None:
        """Its people stay members, without what the team brought."""
        teams.delete(team=_find(place, team), by=actor.program(request))


class TeamMemberView(Endpoint):
    @inside(
        "Put a member into a team",
        Permission.TEAMS_MANAGE,
        status=204,
        refuses=[AboveYourself],
    )
    def put(self, request: ApiRequest, place: Place, team: int, person: UUID) -> None:
        membership = roster.find(place.organization, person)
        teams.add_member(team=_find(place, team), membership=membership, by=actor.program(request))

    @inside("Take a member out of a team", Permission.TEAMS_MANAGE, status=204, refuses=[AboveYourself])
    def delete(self, request: ApiRequest, place: Place, team: int, person: UUID) -> None:
        membership = roster.find(place.organization, person)
        if not teams.remove_member(team=_find(place, team), membership=membership, by=actor.program(request)):
            raise Missing


def _checked(organization: Organization, data: dict[str, Any], present: Team | None = None) -> dict[str, Any]:
    """As a team may be at all; whether whoever asks may give it, the flow says."""
    form = TeamForm(data, organization=organization, by=authority.OPERATOR, team=present)
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
    return {**form.cleaned_data, "roles": list(form.cleaned_data["roles"])}


def _rows(organization: Organization) -> QuerySet[Team]:
    grants = Grant.objects.of(organization).filter(team=OuterRef("pk")).order_by("role__name")
    held = grants.values(held=JSONObject(id="role", name="role__name"))
    rows = Team.objects.of(organization).select_related("organization")
    return rows.annotate(size=Count("team_members"), held=ArraySubquery(held))


def _find(place: Place, team: int) -> Team:
    found = _rows(place.organization).filter(pk=team).first()
    if found is None:
        raise Missing
    return found


def _team(team: Team) -> dict[str, Any]:
    known = vars(team)
    return {
        "id": team.pk,
        "name": team.name,
        "makes_admin": team.makes_admin,
        "roles": known["held"],
        "size": known["size"],
    }
