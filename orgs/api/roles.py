"""Which role may do what, and roles of an organization's own."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from core.api.fields import Input, Output, Text, Texts, invalid_form
from core.errors import Missing
from orgs import actor, authority
from orgs.api.door import inside
from orgs.door import Place
from orgs.errors import AboveYourself, NameTaken
from orgs.flows import roles
from orgs.forms import RoleForm
from orgs.models import Role
from orgs.permissions import BuiltIn, Permission


class RoleFacts(Output):
    sample: ClassVar = {"name": "Reviewer"}

    id = serializers.IntegerField()
    name = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())


class BuiltInFacts(Output):
    sample: ClassVar = {"name": "member"}

    name = serializers.ChoiceField(choices=BuiltIn.choices)
    permissions = serializers.ListField(child=serializers.CharField())


class RolesFacts(Output):
    built_in = BuiltInFacts(many=True)
    own = RoleFacts(many=True)


class RoleInput(Input):
    samples: ClassVar = {"Request": {"name": "Auditor", "permissions": ["activity.view"]}}

    name = Text(max_length=40)
    permissions = Texts(help_text="By the names of the scopes about organizations.")


class Roles(Endpoint):
    @inside("See the roles and what they may do", Permission.ORGANIZATION_VIEW, gives=RolesFacts)
    def get(self, request: ApiRequest, place: Place) -> dict[str, Any]:
        built_in = place.authority.built_in
        own = Role.objects.of(place.organization).order_by("name")
        return {
            "built_in": [
                {"name": name, "permissions": authority.spelled(built_in[name])} for name in BuiltIn.values
            ],
            "own": [_role(role) for role in own],
        }

    @inside(
        "Make a role",
        Permission.ROLES_MANAGE,
        fresh=True,
        takes=RoleInput,
        gives=RoleFacts,
        status=201,
        refuses=[AboveYourself, NameTaken],
    )
    def post(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        """Of what one may do oneself."""
        made = roles.create(organization=place.organization, by=actor.program(request), **_checked(data))
        return _role(made)


class RoleView(Endpoint):
    @inside("See a role", Permission.ORGANIZATION_VIEW, gives=RoleFacts)
    def get(self, request: ApiRequest, place: Place, role: int) -> dict[str, Any]:
        return _role(_find(place, role))

    @inside(
        "Change a role",
        Permission.ROLES_MANAGE,
        fresh=True,
        takes=RoleInput,
        gives=RoleFacts,
        refuses=[AboveYourself, NameTaken],
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any], role: int) -> dict[str, Any]:
        """Counts at once for everybody who has it. What is left out stays as it is."""
        found = _find(place, role)
        chosen = _checked({"name": found.name, "permissions": found.permissions, **data}, found)
        roles.edit(role=found, by=actor.program(request), **chosen)
        return _role(_find(place, role))

    @inside("Delete a role", Permission.ROLES_MANAGE, fresh=True, status=204, refuses=[AboveYourself])
    def delete(self, request: ApiRequest, place: Place, role: int) -> None:
        """Who has it keeps their other roles."""
        roles.delete(role=_find(place, role), by=actor.program(request))


def _checked(data: dict[str, Any], present: Role | None = None) -> dict[str, Any]:
    """As a role may be at all; whether whoever asks may give it, the flow says."""
    form = RoleForm(data, by=authority.OPERATOR, present=present.permissions if present else ())
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
    return {"name": form.cleaned_data["name"], "permissions": sorted(set(form.cleaned_data["permissions"]))}


def _find(place: Place, role: int) -> Role:
    found = Role.objects.of(place.organization).select_related("organization").filter(pk=role).first()
    if found is None:
        raise Missing
    return found


def _role(role: Role) -> dict[str, Any]:
    return {"id": role.pk, "name": role.name, "permissions": list(role.permissions)}
