"""The rules of an organization, and what happened in it."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from accounts.sign_in import reauthentication
from core.api.fields import Choice, Day, Flag, Input, Output, Texts, Whole, invalid_form
from orgs import actor
from orgs.api.door import inside
from orgs.api.fields import BeforeQuery
from orgs.door import Place
from orgs.errors import AboveYourself, WouldLockOwnersOut, WouldLockYouOut
from orgs.flows import activity, policy
from orgs.flows.activity import Entry
from orgs.forms import PolicyForm
from orgs.models import Policy
from orgs.permissions import Permission

# In minutes and hours, as people say it; a policy keeps lengths of time.
KEPT_AS = {"session_idle_minutes": "session_idle", "session_absolute_hours": "session_absolute"}


class PolicyFacts(Output):
    sample: ClassVar = {"ways": ["sso", "passkey"], "session_idle_minutes": 60, "domains": ["acme.example"]}

    ways = serializers.ListField(child=serializers.CharField(), help_text="Empty: all that the site offers.")
    second_factor = serializers.BooleanField()
    second_factor_for = serializers.ChoiceField(choices=Policy.Audience.choices)
    second_factor_from = serializers.DateTimeField(allow_null=True)
    session_idle_minutes = serializers.IntegerField(allow_null=True)
    session_absolute_hours = serializers.IntegerField(allow_null=True)
    inviters = serializers.ChoiceField(choices=Policy.Inviters.choices)
    domains = serializers.ListField(child=serializers.CharField(), help_text="Empty: any.")


class Span(Whole):
    """Within what the page of the rules takes."""

    def __init__(self, name: str, **how: Any) -> None:
        field = PolicyForm.base_fields[name]
        limits = {"min_value": field.min_value, "max_value": field.max_value}  # type: ignore[attr-defined]
        super().__init__(required=False, allow_null=True, **limits, **how)


class PolicyInput(Input):
    samples: ClassVar = {
        "Request": {
            "ways": ["sso", "passkey"],
            "second_factor": True,
            "second_factor_for": "everybody",
            "second_factor_from": "2026-12-24",
            "session_idle_minutes": 60,
            "session_absolute_hours": None,
            "inviters": "admins",
            "domains": ["acme.example"],
        }
    }

    ways = Texts(required=False)
    second_factor = Flag(required=False)
    second_factor_for = Choice(required=False, choices=Policy.Audience.choices)
    second_factor_from = Day(
        required=False,
        allow_null=True,
        help_text="A day; until then people are reminded. Empty: from now on.",
    )
    session_idle_minutes = Span("session_idle_minutes", help_text="Null: as long as the site allows.")
    session_absolute_hours = Span("session_absolute_hours", help_text="Null: as long as the site allows.")
    inviters = Choice(required=False, choices=Policy.Inviters.choices)
    domains = Texts(required=False)


class Changed(Output):
    sample: ClassVar = {"name": "Name", "before": "Acme", "after": "Acme Ltd."}

    name = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class OrganizationEntry(Output):
    sample: ClassVar = {
        "action": "organization:change",
        "what": "Organization described anew",
        "refused": False,
        "actor": "Alice Arden",
        "person": "",
        "about": "",
    }

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    what = serializers.CharField(help_text="The same in words.")
    refused = serializers.BooleanField()
    actor = serializers.CharField(allow_blank=True)
    person = serializers.CharField(allow_blank=True, help_text="Whom it concerns, if somebody else.")
    about = serializers.CharField(allow_blank=True)
    changes = Changed(many=True)


class OrganizationActivity(Output):
    sample: ClassVar = {"next": None}

    entries = OrganizationEntry(many=True)
    next = serializers.IntegerField(
        allow_null=True, help_text="For `before`, to get the page after this one."
    )


class PolicyView(Endpoint):
    @inside("See the rules of an organization", Permission.ORGANIZATION_VIEW, gives=PolicyFacts)
    def get(self, request: ApiRequest, place: Place) -> dict[str, Any]:
        """Everybody may read the rules that hold for them."""
        return _policy(place.organization.policy)

    @inside(
        "Change the rules of an organization",
        Permission.POLICY_MANAGE,
        fresh=True,
        takes=PolicyInput,
        gives=PolicyFacts,
        refuses=[WouldLockYouOut, WouldLockOwnersOut, AboveYourself],
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        """They hold from then on. What is left out stays as it is."""
        policy.edit(
            organization=place.organization,
            by=actor.program(request),
            signed_in_by=reauthentication.methods_used(request, organization=place.organization.public_id),
            **_chosen(place.organization.policy, data),
        )
        return _policy(Policy.objects.of(place.organization).get())


class ActivityView(Endpoint):
    @inside(
        "See what happened in an organization",
        Permission.ACTIVITY_VIEW,
        query=BeforeQuery,
        gives=OrganizationActivity,
    )
    def get(self, request: ApiRequest, place: Place, query: dict[str, Any]) -> dict[str, Any]:
        """The newest first, 50 to a page."""
        entries, following = activity.page(place.organization, before=query.get("before"))
        return {"entries": [_entry(entry) for entry in entries], "next": following}


def _chosen(present: Policy, data: dict[str, Any]) -> dict[str, Any]:
    """Only what was sent, checked together with what is there."""
    values = {**PolicyForm.values_of(present), **data}
    day = present.second_factor_from.date() if present.second_factor_from else None
    form = PolicyForm(
        {
            **values,
            "second_factor_from": data.get("second_factor_from", day),
            "domains": "\n".join(data.get("domains", present.domains)),
        },
        initial=PolicyForm.values_of(present),
    )
    if not form.is_valid():
        raise invalid_form(form.errors.as_data())
    sent = {KEPT_AS.get(name, name) for name in data}
    if data.get("second_factor", present.second_factor) != present.second_factor:
        sent.add("second_factor_from")
    return {name: value for name, value in form.rules().items() if name in sent}


def _policy(row: Policy) -> dict[str, Any]:
    return {
        **PolicyForm.values_of(row),
        "ways": list(row.ways),
        "second_factor_from": row.second_factor_from,
        "domains": list(row.domains),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.event_id,
        "at": entry.at,
        "action": entry.action,
        "what": entry.what,
        "refused": entry.is_warning,
        "actor": entry.actor,
        "person": entry.person,
        "about": entry.about,
        "changes": [{"name": name, "before": old, "after": new} for name, old, new in entry.changes],
    }
