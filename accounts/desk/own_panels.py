"""What this app shows of a person at the desk."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.desk import panels
from accounts.desk.panels import Panel, Row
from accounts.flows import sign_ins
from accounts.models import RoleGrant, User
from accounts.roles import catalogue, organizations
from accounts.sign_in import lockout, methods
from audit.actions import Outcome
from audit.models import Event
from core import client
from core.desk.moments import when
from core.desk.permissions import SitePermission
from core.models import OutboxMessage
from core.places import with_place

P = SitePermission
FEW = 8
GOOD, BAD, WARN = "badge-good", "badge-bad", "badge-warning"


def register() -> None:
    for panel in (ADDRESSES, WAYS_IN, LOCKS, ROLES, SIGN_INS, MAILS, EVENTS):
        panels.register(panel)


def addresses(user: User) -> Iterator[Row]:
    for address in EmailAddress.objects.filter(user=user).order_by("-primary", "email"):
        state = (_("confirmed"), GOOD) if address.verified else (_("not confirmed"), WARN)
        yield Row(address.email, badges=(state, *([(_("main"), "")] if address.primary else [])))


def ways_in(user: User) -> Iterator[Row]:
    if user.has_usable_password():
        yield Row(methods.label("password"))
    if user.last_login:
        yield Row(_("Signed in last"), (when(user.last_login),))


def locks(user: User) -> Iterator[Row]:
    waits = lockout.locks_of(user)
    if waits:
        text = ngettext(
            "Wrong passwords from %(count)d network: it waits.",
            "Wrong passwords from %(count)d networks: they wait.",
            waits,
        )
        yield Row(text % {"count": waits})
    if user.locked_at:
        yield Row(_("Locked until a new password is chosen"), (when(user.locked_at),))


def roles(user: User) -> Iterator[Row]:
    if user.is_superuser:
        yield Row(str(catalogue.OWNER))
    for grant in RoleGrant.objects.live().filter(user=user).select_related("role", "given_by"):
        yield Row(str(grant.role), tuple(_of_grant(grant)), item=str(grant.pk), acts=("take-role",))


def _of_grant(grant: RoleGrant) -> Iterator[str]:
    if grant.organization:
        yield _("only for %(organization)s") % {"organization": organizations.name(grant.organization)}
    if grant.ends_at:
        yield _("until %(when)s") % {"when": when(grant.ends_at)}
    yield _("since %(when)s") % {"when": when(grant.given_at)}
    if grant.given_by:
        yield _("given by %(person)s") % {"person": grant.given_by.get_full_name()}
    if grant.reason:
        yield grant.reason


def signed_in(user: User) -> Iterator[Row]:
    for sign_in in sign_ins.of(user)[:FEW]:
        kind = ((_("program"), ""),) if sign_in.kind == "program" else ()
        details = (
            with_place(sign_in.address),
            _("by %(methods)s") % {"methods": sign_in.methods_in_words} if sign_in.methods else "",
            _("since %(when)s") % {"when": when(sign_in.created_at)},
            _("last seen %(when)s") % {"when": when(sign_in.last_seen_at)},
        )
        yield Row(
            client.device_in_words(sign_in.device),
            details,
            badges=kind,
            item=sign_in.name,
            acts=("end-sign-in",),
        )


def mails(user: User) -> Iterator[Row]:
    # What they read above it says what it was; what stands in it may be a link that opens the account.
    sent = OutboxMessage.objects.filter(person=user.public_id).defer("text", "html")
    for mail in sent.order_by("-id")[:FEW]:
        failed = mail.state in (OutboxMessage.State.FAILED, OutboxMessage.State.DEFERRED)
        yield Row(
            mail.subject,
            (mail.recipient, when(mail.sent_at or mail.created_at)),
            badges=((mail.get_state_display(), BAD if failed else ""),),
            item=str(mail.pk),
            acts=("resend",),
        )


def events(user: User) -> Iterator[Row]:
    return _in_words(user, Event.objects.of_person(user.public_id))


def events_within(user: User, ids: Collection[UUID]) -> Iterator[Row]:
    return _in_words(user, Event.objects.of_person(user.public_id).filter(organization__in=ids))


def _in_words(user: User, found: QuerySet[Event]) -> Iterator[Row]:
    for event in found[:FEW]:
        known = event.personal_fields()
        refused = event.outcome == Outcome.REFUSED
        by_others = event.actor is not None and event.actor != user.public_id
        yield Row(
            event.get_action_display(),
            (
                when(event.at),
                with_place(known.address) if known.address else "",
                known.details.get("reason", ""),
            ),
            badges=(
                *([(_("refused"), WARN)] if refused else []),
                *([(_("by somebody else"), "")] if by_others else []),
            ),
            link=reverse("admin:audit_event_change", args=[event.pk]),
        )


def list_of(name: str) -> Any:
    return lambda user: f"{reverse(f'admin:{name}_changelist')}?q={user.email}"


ADDRESSES = Panel(gettext_lazy("Addresses"), P.PEOPLE_VIEW, addresses, gettext_lazy("None."), order=10)
WAYS_IN = Panel(
    gettext_lazy("Password"),
    P.PEOPLE_VIEW,
    ways_in,
    gettext_lazy("No password, and never signed in."),
    order=11,
)
LOCKS = Panel(gettext_lazy("Locks"), P.PEOPLE_VIEW, locks, gettext_lazy("Nothing keeps them out."), order=12)
ROLES = Panel(
    gettext_lazy("Roles at the desk"),
    P.ROLES_VIEW,
    roles,
    gettext_lazy("Does not work at the desk."),
    order=60,
)
SIGN_INS = Panel(
    gettext_lazy("Signed in with"),
    P.SESSIONS_VIEW,
    signed_in,
    gettext_lazy("Not signed in anywhere."),
    link=list_of("accounts_session"),
    order=30,
)
MAILS = Panel(
    gettext_lazy("Mails"),
    P.MAILS_VIEW,
    mails,
    gettext_lazy("None in the last days."),
    link=list_of("core_outboxmessage"),
    order=70,
)
EVENTS = Panel(
    gettext_lazy("What happened lately"),
    P.EVENTS_VIEW,
    events,
    gettext_lazy("Nothing yet."),
    within=events_within,
    link=lambda user: f"{reverse('admin:audit_event_changelist')}?q={user.public_id}",
    order=80,
)
