"""What is deleted once its time is over, in small batches."""

from datetime import timedelta

from django.utils import timezone

from core.retention import delete_in_batches
from mfa import ceremonies, trust
from mfa.models import FORGOTTEN_AFTER, FactorReset, Guesses

RESETS_KEPT = timedelta(days=90)


def prune() -> None:
    trust.prune()
    ceremonies.prune()
    delete_in_batches(FactorReset.objects.filter(ended_at__lt=timezone.now() - RESETS_KEPT))
    delete_in_batches(Guesses.objects.filter(last_failed_at__lt=timezone.now() - FORGOTTEN_AFTER))
