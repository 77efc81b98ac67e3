"""The organizations of a person, and the life of one."""

from copy import copy
from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint, by, operation
from accounts.api.scopes import Scope
from core.api.fields import Input, Output, Text, invalid_form
from core.errors import Forbidden, Missing, TooMany
from orgs import actor, authority, door, limits, overview
from orgs.api.door import inside
from orgs.door import Place
from orgs.errors import LastOwner, NameTaken
from orgs.flows import members, organizations
from orgs.forms import DescriptionForm, NewOrganizationForm
from orgs.models import Membership, Organization
from orgs.permissions import BuiltIn, Permission


class Listed(Output):
    sample: ClassVar = {"name": "Acme", "paused": False}

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Organization.Status.choices)
    role = serializers.ChoiceField(choices=BuiltIn.choices, help_text="One's own.")
    paused = serializers.BooleanField(help_text="Whether one's own access is.")
    joined_at = serializers.DateTimeField()


class OrganizationFacts(Output):
    sample: ClassVar = {"name": "Acme", "vouched_for": False, "support_email": "help@acme.example"}

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Organization.Status.choices)
    vouched_for = serializers.BooleanField(help_text="Its rules govern how its people sign in anywhere here.")
    website = serializers.CharField(allow_blank=True)
    support_email = serializers.CharField(allow_blank=True)
    accent = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    role = serializers.ChoiceField(
        choices=BuiltIn.choices, allow_null=True, help_text="One's own, if a member."
    )
    permissions = serializers.ListField(
        child=serializers.CharField(),
        help_text="What this credential can do there, by what was read just now.",
    )


class NewInput(Input):
    samples: ClassVar = {"Request": {"name": "Acme Labs", "slug": "acme-labs"}}

    name = Text(max_length=60)
    slug = Text(max_length=50, help_text="Part of its address. It never changes.")


class DescriptionInput(Input):
    samples: ClassVar = {
        "Request": {"name": "Acme", "website": "https://acme.example", "support_email": "help@acme.example"}
    }

    name = Text(required=False, max_length=60)
    website = Text(required=False, allow_blank=True, max_length=200)
    support_email = Text(required=False, allow_blank=True, max_length=254)
    accent = Text(required=False, allow_blank=True, max_length=7, help_text="Such as #1a7f5a.")


class Organizations(Endpoint):
    @operation("See one's organizations", by(Scope.ORGANIZATIONS_READ), gives=Listed, many=True)
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        """Also those where one is paused, or that are suspended."""
        return [_listed(membership) for membership in overview.of_person(request.user)]

    @operation(
        "Make an organization",
        by(Scope.ORGANIZATIONS_CREATE),
        takes=NewInput,
        gives=OrganizationFacts,
        status=201,
        refuses=[Forbidden, NameTaken, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """Where the site lets people do so. Whoever makes it owns it."""
        if not overview.may_create(request.user):
            raise Forbidden
        form = NewOrganizationForm(data)
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        maker = actor.program(request)
        limits.before_new(maker)
        made = organizations.create(**form.cleaned_data, owner=request.user, by=maker)
        place = door.enter(request.user, made.slug)
        return _organization(Place(made, place.membership, place.authority.within(request.caller.scope)))


class OrganizationView(Endpoint):
    @inside("See an organization", Permission.ORGANIZATION_VIEW, gives=OrganizationFacts)
    def get(self, request: ApiRequest, place: Place) -> dict[str, Any]:
        return _organization(place)

    @inside(
        "Describe an organization",
        Permission.ORGANIZATION_UPDATE,
        takes=DescriptionInput,
        gives=OrganizationFacts,
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        """What is left out stays as it is."""
        described = copy(place.organization)
        present = {name: getattr(described, name) for name in organizations.DESCRIBED}
        form = DescriptionForm({**present, **data}, instance=described)
        if not form.is_valid():
            raise invalid_form(form.errors.as_data())
        changed = {name: form.cleaned_data[name] for name in data}
        organizations.describe(organization=place.organization, by=actor.program(request), **changed)
        return _organization(Place(described, place.membership, place.authority))

    @inside("Close an organization", Permission.ORGANIZATION_CLOSE, fresh=True, status=204)
    def delete(self, request: ApiRequest, place: Place) -> None:
        """Nobody in it finds it any more. Only the people who run the site can open it again."""
        organizations.close(organization=place.organization, by=actor.program(request))


class Leave(Endpoint):
    @operation(
        "Leave an organization",
        by(Scope.ORGANIZATIONS_CREATE),
        status=204,
        refuses=[Missing, LastOwner],
    )
    def post(self, request: ApiRequest, slug: str) -> None:
        """Nobody is kept in, also not by a pause, a suspension or a rule about signing in."""
        membership = door.membership_of(request.user, slug)
        members.leave(membership=membership, by=actor.program(request))


def _listed(membership: Membership) -> dict[str, Any]:
    organization = membership.organization
    return {
        "id": organization.public_id,
        "slug": organization.slug,
        "name": organization.name,
        "status": organization.status,
        "role": membership.role,
        "paused": membership.paused_at is not None,
        "joined_at": membership.joined_at,
    }


def _organization(place: Place) -> dict[str, Any]:
    organization = place.organization
    return {
        "id": organization.public_id,
        "slug": organization.slug,
        "name": organization.name,
        "status": organization.status,
        "vouched_for": organization.is_trusted,
        "website": organization.website,
        "support_email": organization.support_email,
        "accent": organization.accent,
        "created_at": organization.created_at,
        "role": place.membership.role if place.membership else None,
        "permissions": authority.spelled(place.authority.permissions),
    }
