"""The line of refresh tokens of one sign-in, in the two statements that every renewal makes.

Programs renew all day long, so these are written out and prepared; whatever is rare goes through the model.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.log import Change
from core import statements
from core.client import Facts
from tokens.models import Family

LOOK = """
SELECT family.id, family.public_id, person.public_id, family.secret, family.number, family.created_at, family.scope,
  family.strict, family.idle_limit, family.absolute_limit
FROM tokens_family family JOIN accounts_user person ON person.id = family.user_id
WHERE family.public_id = $1
"""
# One statement that can succeed once for each number; whoever ends the sign-in waits for it, or is waited for. Limits
# that came nearer since the look hold as well: LEAST takes no notice of those that are null.
MOVE_ON = """
UPDATE tokens_family family
SET number = number + 1, rotated_at = $3, address = $4, device = $5,
  expires_at = LEAST($6, $3 + family.idle_limit, family.created_at + family.absolute_limit)
FROM accounts_user person
WHERE family.id = $1 AND family.number = $2 AND family.ended_at IS NULL AND family.expires_at > $3
  AND person.id = family.user_id AND person.is_active AND person.locked_at IS NULL
RETURNING family.number
"""


@dataclass(frozen=True)
class Line:
    pk: int
    public_id: UUID
    person: UUID
    secret: str
    number: int
    created_at: datetime
    scope: str
    strict: bool
    idle_limit: timedelta | None
    absolute_limit: timedelta | None


def look(public_id: UUID) -> Line | None:
    row = statements.read(LOOK, public_id)
    if row is None:
        return None
    pk, name, person, sealed, *rest = row
    return Line(pk, name, person, _opened(sealed), *rest)


def of(family: Family) -> Line:
    return Line(
        pk=family.pk,
        public_id=family.public_id,
        person=family.user.public_id,
        secret=family.secret,
        number=family.number,
        created_at=family.created_at,
        scope=family.scope,
        strict=family.strict,
        idle_limit=family.idle_limit,
        absolute_limit=family.absolute_limit,
    )


def moving_on(line: Line, *, now: datetime, facts: Facts, expires_at: datetime) -> Change:
    return Change(MOVE_ON, (line.pk, line.number, now, facts.address, facts.device[:100], expires_at))


def _opened(sealed: bytes) -> str:
    field = Family._meta.get_field("secret")
    return str(field.from_db_value(sealed, None, None))
