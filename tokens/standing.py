"""What is behind a credential, and whether it still stands: one read at every request, so that an end is one at once.

Columns of people are all read, in the model's order, so that the row becomes a person without asking again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import cached_property

from accounts.api.scopes import Credential, given
from accounts.models import User
from core import statements
from tokens.jwt import Access


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{field.column}" for field in User._meta.concrete_fields)


class _Statements:
    """Spelled once the models are known."""

    @cached_property
    def of_person(self) -> list[str]:
        return [field.attname for field in User._meta.concrete_fields]

    @cached_property
    def sign_in(self) -> str:
        return f"""
SELECT family.id, family.created_at, {_columns("person")},
  EXISTS (SELECT FROM account_emailaddress address
          WHERE address.user_id = person.id AND address.email = person.email AND address.verified)
FROM tokens_family family JOIN accounts_user person ON person.id = family.user_id
WHERE family.public_id = $1 AND family.ended_at IS NULL AND family.expires_at > now()
  AND person.public_id = $2 AND person.is_active AND person.locked_at IS NULL
"""  # noqa: S608 - names of columns

    @cached_property
    def key(self) -> str:
        return f"""
SELECT key.id, key.public_id, key.scope, key.created_at, key.expires_at, key.last_used_at, key.last_used_from,
  {_columns("person")},
  EXISTS (SELECT FROM account_emailaddress address
          WHERE address.user_id = person.id AND address.email = person.email AND address.verified)
FROM tokens_apikey key JOIN accounts_user person ON person.id = key.user_id
WHERE key.digest = $1 AND key.ended_at IS NULL AND key.expires_at > now()
  AND person.is_active AND person.locked_at IS NULL
"""  # noqa: S608

    service = """
SELECT service.id, service.public_id, service.name, service.organization_id, service.scope, service.created_at,
  organization.is_trusted, credential.public_id
FROM tokens_servicecredential credential
  JOIN tokens_serviceaccount service ON service.id = credential.service_id
  JOIN orgs_organization organization ON organization.id = service.organization_id
WHERE credential.public_id = $1 AND credential.ended_at IS NULL AND credential.expires_at > now()
  AND service.public_id = $2 AND service.disabled_at IS NULL AND organization.status = 'active'
"""


_statements = _Statements()


@dataclass(frozen=True)
class SignIn:
    pk: int
    since: datetime
    user: User


@dataclass(frozen=True)
class Key:
    pk: int
    public_id: UUID
    scope: str
    since: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_from: str
    user: User


@dataclass(frozen=True)
class Service:
    pk: int
    public_id: UUID
    name: str
    organization_id: int
    scope: str
    since: datetime
    is_trusted: bool
    credential: UUID

    def scope_now(self) -> frozenset[str]:
        """Nothing, once the account, the credential or the organization is no longer good."""
        row = statements.read(_statements.service, self.credential, self.public_id)
        return given(row[4], Credential.SERVICE) if row else frozenset()


def sign_in(access: Access) -> SignIn | None:
    """Of a person, by one of their access tokens."""
    row = statements.read(_statements.sign_in, access.sid, access.subject)
    return None if row is None else SignIn(row[0], row[1], _person(row[2:]))


def key(digest: str) -> Key | None:
    row = statements.read(_statements.key, digest)
    return None if row is None else Key(*(*row[:7], _person(row[7:])))


def service(credential: UUID, service: UUID) -> Service | None:
    """By one of its credentials, as long as that one stands."""
    row = statements.read(_statements.service, credential, service)
    return None if row is None else Service(*row)


def _person(values: tuple[Any, ...]) -> User:
    *columns, has_proved_address = values
    user: User = User.from_db("default", _statements.of_person, columns)
    vars(user)["has_proved_address"] = has_proved_address
    return user
