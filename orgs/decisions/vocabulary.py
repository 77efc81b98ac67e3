"""What is asked and what is answered, in the words of the OpenID AuthZEN Authorization API 1.0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

PERSON, SERVICE = "user", "service-account"
# Types of resources that are rows of ours; all others are the asking application's.
ORGANIZATION, TEAM, MEMBER = "organization", "team", "member"
OURS = (ORGANIZATION, TEAM, MEMBER)


@dataclass(frozen=True)
class Entity:
    """`properties` are what the asking application says, and vouches for."""

    type: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    subject: Entity
    action: Action
    resource: Entity
    context: Mapping[str, Any] = field(default_factory=dict)

    def organizations(self) -> list[Any]:
        """As it names them, whatever they are: somebody may have sent a number."""
        places = (self.context, self.resource.properties)
        return [place["organization"] for place in places if "organization" in place]


class Reason(TextChoices):
    """Why; beside these stand the codes of the door of an organization."""

    PERMITTED = "permitted", _("A policy permits it.")
    DENIED = "denied_by_policy", _("A policy denies it.")
    NO_POLICY = "no_policy", _("No policy permits it.")
    POLICY_FAILED = "policy_failed", _("A policy could not be looked at, so nothing is permitted.")
    SUBJECT_UNKNOWN = "subject_unknown", _("There is nobody of this kind and name here.")
    SUBJECT_DISABLED = "subject_disabled", _("This account is disabled.")
    SUBJECT_PAUSED = "subject_paused", _("The access of this member is paused.")
    RESOURCE_UNKNOWN = "resource_unknown", _("There is nothing of this kind and name here.")
    ORGANIZATION_UNKNOWN = "organization_unknown", _("There is no such organization, or it is not yours.")
    ORGANIZATION_NOT_NAMED = "organization_not_named", _("It was not said in which organization.")


@dataclass(frozen=True)
class Decision:
    """`words` may be shown to whom it is about, `details` to those who look after the organization."""

    allowed: bool
    reason: str
    words: str
    details: str
    policy: str = ""

    @classmethod
    def refused(cls, reason: Reason) -> "Decision":
        return cls(False, reason.value, str(reason.label), str(reason.label))
