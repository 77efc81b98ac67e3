"""What somebody at the desk may do: the one vocabulary, whose words every list, button and export asks for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, cast
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SitePermission(TextChoices):
    """As resource.action. A value, once stored in a role, keeps its meaning: add, never rename."""

    DASHBOARD_VIEW = "dashboard.view", _("See the figures of the site")
    PEOPLE_VIEW = "people.view", _("See people and how they sign in")
    PEOPLE_HELP = "people.help", _("Help people in: end waits, send mails")
    PEOPLE_SECURE = "people.secure", _("Cut people off: end access, ask for a new password")
    PEOPLE_DISABLE = "people.disable", _("Disable and enable people")
    PEOPLE_EXPORT = "people.export", _("Take away what the log knows about a person")
    PEOPLE_INVITE = "people.invite", _("Invite people")
    PEOPLE_IMPERSONATE = "people.impersonate", _("Act in somebody's place")
    PEOPLE_BULK = "people.bulk", _("Do things to many people at once")
    FACTORS_RESET = "factors.reset", _("Ask for a reset of somebody's second step")
    FACTORS_CONFIRM = "factors.confirm", _("Confirm such a reset")
    SESSIONS_VIEW = "sessions.view", _("See sessions and sign-ins of programs")
    SESSIONS_END = "sessions.end", _("End sessions and sign-ins of programs")
    KEYS_VIEW = "keys.view", _("See API keys and service accounts")
    KEYS_END = "keys.end", _("End API keys and service accounts")
    MAILS_VIEW = "mails.view", _("See which mails were sent")
    MAILS_RESEND = "mails.resend", _("Send mails again")
    EVENTS_VIEW = "events.view", _("Read the log")
    EVENTS_VERIFY = "events.verify", _("Verify the log")
    LISTS_EXPORT = "lists.export", _("Export lists")
    ORGANIZATIONS_VIEW = "organizations.view", _("See organizations")
    ORGANIZATIONS_MANAGE = "organizations.manage", _("Make organizations, suspend them, vouch for them")
    CONNECTIONS_VIEW = "connections.view", _("See the organizations' own sign-ins")
    CONNECTIONS_MANAGE = "connections.manage", _("Set up the organizations' own sign-ins")
    ROLES_VIEW = "roles.view", _("See roles, and who has them")
    ROLES_GIVE = "roles.give", _("Give and take roles")
    ROLES_MANAGE = "roles.manage", _("Make roles")

    @property
    def perm(self) -> str:
        """As Django knows it."""
        return f"core.{self.value}"


EVERYTHING = frozenset(SitePermission)
# What a role still brings where it was given for one organization alone: the rest knows no such bounds. Neither does
# what the site vouches for: whoever could say of their own organization that a domain is its own, or that it is not
# suspended any more, would decide for everybody.
WITHIN_ORGANIZATION = frozenset(
    {
        SitePermission.PEOPLE_VIEW,
        SitePermission.PEOPLE_HELP,
        SitePermission.PEOPLE_SECURE,
        SitePermission.SESSIONS_VIEW,
        SitePermission.SESSIONS_END,
        SitePermission.EVENTS_VIEW,
        SitePermission.ORGANIZATIONS_VIEW,
        SitePermission.CONNECTIONS_VIEW,
    }
)


@dataclass(frozen=True)
class Reach:
    """How far a permission goes: everywhere, in some organizations (by public id), or, if false, nowhere."""

    everywhere: bool = False
    organizations: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.organizations)

    def covers(self, organization: UUID | None) -> bool:
        return self.everywhere or organization in self.organizations


NOWHERE = Reach()


class Holder(Protocol):
    """Whoever is at the desk, as far as this app knows them."""

    def reach(self, permission: SitePermission) -> Reach: ...


def reach(user: object, permission: SitePermission) -> Reach:
    """Nobody who is not signed in reaches anything."""
    return cast(Holder, user).reach(permission) if hasattr(user, "reach") else NOWHERE


def spelled(permissions: Collection[SitePermission]) -> list[str]:
    return sorted(permission.value for permission in permissions)
