"""What roles know of organizations, which are rows of an app above: their names, and who belongs to them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User


@dataclass(frozen=True)
class Directory:
    # By what people type: a short name or a public id.
    find: Callable[[str], UUID | None]
    names: Callable[[Collection[UUID]], dict[UUID, str]]
    people: Callable[[Collection[UUID]], QuerySet[User]]


_directories: list[Directory] = []


def register(directory: Directory) -> None:
    _directories[:] = [directory]


def directory() -> Directory:
    return _directories[0]


def name(organization: UUID) -> str:
    return directory().names([organization]).get(organization, str(organization))
