"""Whose mailbox may give the account back when addresses change: not one that somebody only just brought along."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.flows import proof, unproved
from accounts.models import Proof, User
from audit.actions import Action
from audit.models import Event


def has(address: EmailAddress, *, main: EmailAddress) -> bool:
    """Against an address that was there before, one has it only after as long as its owner had to remove it."""
    return address.pk < main.pk or not _is_new(address)


def is_taken(found: Proof) -> bool:
    """Whether the mailbox is somebody else's by now; who merely claims it is nobody."""
    return unproved.has_owner(found.email, besides=found.user)


def give_to(user: User, mailbox: str) -> None:
    """What the mailboxes of others were sent, so that they could speak, is worth nothing from now on."""
    others = Proof.objects.filter(user=user, purpose__in=proof.PROTECTIVE).exclude(email=mailbox)
    others.filter(ended_at__isnull=True).update(ended_at=timezone.now(), end=Proof.End.REVOKED)


def take_back(user: User, *, mailbox: str, since: datetime) -> None:
    """The main address is `mailbox` again, unless it was another before; what was confirmed since then goes."""
    addresses = EmailAddress.objects.filter(user=user)
    addresses.filter(email__in=_proved_since(user, since)).exclude(email=mailbox).delete()
    if not addresses.filter(email=user.email).exists():
        unproved.give_way(email=mailbox, owner=user)
        # One by one, since at most one may be the main one.
        addresses.filter(primary=True).update(primary=False)
        addresses.update_or_create(user=user, email=mailbox, defaults={"verified": True, "primary": True})
        user.email = mailbox
        user.save(update_fields=["email"])
    give_to(user, mailbox)


def main_at(user: User, moment: datetime) -> str:
    """Which address was the main one then. Where it is somebody else's by now, another that was there then."""
    recent = _proved_since(user, moment)
    addresses = EmailAddress.objects.filter(user=user, verified=True).exclude(email__in=recent)
    former = _first_left(user, moment) or ("" if user.email in recent else user.email)
    there_then = [*filter(None, [former]), *addresses.order_by("pk").values_list("email", flat=True)]
    free = (mailbox for mailbox in there_then if not unproved.has_owner(mailbox, besides=user))
    return str(next(free, user.email))


def _first_left(user: User, moment: datetime) -> str:
    """The main address that was the first to give way to another since then, or nothing."""
    changes = Event.objects.of_person(user.public_id).filter(action=Action.EMAIL_CHANGE, at__gte=moment)
    known = (change.personal_fields().before.get("email") for change in reversed(changes))
    return next(filter(None, known), "")


def _is_new(address: EmailAddress) -> bool:
    week_ago = timezone.now() - proof.LIFETIME[Proof.Purpose.UNDO_EMAIL_CHANGE]
    return address.email in _proved_since(address.user, week_ago)


def _proved_since(user: User, moment: datetime) -> list[str]:
    proved = Proof.objects.filter(user=user, purpose=Proof.Purpose.VERIFY_EMAIL, end=Proof.End.USED)
    return list(proved.filter(ended_at__gte=moment).values_list("email", flat=True))
