"""The vocabulary of the log. A value, once written, is in rows that nobody can change: add, never rename."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Action(TextChoices):
    """What happened, as subject:object:verb."""

    SIGN_UP = "account:sign-up:start", _("Signed up")
    SIGN_UP_REPEAT = "account:sign-up:repeat", _("Sign-up with an address that has an account")
    INVITATION_SEND = "account:invitation:send", _("Invited somebody")
    INVITATION_WITHDRAW = "account:invitation:withdraw", _("Invitation withdrawn")
    INVITATION_ACCEPT = "account:invitation:accept", _("Invitation accepted")
    EMAIL_VERIFICATION_SEND = "account:email:send-verification", _("Verification mail sent")
    EMAIL_VERIFY = "account:email:verify", _("E-mail address verified")
    EMAIL_ADD = "account:email:add", _("E-mail address added")
    EMAIL_REMOVE = "account:email:remove", _("E-mail address removed")
    EMAIL_CHANGE = "account:email:change", _("Another e-mail address made the main one")
    EMAIL_CHANGE_UNDO = "account:email:undo-change", _("Change of e-mail address undone")
    SIGN_IN = "account:sign-in:succeed", _("Signed in")
    SIGN_IN_REFUSE = "account:sign-in:refuse", _("Sign-in refused")
    SIGN_IN_LOCK = "account:sign-in:lock", _("Sign-in locked after wrong passwords")
    SIGN_IN_UNLOCK = "account:sign-in:unlock", _("Lock on signing in ended")
    SIGN_IN_MAIL_ASK = "account:sign-in:ask-mail", _("Mail to sign in with asked for")
    SIGN_IN_DISOWN = "account:sign-in:disown", _("Sign-in reported as somebody else's")
    SESSION_MOVE = "account:session:move", _("Session used from another network and browser")
    REAUTHENTICATE = "account:sign-in:repeat", _("Confirmed once more who they are")
    SIGN_OUT = "account:sign-out", _("Signed out")
    SESSION_END = "account:session:end", _("Session ended")
    ACCESS_REVOKE = "account:access:revoke", _("Access revoked everywhere")
    PASSWORD_CHANGE = "account:password:change", _("Password changed")
    PASSWORD_RESET_ASK = "account:password:ask-reset", _("New password asked for by mail")
    PASSWORD_RESET = "account:password:reset", _("New password chosen by mail")
    FACTOR_ADD = "account:factor:add", _("Second step set up")
    FACTOR_RENAME = "account:factor:rename", _("Second step renamed")
    FACTOR_REMOVE = "account:factor:remove", _("Second step removed")
    PASSKEY_REFUSE = "account:passkey:refuse", _("Passkey refused")
    PASSKEY_SUSPEND = "account:passkey:suspend", _("Passkey suspended: somebody may have a copy")
    RECOVERY_ISSUE = "account:recovery:issue", _("New recovery codes made")
    RECOVERY_USE = "account:recovery:use", _("Recovery code used")
    SECOND_FACTOR_REFUSE = "account:second-factor:refuse", _("Wrong code at the second step")
    SECOND_FACTOR_PAUSE = "account:second-factor:pause", _("Second step paused after wrong codes")
    SECOND_FACTOR_SKIP = "account:second-factor:skip", _("Second step spared in a remembered browser")
    BROWSER_TRUST = "account:browser:trust", _("Browser remembered for the second step")
    BROWSER_DISTRUST = "account:browser:distrust", _("Remembered browser removed")
    PROFILE_CHANGE = "account:profile:change", _("Profile changed")
    CONNECTION_ADD = "account:connection:add", _("Account at a provider connected")
    CONNECTION_REMOVE = "account:connection:remove", _("Account at a provider disconnected")
    CONNECTION_REFUSE = "account:connection:refuse", _("Account at a provider refused")
    PERSON_CREATE = "account:person:create", _("Account created")
    PERSON_DROP = "account:person:drop", _("Account dropped that nobody confirmed")
    PERSON_DISABLE = "account:person:disable", _("Account disabled")
    PERSON_ENABLE = "account:person:enable", _("Account enabled")
    ADMIN_CREATE = "account:admin:create", _("Administrator created")
    ORGANIZATION_CREATE = "organization:create", _("Organization created")
    ORGANIZATION_CHANGE = "organization:change", _("Organization described anew")
    ORGANIZATION_SUSPEND = "organization:suspend", _("Organization suspended")
    ORGANIZATION_RESUME = "organization:resume", _("Suspension of the organization ended")
    ORGANIZATION_CLOSE = "organization:close", _("Organization closed")
    ORGANIZATION_REOPEN = "organization:reopen", _("Organization opened again")
    ORGANIZATION_REFUSE = "organization:act:refuse", _("Refused in an organization")
    POLICY_CHANGE = "organization:policy:change", _("Rules of the organization changed")
    MEMBER_JOIN = "organization:member:join", _("Joined an organization")
    MEMBER_LEAVE = "organization:member:leave", _("Left an organization")
    MEMBER_REMOVE = "organization:member:remove", _("Removed from an organization")
    MEMBER_CHANGE = "organization:member:change", _("Roles in an organization changed")
    MEMBER_PAUSE = "organization:member:pause", _("Access to an organization paused")
    MEMBER_RESUME = "organization:member:resume", _("Access to an organization given back")
    MEMBER_INVITE = "organization:invitation:send", _("Invited somebody to an organization")
    MEMBER_INVITE_AGAIN = "organization:invitation:resend", _("Invitation to an organization sent again")
    MEMBER_INVITE_WITHDRAW = "organization:invitation:withdraw", _("Invitation to an organization withdrawn")
    MEMBER_INVITE_ACCEPT = "organization:invitation:accept", _("Invitation to an organization accepted")
    ROLE_CREATE = "organization:role:create", _("Role made")
    ROLE_CHANGE = "organization:role:change", _("Role changed")
    ROLE_DELETE = "organization:role:delete", _("Role deleted")
    TEAM_CREATE = "organization:team:create", _("Team made")
    TEAM_CHANGE = "organization:team:change", _("Team changed")
    TEAM_DELETE = "organization:team:delete", _("Team deleted")
    TEAM_ADD = "organization:team:add", _("Put into a team")
    TEAM_REMOVE = "organization:team:remove", _("Taken out of a team")
    TOKEN_BEGIN = "tokens:sign-in:begin", _("Signed in with a program")
    TOKEN_END = "tokens:sign-in:end", _("A program signed out")
    TOKEN_REUSE = "tokens:sign-in:reuse", _("A program's old token was used again")
    SIGNING_KEY_ROTATE = "tokens:key:rotate", _("New signing key")
    MAIL_RESEND = "mail:message:resend", _("Mail sent again")
    HOST_REFUSE = "request:host:refuse", _("Request for an unknown host refused")
    CSRF_REFUSE = "request:csrf:refuse", _("Request without proof of its origin refused")
    LIMIT_REFUSE = "request:limit:refuse", _("Too many attempts refused")
    PERSON_ERASE = "audit:person:erase", _("Personal data erased")


class Outcome(TextChoices):
    SUCCESS = "success", _("Done")
    REFUSED = "refused", _("Refused")


class ActorKind(TextChoices):
    PERSON = "person", _("Person")
    ANONYMOUS = "anonymous", _("Somebody unknown")
    SYSTEM = "system", _("The site itself")


def action_choices() -> Any:
    """Named by the migration, so that a new action needs none."""
    return Action.choices
