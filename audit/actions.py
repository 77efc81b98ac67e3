"""The vocabulary of the log. A value, once written, is in rows that nobody can change: add, never rename."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Action(TextChoices):
    """What happened, as subject:object:verb."""

    SIGN_UP = "account:sign-up:start", _("Signed up")
    SIGN_UP_REPEAT = "account:sign-up:repeat", _("Sign-up with an address that has an account")
    EMAIL_VERIFICATION_SEND = "account:email:send-verification", _("Verification mail sent")
    EMAIL_VERIFY = "account:email:verify", _("E-mail address verified")
    SIGN_IN = "account:sign-in:succeed", _("Signed in")
    SIGN_IN_REFUSE = "account:sign-in:refuse", _("Sign-in refused")
    REAUTHENTICATE = "account:sign-in:repeat", _("Confirmed once more who they are")
    SIGN_OUT = "account:sign-out", _("Signed out")
    SESSION_END = "account:session:end", _("Session ended")
    ACCESS_REVOKE = "account:access:revoke", _("Access revoked everywhere")
    PASSWORD_CHANGE = "account:password:change", _("Password changed")
    PASSWORD_RESET_ASK = "account:password:ask-reset", _("New password asked for by mail")
    PASSWORD_RESET = "account:password:reset", _("New password chosen by mail")
    PERSON_CREATE = "account:person:create", _("Account created")
    PERSON_DISABLE = "account:person:disable", _("Account disabled")
    PERSON_ENABLE = "account:person:enable", _("Account enabled")
    ADMIN_CREATE = "account:admin:create", _("Administrator created")
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
