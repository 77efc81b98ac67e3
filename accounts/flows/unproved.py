"""Accounts and addresses that nobody has proved to be theirs: they wait a while, and give way to whoever proves it."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Proof, User
from audit import log, privacy
from audit.actions import Action


def accounts() -> QuerySet[User]:
    """Never used, and with no address that was proved. Accounts that an operator made have a proved one."""
    proved = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(
        ~Exists(proved), last_login__isnull=True, is_staff=False, proof_asked_at__isnull=True
    )


def has_owner(email: str, *, besides: User | None = None) -> bool:
    """An account that merely waits for its proof is nobody's yet: it gives way to whoever proves the mailbox."""
    owners = User.objects.with_address(email).exclude(pk__in=accounts().values("pk"))
    return owners.exclude(pk=besides.pk if besides else 0).exists()


def clear(email: str, *, besides: User | None = None) -> None:
    """Makes room for an account whose mailbox is proved in another way."""
    for user in accounts().filter(email=email).exclude(pk=besides.pk if besides else 0):
        drop(user)


def give_way(*, email: str, owner: User) -> None:
    """`owner` reads this mailbox: what others claimed of it was not theirs."""
    with transaction.atomic():
        clear(email, besides=owner)
        EmailAddress.objects.filter(email=email, verified=False).exclude(user=owner).delete()


def drop(user: User) -> bool:
    """Deletes an account unless it was proved meanwhile, with what the log knows about a person who never was."""
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=user.pk).first()
        if not accounts().filter(pk=user.pk).exists():
            return False
        log.record(Action.PERSON_DROP, person=user.public_id)
        user.delete()
        privacy.erase(user.public_id)
    return True


def prune(older_than: timedelta, batch: int = 500) -> int:
    """Oldest first, each in a transaction of its own; who has a link that works is left alone."""
    linked = Proof.objects.open().filter(user=OuterRef("pk"))
    stale = accounts().filter(~Exists(linked), date_joined__lt=timezone.now() - older_than).order_by("pk")
    dropped = 0
    while found := sum(drop(user) for user in stale[:batch]):
        dropped += found
    return dropped
