"""What a credential can be given, and which kinds of credentials can be given it: nothing is allowed that is not here.

Scopes never add to what somebody may do: at each use they are what is left of it. Those about organizations are the
permissions of orgs by the same names (tests/orgs compares them).
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Credential(StrEnum):
    """Kinds of what a program can bring."""

    SIGN_IN = "sign-in"
    KEY = "api-key"
    SERVICE = "service-account"


class Scope(TextChoices):
    """As resource.action. A value, once in somebody's credential, keeps its meaning: add, never rename."""

    PROFILE_READ = "profile.read", _("See your profile")
    PROFILE_WRITE = "profile.write", _("Change your profile")
    ADDRESSES_READ = "addresses.read", _("See your e-mail addresses")
    ADDRESSES_WRITE = "addresses.write", _("Add and remove e-mail addresses")
    PASSWORD_CHANGE = "password.change", _("Change your password")
    SESSIONS_READ = "sessions.read", _("See where you are signed in")
    SESSIONS_END = "sessions.end", _("End your sessions")
    OWN_ACTIVITY_READ = "own-activity.read", _("See what happened to your account")
    FACTORS_READ = "factors.read", _("See your second factors")
    FACTORS_WRITE = "factors.write", _("Change your second factors")
    CONNECTIONS_READ = "connections.read", _("See your connected accounts")
    CONNECTIONS_WRITE = "connections.write", _("Change your connected accounts")
    KEYS_READ = "keys.read", _("See your API keys")
    KEYS_WRITE = "keys.write", _("Make and end API keys")
    ORGANIZATIONS_READ = "organizations.read", _("See your organizations")
    ORGANIZATIONS_CREATE = "organizations.create", _("Make and join organizations")
    ORGANIZATION_VIEW = "organization.view", _("See the organization and its teams")
    ORGANIZATION_UPDATE = "organization.update", _("Change name and appearance")
    ORGANIZATION_CLOSE = "organization.close", _("Close the organization")
    MEMBERS_VIEW = "members.view", _("See who is a member")
    MEMBERS_INVITE = "members.invite", _("Invite people")
    MEMBERS_MANAGE = "members.manage", _("Change the roles of members, pause and remove them")
    TEAMS_MANAGE = "teams.manage", _("Make teams, and choose who is in them")
    ROLES_MANAGE = "roles.manage", _("Make roles of one's own")
    POLICY_MANAGE = "policy.manage", _("Set the rules for signing in")
    ACTIVITY_VIEW = "activity.view", _("See what happened in the organization")
    SERVICES_MANAGE = "services.manage", _("Make service accounts, and end them")
    SSO_MANAGE = "sso.manage", _("Set up domains and the organization's own sign-in")
    TOKENS_INTROSPECT = "tokens.introspect", _("Ask whether tokens are good")
    DECISIONS_ASK = "decisions.ask", _("Ask whether somebody may do something")


EVERYTHING = frozenset(Scope)
# What opens or keeps a door is nothing for a secret that lies in a file for months: only whoever is signed in.
OF_SIGN_INS_ALONE = frozenset(
    {
        Scope.ADDRESSES_WRITE,
        Scope.PASSWORD_CHANGE,
        Scope.FACTORS_READ,
        Scope.FACTORS_WRITE,
        Scope.CONNECTIONS_WRITE,
        Scope.KEYS_WRITE,
        Scope.ORGANIZATIONS_CREATE,
        Scope.ORGANIZATION_CLOSE,
        Scope.POLICY_MANAGE,
        Scope.ROLES_MANAGE,
        Scope.SERVICES_MANAGE,
        Scope.SSO_MANAGE,
    }
)
OF_SERVICES = frozenset(
    {
        Scope.ORGANIZATION_VIEW,
        Scope.ORGANIZATION_UPDATE,
        Scope.MEMBERS_VIEW,
        Scope.MEMBERS_INVITE,
        Scope.MEMBERS_MANAGE,
        Scope.TEAMS_MANAGE,
        Scope.ACTIVITY_VIEW,
        Scope.TOKENS_INTROSPECT,
        Scope.DECISIONS_ASK,
    }
)
# Only a service account checks the tokens of others.
OF_SERVICES_ALONE = frozenset({Scope.TOKENS_INTROSPECT})
OF_KIND: dict[Credential, frozenset[Scope]] = {
    Credential.SIGN_IN: EVERYTHING - OF_SERVICES_ALONE,
    Credential.KEY: EVERYTHING - OF_SIGN_INS_ALONE - OF_SERVICES_ALONE,
    Credential.SERVICE: OF_SERVICES,
}


# For a sign-in that asked for nothing less: one word instead of all of them in every token.
ALL = "all"


def given(text: str, kind: Credential) -> frozenset[str]:
    """What a stored or asked-for list of scopes comes to for this kind; unknown names are worth nothing."""
    if kind is Credential.SIGN_IN and text == ALL:
        return OF_KIND[kind]
    return frozenset(text.split()) & OF_KIND[kind]


def labels(text: str) -> list[str]:
    """The scopes of a stored list in words."""
    return [str(Scope(name).label) for name in text.split() if name in Scope]


def spelled(scopes: frozenset[str] | set[str]) -> str:
    return " ".join(sorted(scopes))
