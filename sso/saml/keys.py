"""The keys of both sides: those of ours that a connection has, and those of its provider that count today."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.utils import timezone
from django.utils.translation import gettext as _

from core import statements
from sso.models import Connection, IdpCertificate, Legacy, ServiceKey
from sso.saml import names
from sso.saml.errors import Reason, Untrusted
from sso.saml.gate import Allowed

KEY_BITS = 3072
SMALLEST_RSA = 2048
# Providers take certificates by their key; the date only stops those that look at it.
CERTIFICATE_LIFETIME = timedelta(days=3650)
# How long the next key stands in the metadata before it signs, and the last one after it has.
AHEAD = timedelta(days=14)

IN_TIME = f"""
SELECT array_agg(pem ORDER BY id) FROM {IdpCertificate._meta.db_table}
WHERE connection_id = $1::bigint
AND (not_before IS NULL OR not_before <= now()) AND (not_after IS NULL OR not_after > now())
"""  # noqa: S608 - a table of our own


class WeakCertificate(ValueError):
    """A certificate that cannot be trusted to verify anything; the text says why."""


def make(connection: Connection, *, signs_from: datetime | None = None) -> ServiceKey:
    private, certificate = _pair(connection.slug)
    return ServiceKey.objects.create(
        connection=connection,
        private_key=private,
        certificate=certificate,
        signs_from=signs_from or timezone.now(),
    )


def published(connection: Connection) -> list[ServiceKey]:
    """The one that signs first, then the next, then the last: what providers encrypt to is the first."""
    if not _alive(connection):
        return []
    signing = signing_key(connection)
    others = [key for key in _alive(connection) if key.pk != signing.pk]
    return [signing, *others]


def signing_key(connection: Connection) -> ServiceKey:
    """The newest of those whose time to sign has come."""
    rows, now = _alive(connection), timezone.now()
    begun = [key for key in rows if key.signs_from <= now]
    return max(begun or rows, key=lambda key: key.signs_from)


def roll(connection: Connection) -> ServiceKey:
    """The next key: in the metadata from now on, signing once providers have had the time to read it."""
    return make(connection, signs_from=timezone.now() + AHEAD)


def _alive(connection: Connection) -> list[ServiceKey]:
    """Those that a later one has not followed for so long that every provider knows that one by now."""
    now = timezone.now()
    rows = [*connection.keys.filter(retired_at__isnull=True).order_by("signs_from")]
    followed = [key.signs_from for key in rows if key.signs_from <= now - AHEAD]
    newest = max(followed, default=None)
    return [key for key in rows if newest is None or key.signs_from >= newest]


def certificates_of(connection: Connection) -> list[str]:
    """Those that are in time today: a key that its owner has let expire proves nothing."""
    row = statements.read(IN_TIME, connection.pk)
    found = [pem for pem in (row[0] if row and row[0] else []) if _is_strong(pem)]
    if not found:
        raise Untrusted(Reason.NO_CERTIFICATE)
    return found


@lru_cache(maxsize=1024)
def _is_strong(pem: str) -> bool:
    """Looked at again where it is used: there are more ways into a table than its forms."""
    try:
        parse(pem)
    except WeakCertificate:
        return False
    return True


def certificate(connection: Connection, text: str) -> IdpCertificate:
    """A row for what an administrator or a provider's metadata brought; not saved. Raises WeakCertificate."""
    parsed = parse(text)
    return IdpCertificate(
        connection=connection,
        pem=parsed.public_bytes(Encoding.PEM).decode(),
        fingerprint=parsed.fingerprint(hashes.SHA256()).hex(),
        subject=parsed.subject.rfc4514_string()[:255],
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
    )


def parse(text: str) -> x509.Certificate:
    body = "".join(
        text.replace("-----BEGIN CERTIFICATE-----", "").replace("-----END CERTIFICATE-----", "").split()
    )
    pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WeakCertificate(_("this is no certificate")) from error
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < SMALLEST_RSA:
            raise WeakCertificate(
                _("its RSA key has %(bits)d bits, fewer than %(least)d")
                % {"bits": key.key_size, "least": SMALLEST_RSA}
            )
    elif not isinstance(key, ec.EllipticCurvePublicKey):
        raise WeakCertificate(_("its key is neither RSA nor of an elliptic curve"))
    return found


def allowed(connection: Connection) -> Allowed:
    """The usual algorithms, and what this connection may use for a while yet."""

    def with_legacy(usual: set[str], extra: dict[Legacy, set[str]]) -> frozenset[str]:
        return frozenset(usual.union(*(more for name, more in extra.items() if connection.allows(name))))

    return Allowed(
        signatures=with_legacy(names.SIGNATURES, names.LEGACY_SIGNATURES),
        digests=with_legacy(names.DIGESTS, names.LEGACY_DIGESTS),
        ciphers=with_legacy(names.CIPHERS, names.LEGACY_CIPHERS),
        key_transports=with_legacy(names.KEY_TRANSPORTS, names.LEGACY_TRANSPORTS),
    )


def _pair(name: str) -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + CERTIFICATE_LIFETIME)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, certificate.public_bytes(Encoding.PEM).decode()
