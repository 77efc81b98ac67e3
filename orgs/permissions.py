"""What a member may do, and which of it the built-in roles bring. An organization's own roles choose from the same."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Permission(TextChoices):
    """As resource.action. A value, once stored in a role, keeps its meaning: add, never rename."""

    ORGANIZATION_VIEW = "organization.view", _("See the organization and its teams")
    MEMBERS_VIEW = "members.view", _("See who is a member")
    MEMBERS_INVITE = "members.invite", _("Invite people")
    MEMBERS_MANAGE = "members.manage", _("Change the roles of members, pause and remove them")
    TEAMS_MANAGE = "teams.manage", _("Make teams, and choose who is in them")
    ROLES_MANAGE = "roles.manage", _("Make roles of one's own")
    POLICY_MANAGE = "policy.manage", _("Set the rules for signing in")
    ACTIVITY_VIEW = "activity.view", _("See what happened in the organization")
    SERVICES_MANAGE = "services.manage", _("Make service accounts, and end them")
    SSO_MANAGE = "sso.manage", _("Set up domains and the organization's own sign-in")
    ORGANIZATION_UPDATE = "organization.update", _("Change name and appearance")
    ORGANIZATION_CLOSE = "organization.close", _("Close the organization")


class BuiltIn(TextChoices):
    """The role that every member has, from most to least."""

    OWNER = "owner", _("owner")
    ADMIN = "admin", _("admin")
    MEMBER = "member", _("member")


EVERYTHING = frozenset(Permission)
OF_BUILT_IN: dict[str, frozenset[Permission]] = {
    BuiltIn.OWNER: EVERYTHING,
    BuiltIn.ADMIN: EVERYTHING - {Permission.ORGANIZATION_CLOSE},
    BuiltIn.MEMBER: frozenset({Permission.ORGANIZATION_VIEW, Permission.MEMBERS_VIEW}),
}
