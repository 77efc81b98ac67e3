"""What is deleted once its time is over, in small batches; and the signing key that has had its time."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from core.retention import delete_in_batches
from tokens import keys
from tokens.models import ApiKey, Family, ServiceCredential, UsedAssertion

# So long an old token that turns up again is still known for what it is.
KEPT = timedelta(days=30)


def prune() -> None:
    oldest = timezone.now() - KEPT
    delete_in_batches(Family.objects.filter(Q(ended_at__lt=oldest) | Q(expires_at__lt=oldest)))
    delete_in_batches(ApiKey.objects.filter(Q(ended_at__lt=oldest) | Q(expires_at__lt=oldest)))
    delete_in_batches(
        ServiceCredential.across_organizations.filter(Q(ended_at__lt=oldest) | Q(expires_at__lt=oldest))
    )
    delete_in_batches(UsedAssertion.objects.filter(expires_at__lt=timezone.now()))
    keys.rotate_when_due()
    keys.prune()
