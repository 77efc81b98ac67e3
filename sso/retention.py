"""What is deleted once its time is over, in small batches."""

from django.conf import settings
from django.utils import timezone

from core.retention import delete_in_batches
from sso.models import LogoutAttempt, ParkedAssertion, SeenMessage, SignInRequest, Visit


def prune() -> None:
    now = timezone.now()
    for model in (SignInRequest, ParkedAssertion, SeenMessage, LogoutAttempt):
        delete_in_batches(model.objects.filter(expires_at__lt=now))
    # No session is older than this, so nothing rests on it any more.
    delete_in_batches(Visit.objects.filter(created_at__lt=now - settings.SESSION_ABSOLUTE_TIMEOUT))
