"""What is deleted once its time is over, in small batches."""

from django.utils import timezone

from core.retention import delete_in_batches
from mfa import ceremonies, trust
from mfa.models import FORGOTTEN_AFTER, Guesses


def prune() -> None:
    trust.prune()
    ceremonies.prune()
    delete_in_batches(Guesses.objects.filter(last_failed_at__lt=timezone.now() - FORGOTTEN_AFTER))
