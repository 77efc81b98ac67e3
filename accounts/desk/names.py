"""How people in the log are called."""

from collections.abc import Collection
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from audit import names
from audit.names import Kind, Name


def register() -> None:
    names.register(Kind.PERSON, of_people, by_address)


def by_address(text: str) -> UUID | None:
    """Any of theirs."""
    return User.objects.with_address(text.lower()).values_list("public_id", flat=True).first()


def of_people(ids: Collection[UUID]) -> dict[UUID, Name]:
    return {
        user.public_id: Name(user.get_full_name(), reverse("admin:accounts_user_change", args=[user.pk]))
        for user in User.objects.filter(public_id__in=ids).only("public_id", "name", "email")
    }
