from django.utils import timezone

from accounts.models import Session
from core.retention import delete_in_batches


def prune_sessions() -> int:
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))
