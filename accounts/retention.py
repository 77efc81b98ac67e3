"""What is deleted once its time is over, in small batches."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.flows import proof, unproved
from accounts.models import BulkJob, BulkTarget, Proof, Session
from accounts.sign_in import browsers, lockout
from core.retention import delete_in_batches

# Whom a bulk action concerned stands in the log as well; its own list is for those who look how far it has come.
BULK_KEPT = timedelta(days=30)


def prune() -> None:
    prune_sessions()
    prune_proofs()
    browsers.prune()
    lockout.prune()
    unproved.prune(older_than=settings.UNCONFIRMED_RETENTION)
    prune_bulk()


def prune_sessions() -> int:
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


def prune_proofs() -> int:
    """A while after their end: an old link can still say what became of it, and which address is new is known."""
    kept = max(settings.UNCONFIRMED_RETENTION, *proof.LIFETIME.values())
    return delete_in_batches(Proof.objects.filter(expires_at__lt=timezone.now() - kept))


def prune_bulk() -> int:
    """The people first, in batches: a job can name a million."""
    over = BulkJob.objects.filter(finished_at__lt=timezone.now() - BULK_KEPT)
    return delete_in_batches(BulkTarget.objects.filter(job__in=over)) + delete_in_batches(over)
