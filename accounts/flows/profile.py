"""What a person says of themselves: name, language, time zone."""

from django.db import transaction

from accounts.models import User
from audit import log
from audit.actions import Action
from core.client import Facts

FIELDS = ("name", "language", "time_zone")


def update(*, user: User, facts: Facts, **values: str) -> bool:
    """Whether anything is different from before."""
    with transaction.atomic():
        user.refresh_from_db(from_queryset=User.objects.select_for_update())
        before = {field: getattr(user, field) for field in values}
        changed = [field for field, value in values.items() if before[field] != value]
        if changed:
            for field in changed:
                setattr(user, field, values[field])
            user.save(update_fields=changed)
            log.record(
                Action.PROFILE_CHANGE,
                actor=user.public_id,
                person=user.public_id,
                facts=facts,
                before=before,
                after=values,
            )
    return bool(changed)
