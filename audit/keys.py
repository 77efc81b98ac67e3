"""Each person's key: made at first use, cached for writing, wrapped anew when the ring rotates."""

import threading
from collections import OrderedDict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import BinaryField, Func, Value

from audit.models import PersonKey
from core import crypto

# Events about nobody we know, such as a sign-in with an address that has no account, share one key.
NOBODY = UUID(int=0)
BATCH = 500

# Makes the key or finds it, in one statement. The last part cannot see a row that another transaction committed
# while the first part waited for it: then nothing comes back, and a second look finds it.
FIND_OR_MAKE = """
WITH made AS (
    INSERT INTO audit_personkey (person, wrapped) VALUES (%(person)s, %(wrapped)s)
    ON CONFLICT (person) DO NOTHING RETURNING wrapped
)
SELECT wrapped FROM made UNION ALL SELECT wrapped FROM audit_personkey WHERE person = %(person)s
"""

# A row without a key is left even where there was none, against a record that is being written right now.
DESTROY = """
INSERT INTO audit_personkey AS existing (person, destroyed_at) VALUES (%(person)s, now())
ON CONFLICT (person) DO UPDATE SET wrapped = NULL, destroyed_at = EXCLUDED.destroyed_at
WHERE existing.destroyed_at IS NULL
"""


class KeyCache:
    """Keys lately used for writing. Reading never asks here, so an erasure needs no word to other processes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: OrderedDict[UUID, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, person: UUID) -> bytes | None:
        with self._lock:
            if person in self._keys:
                self._keys.move_to_end(person)
            return self._keys.get(person)

    def put(self, person: UUID, key: bytes) -> None:
        with self._lock:
            self._keys[person] = key
            self._keys.move_to_end(person)
            if len(self._keys) > self._size:
                self._keys.popitem(last=False)

    def drop(self, person: UUID) -> None:
        with self._lock:
            self._keys.pop(person, None)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


cache = KeyCache(size=10_000)


def for_writing(person: UUID) -> bytes | None:
    """None for a person who was erased. Raises DecryptionError when the ring no longer opens what is stored."""
    cached = cache.get(person)
    if cached is not None:
        return cached
    key = _find_or_make(person)
    if key is not None:
        # A key made in a transaction that is rolled back must not encrypt what comes after it.
        transaction.on_commit(lambda: cache.put(person, key))
    return key


def destroy(person: UUID) -> bool:
    """Whether there was still something to destroy."""
    with connection.cursor() as cursor:
        cursor.execute(DESTROY, {"person": person})
        destroyed = bool(cursor.rowcount)
    transaction.on_commit(lambda: cache.drop(person))
    return destroyed


def rotate() -> int:
    """Wraps every key anew that an older key of the ring still protects; answers how many there were."""
    current = crypto.current_prefix()
    prefix = Func("wrapped", Value(1), Value(len(current)), function="substr", output_field=BinaryField())
    stale = PersonKey.objects.alias(prefix=prefix).filter(wrapped__isnull=False).exclude(prefix=current)
    rotated, last = 0, NOBODY
    while rows := list(stale.filter(person__gte=last).order_by("person")[:BATCH]):
        with transaction.atomic():
            rotated += sum(map(_rewrap, rows))
        last = rows[-1].person
    return rotated


def _rewrap(row: PersonKey) -> int:
    key = row.unwrapped()
    if key is None:
        return 0
    # Compared with what was read, so that a key destroyed meanwhile does not come back.
    same = PersonKey.objects.filter(person=row.person, wrapped=row.wrapped)
    return same.update(wrapped=PersonKey.wrap(key, person=row.person))


def _find_or_make(person: UUID) -> bytes | None:
    offered = PersonKey.wrap(crypto.new_key(), person=person)
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(FIND_OR_MAKE, {"person": person, "wrapped": offered})
            if found := cursor.fetchone():
                return PersonKey(person=person, wrapped=found[0]).unwrapped()
    raise LookupError(f"no key for {person}")
