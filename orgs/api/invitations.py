"""Inviting people, and being invited."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint, by, operation
from accounts.api.scopes import Scope
from core.api.fields import Choice, Flag, Id, Input, Output, Secret, Text, invalid_form
from core.api.problems import Invalid
from core.errors import Missing, TooMany
from orgs import actor, limits
from orgs.api.door import inside
from orgs.api.fields import PAGE_SIZE, BeforeQuery, Named, Number
from orgs.door import Place
from orgs.errors import (
    AboveYourself,
    AlreadyMember,
    InvitationOver,
    NotInvited,
    OutsideDomains,
    Suspended,
)
from orgs.flows import invitations
from orgs.forms import InviteForm
from orgs.models import Invitation, Team
from orgs.permissions import BuiltIn, Permission

STATES = ["open", "used", "withdrawn", "expired"]


class InvitationFacts(Output):
    sample: ClassVar = {"email": "dora@acme.example", "for_anybody": False}

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=BuiltIn.choices)
    team = Named(allow_null=True)
    for_anybody = serializers.BooleanField(help_text="Whether whoever has the link may join.")
    state = serializers.ChoiceField(choices=STATES)
    invited_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class InvitationsFacts(Output):
    sample: ClassVar = {"next": None}

    invitations = InvitationFacts(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="For `before`, to get the page after this one."
    )


class WaitingFacts(Output):
    sample: ClassVar = {"name": "Acme"}

    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField(help_text="Of the organization.")
    role = serializers.ChoiceField(choices=BuiltIn.choices)
    expires_at = serializers.DateTimeField()


class Joined(Output):
    sample: ClassVar = {"name": "Acme"}

    organization = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=BuiltIn.choices)


class InviteInput(Input):
    samples: ClassVar = {
        "A member": {"email": "dora@acme.example"},
        "Into a team": {"email": "dora@acme.example", "role": "member", "team": 30},
    }

    email = Text(max_length=254)
    role = Choice(choices=BuiltIn.choices, default=BuiltIn.MEMBER.value)
    team = Number(required=False)
    for_anybody = Flag(default=False)


class AcceptInput(Input):
    samples: ClassVar = {"With the link of the mail": ("token",), "One that waits": ("id",)}

    token = Secret(required=False, max_length=64, help_text="Of the link in the mail; or the id.")
    id = Id(required=False, help_text="Of one of those that wait for oneself.")


class Invitations(Endpoint):
    @inside(
        "See whom the organization invited",
        Permission.MEMBERS_INVITE,
        query=BeforeQuery,
        gives=InvitationsFacts,
    )
    def get(self, request: ApiRequest, place: Place, query: dict[str, Any]) -> dict[str, Any]:
        """The newest first, a hundred to a page."""
        rows = invitations.listed(place.organization)
        if "before" in query:
            rows = rows.filter(pk__lt=query["before"])
        found = list(rows[: PAGE_SIZE + 1])
        following = found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None
        return {"invitations": [_invitation(row) for row in found[:PAGE_SIZE]], "next": following}

    @inside(
        "Invite somebody",
        Permission.MEMBERS_INVITE,
        takes=InviteInput,
        gives=InvitationFacts,
        status=201,
        refuses=[AboveYourself, AlreadyMember, OutsideDomains, TooMany],
    )
    def post(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        """A mail goes to them, the same whether or not they have an account. Earlier ones to them end."""
        wanted, inviter = _checked(place, data), actor.program(request)
        limits.before_invitation(inviter, place.organization, wanted["email"])
        made = invitations.invite(
            organization=place.organization,
            email=wanted["email"],
            role=wanted["role"],
            team=wanted.get("team"),
            for_anybody=wanted["for_anybody"],
            by=inviter,
        )
        return _invitation(_find(place, made.public_id))


class InvitationView(Endpoint):
    @inside("Withdraw an invitation", Permission.MEMBERS_INVITE, status=204, refuses=[InvitationOver])
    def delete(self, request: ApiRequest, place: Place, invitation: UUID) -> None:
        if not invitations.withdraw(invitation=_find(place, invitation), by=actor.program(request)):
            raise InvitationOver


class Resend(Endpoint):
    @inside(
        "Send an invitation again",
        Permission.MEMBERS_INVITE,
        gives=InvitationFacts,
        refuses=[AboveYourself, InvitationOver, TooMany],
    )
    def post(self, request: ApiRequest, place: Place, invitation: UUID) -> dict[str, Any]:
        """With its full time. The link in the former mail ends."""
        found, inviter = _find(place, invitation), actor.program(request)
        limits.before_invitation(inviter, place.organization, found.email)
        invitations.resend(invitation=found, by=inviter)
        return _invitation(_find(place, invitation))


class Waiting(Endpoint):
    @operation(
        "See which organizations invite oneself",
        by(Scope.ORGANIZATIONS_READ),
        gives=WaitingFacts,
        many=True,
    )
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        """By the addresses that are confirmed as one's own."""
        return [_waiting(row) for row in invitations.waiting_for(request.user)]


class Accept(Endpoint):
    @operation(
        "Accept an invitation",
        by(Scope.ORGANIZATIONS_CREATE),
        takes=AcceptInput,
        gives=Joined,
        refuses=[InvitationOver, NotInvited, AlreadyMember, OutsideDomains, Suspended],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        """Once, and for the invited mailbox only, unless it says otherwise."""
        found = _brought(request, data)
        if found is None or not found.is_open or not found.organization.is_active:
            raise InvitationOver
        membership = invitations.accept(invitation=found, by=actor.program(request))
        organization = found.organization
        return {
            "organization": organization.public_id,
            "slug": organization.slug,
            "name": organization.name,
            "role": membership.role,
        }


def _brought(request: ApiRequest, data: dict[str, Any]) -> Invitation | None:
    if len(data) != 1:
        raise Invalid.field("token", "required", _("Send the token, or the id, and not both."))
    if "token" in data:
        return invitations.find(data["token"])
    return invitations.waiting_for(request.user).filter(public_id=data["id"]).first()


def _checked(place: Place, data: dict[str, Any]) -> dict[str, Any]:
    """As an invitation may be at all; whether whoever asks may give it, the flow says."""
    form = InviteForm(data, roles=BuiltIn.values, teams=Team.objects.of(place.organization).order_by("name"))
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
    if "team" in data and "team" not in form.fields:
        raise Invalid.field("team", "invalid_choice", _("There is no such team."))
    return form.cleaned_data


def _find(place: Place, invitation: UUID) -> Invitation:
    found = invitations.listed(place.organization).filter(public_id=invitation).first()
    if found is None:
        raise Missing
    return found


def _invitation(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "email": row.email,
        "role": row.role,
        "team": {"id": row.team.pk, "name": row.team.name} if row.team else None,
        "for_anybody": row.for_anybody,
        "state": _state(row),
        "invited_by": invitations.inviter(row),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }


def _state(row: Invitation) -> str:
    if row.used_at is not None:
        return "used"
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "open" if row.is_open else "expired"


def _waiting(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "organization": row.organization.public_id,
        "slug": row.organization.slug,
        "name": row.organization.name,
        "role": row.role,
        "expires_at": row.expires_at,
    }
