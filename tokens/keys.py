"""The ring of keys that sign what we hand to programs: made, published, used, retired.

Every process keeps the ring for a minute. A key is therefore published well before it signs, and believed until
everything it signed has ended: a rotation loses no request.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from jwt.algorithms import get_default_algorithms

from audit import log
from audit.actions import Action
from tokens import thumbprint
from tokens.models import SigningKey

# How long a process, and whoever fetched the public keys, may go on with what they know.
KNOWN_FOR = timedelta(seconds=60)
PUBLISHED_AHEAD = timedelta(hours=1)
# Past the life of the longest-lived token, for clocks that are off.
MARGIN = timedelta(minutes=5)
RSA_BITS = 3072
# Any constant: whoever makes a key holds this lock, so that two processes do not make two.
LOCK = 0x6B657973


@dataclass(frozen=True)
class Key:
    kid: str
    algorithm: str
    private: Any
    public: Any
    signs_from: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Ring:
    keys: dict[str, Key]
    read_at: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.read_at < KNOWN_FOR.total_seconds()


_ring: Ring | None = None


def signing() -> Key:
    """The key that signs now; the first one is made when it is needed."""
    now = timezone.now()
    ready = [key for key in _known().keys.values() if key.signs_from <= now and not _is_over(key, now)]
    if not ready:
        _make_first()
        return signing()
    return max(ready, key=lambda key: key.signs_from)


def verifying(kid: str) -> Key | None:
    """Only a key of our own, by its name. An unknown name costs nothing: it cannot be newer than what is published."""
    key = _known().keys.get(kid)
    if key is None or key.ends_at is None:
        return key
    return None if _is_over(key, timezone.now()) else key


def published() -> list[dict[str, Any]]:
    """The public halves, those that will sign soon among them."""
    return list(_believed().order_by("-signs_from").values_list("public_jwk", flat=True))


def rotate(*, at_once: bool = False, algorithm: str = "") -> SigningKey:
    """A new key, which signs once everybody can know it.

    `at_once` is for a key that somebody else may have: the new one signs immediately, and within `KNOWN_FOR` no
    process believes what older ones signed.
    """
    with transaction.atomic():
        _lock()
        now = timezone.now()
        signs_from = now if at_once else now + PUBLISHED_AHEAD
        last_word = now if at_once else signs_from + settings.ACCESS_TOKEN_LIFETIME + MARGIN
        _believed().filter(Q(ends_at=None) | Q(ends_at__gt=last_word)).update(ends_at=last_word)
        key = _make(algorithm or settings.TOKEN_ALGORITHM, signs_from)
        log.record(Action.SIGNING_KEY_ROTATE, data={"kid": key.kid, "at_once": at_once})
    forget()
    return key


def rotate_when_due() -> SigningKey | None:
    newest = SigningKey.objects.order_by("-signs_from").first()
    if newest is None or timezone.now() - newest.signs_from < settings.SIGNING_KEY_LIFETIME:
        return None
    return rotate()


def prune() -> int:
    return SigningKey.objects.filter(ends_at__lt=timezone.now() - MARGIN).delete()[0]


def forget() -> None:
    """The next look reads the ring anew."""
    global _ring  # noqa: PLW0603 - the one cache of this process
    _ring = None


def _known() -> Ring:
    global _ring  # noqa: PLW0603
    if _ring is None or not _ring.is_fresh:
        _ring = Ring({row.kid: _loaded(row) for row in _believed()}, time.monotonic())
    return _ring


def _believed() -> Any:
    return SigningKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()))


def _is_over(key: Key, now: datetime) -> bool:
    return key.ends_at is not None and key.ends_at <= now


def _make_first() -> None:
    with transaction.atomic():
        _lock()
        if not _believed().filter(signs_from__lte=timezone.now()).exists():
            _make(settings.TOKEN_ALGORITHM, timezone.now())
    forget()


def _generated(algorithm: str) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    match SigningKey.Algorithm(algorithm):
        case SigningKey.Algorithm.EDDSA:
            return ed25519.Ed25519PrivateKey.generate()
        case SigningKey.Algorithm.ES256:
            return ec.generate_private_key(ec.SECP256R1())
        case SigningKey.Algorithm.RS256:
            return rsa.generate_private_key(65537, RSA_BITS)


def _make(algorithm: str, signs_from: datetime) -> SigningKey:
    private = _generated(algorithm)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = _algorithm(algorithm).to_jwk(private.public_key(), as_dict=True)
    kid = thumbprint.of(public)
    jwk = {**public, "kid": kid, "use": "sig", "alg": algorithm}
    jwk.pop("key_ops", None)
    return SigningKey.objects.create(
        kid=kid, algorithm=algorithm, private_key=pem, public_jwk=jwk, signs_from=signs_from
    )


def _loaded(row: SigningKey) -> Key:
    private: Any = load_pem_private_key(row.private_key.encode(), password=None)
    return Key(row.kid, row.algorithm, private, private.public_key(), row.signs_from, row.ends_at)


def _algorithm(name: str) -> Any:
    return get_default_algorithms()[name]


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
