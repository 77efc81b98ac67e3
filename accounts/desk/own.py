"""What this app offers to do to a person at the desk."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.desk import acts, giving_roles, taking_away
from accounts.desk.acts import Act, Order, Text, of_active
from accounts.desk.errors import NotNow
from accounts.desk.forms import SinceForm
from accounts.flows import desk, sign_ins
from accounts.impersonation import flow as impersonation
from accounts.impersonation.middleware import PLACE, enter
from accounts.models import User
from accounts.sign_in import lockout
from core.desk.permissions import SitePermission
from core.models import OutboxMessage

P = SitePermission


def register() -> None:
    for act in (*OWN, *giving_roles.ACTS, taking_away.ACT):
        acts.register(act)


def end_sign_in(order: Order) -> Text:
    found = sign_ins.end_one(user=order.user, name=order.item, actor=order.actor, facts=order.facts)
    if not found:
        raise NotNow
    return _("The sign-in has ended.")


def end_access(order: Order) -> Text:
    ended = desk.end_access(user=order.user, actor=order.actor, facts=order.facts)
    text = ngettext(
        "All access has ended: %(count)d thing.", "All access has ended: %(count)d things.", ended
    )
    return text % {"count": ended}


def unlock(order: Order) -> Text:
    desk.unlock(user=order.user, actor=order.actor, facts=order.facts)
    return _("They may try again at once.")


def send_reset(order: Order) -> Text:
    desk.send_reset(user=order.user, actor=order.actor, facts=order.facts)
    return _("The mail is on its way to their main address.")


def send_verification(order: Order) -> Text:
    sent = desk.send_verification(user=order.user, actor=order.actor, facts=order.facts)
    if not sent:
        raise NotNow
    return ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", sent) % {
        "count": sent
    }


def resend(order: Order) -> Text:
    mails = OutboxMessage.objects.filter(person=order.user.public_id).defer("subject", "text", "html")
    mail = mails.filter(pk=order.item).first() if order.item.isdecimal() else None
    if mail is None:
        raise NotNow
    desk.resend(mail=mail, actor=order.actor, facts=order.facts)
    return _("The mail is on its way again.")


def require_password(order: Order) -> Text:
    desk.require_password(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("They come in again with a new password, for which they have the link.")


def require_proof_of_address(order: Order) -> Text:
    desk.require_proof_of_address(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("At their next sign-in they prove their address anew.")


def compromised(order: Order) -> Text:
    since: datetime | None = order.answers.get("since")
    mailbox = desk.compromised(
        user=order.user, actor=order.actor, facts=order.facts, reason=order.reason, since=since
    )
    return _("Nobody is in any more. The link to a new password goes to %(address)s.") % {"address": mailbox}


def disable(order: Order) -> Text:
    desk.disable(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("The account is disabled, and all access has ended.")


def enable(order: Order) -> Text:
    desk.enable(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
    return _("They may sign in again.")


def impersonate(order: Order) -> Text:
    if order.request is None:
        raise NotNow
    former = impersonation.begun_by(order.actor, order.request.session.get(PLACE))
    row = impersonation.begin(user=order.user, actor=order.actor, facts=order.facts, reason=order.reason)
    if former is not None:
        # Nobody is in two places, and the log tells when each was left.
        impersonation.end(former, facts=order.facts)
    enter(order.request, row)
    return _("You see what %(person)s sees.") % {"person": order.user.get_full_name()}


def _waits(user: User) -> bool:
    return user.is_active and lockout.locks_of(user) > 0


def _has_unproved(user: User) -> bool:
    return user.is_active and EmailAddress.objects.filter(user=user, verified=False).exists()


def _has_proved(user: User) -> bool:
    return user.is_active and EmailAddress.objects.filter(user=user, verified=True).exists()


def _is_disabled(user: User) -> bool:
    return not user.is_active


_more: dict[str, Any] = {"asks_reason": True, "is_dangerous": True}

OWN = [
    Act(
        name="unlock",
        label=gettext_lazy("End the wait after wrong passwords"),
        explains=gettext_lazy("They may try again at once, from everywhere. It is noted in the log."),
        needs=P.PEOPLE_HELP,
        do=unlock,
        applies=_waits,
        to_oneself=True,
        order=10,
    ),
    Act(
        name="send-verification",
        label=gettext_lazy("Send the mail that confirms an address"),
        explains=gettext_lazy("A mail with a link and a code goes to each address that is not confirmed."),
        needs=P.PEOPLE_HELP,
        do=send_verification,
        applies=_has_unproved,
        order=11,
    ),
    Act(
        name="send-reset",
        label=gettext_lazy("Mail a link for a new password"),
        explains=gettext_lazy(
            "It goes to their main address and is good for half an hour. Nobody but its reader chooses the password; "
            "the second step stays as it is."
        ),
        needs=P.PEOPLE_HELP,
        do=send_reset,
        applies=of_active,
        order=12,
    ),
    Act(
        name="resend",
        label=gettext_lazy("Send again"),
        explains=gettext_lazy("It goes out once more, unchanged. Links in it that have ended stay so."),
        needs=P.MAILS_RESEND,
        do=resend,
        of_item=True,
    ),
    Act(
        name="end-sign-in",
        label=gettext_lazy("End this sign-in"),
        explains=gettext_lazy("Whoever is in there is out with their next click. Everything else goes on."),
        needs=P.SESSIONS_END,
        do=end_sign_in,
        of_item=True,
    ),
    Act(
        name="end-access",
        label=gettext_lazy("End all sessions and other access"),
        explains=gettext_lazy(
            "Sessions, sign-ins of programs, API keys, remembered browsers and links in mails end at once. The person "
            "can sign in again."
        ),
        needs=P.PEOPLE_SECURE,
        do=end_access,
        is_dangerous=True,
        in_bulk=True,
        order=20,
    ),
    Act(
        name="require-password",
        label=gettext_lazy("Ask for a new password"),
        explains=gettext_lazy(
            "All access ends, and nothing lets them in but a new password, for which a link is mailed to them."
        ),
        needs=P.PEOPLE_SECURE,
        do=require_password,
        applies=of_active,
        in_bulk=True,
        order=21,
        **_more,
    ),
    Act(
        name="require-proof-of-address",
        label=gettext_lazy("Ask for a new proof of the address"),
        explains=gettext_lazy(
            "All access ends. At the next sign-in a code is mailed to them, without which they do not come in."
        ),
        needs=P.PEOPLE_SECURE,
        do=require_proof_of_address,
        applies=_has_proved,
        in_bulk=True,
        order=22,
        **_more,
    ),
    Act(
        name="compromised",
        label=gettext_lazy("Compromised: somebody else may be in"),
        explains=gettext_lazy(
            "All of it at once: every session, sign-in, key, remembered browser and mailed link ends, the account is "
            "locked until its owner chooses a new password, and they are told and have the link for it."
        ),
        needs=P.PEOPLE_SECURE,
        do=compromised,
        applies=of_active,
        form=SinceForm,
        order=23,
        **_more,
    ),
    Act(
        name="disable",
        label=gettext_lazy("Disable"),
        explains=gettext_lazy("They cannot sign in any more, and all access ends. Nothing is deleted."),
        needs=P.PEOPLE_DISABLE,
        do=disable,
        applies=of_active,
        in_bulk=True,
        order=30,
        **_more,
    ),
    Act(
        name="enable",
        label=gettext_lazy("Enable"),
        explains=gettext_lazy("They may sign in again, with what they had. They are told."),
        needs=P.PEOPLE_DISABLE,
        do=enable,
        applies=_is_disabled,
        in_bulk=True,
        order=31,
        **_more,
    ),
    Act(
        name="impersonate",
        label=gettext_lazy("Act in their place"),
        explains=gettext_lazy(
            "You see their pages as they do, for a limited time, and can change their profile; never their password, "
            "second steps, addresses, keys or connected accounts. They are told at once, with your reason, and every "
            "event carries both of you."
        ),
        needs=P.PEOPLE_IMPERSONATE,
        do=impersonate,
        applies=impersonation.is_possible,
        leads_to="accounts:home",
        order=35,
        **_more,
    ),
]
