"""From what other systems export to what `User.password` keeps. docs/security/passwords.md lists the forms."""

import base64
import re
from collections.abc import Callable

from accounts.passwords.argon2id import Argon2Hash, Argon2idHasher
from accounts.passwords.foreign import MOST_BYTES, ForeignHash, ImportedHasher

# The same promise as in accounts.passwords.foreign: about a second of a core at most.
ARGON2_MEMORY_LIMIT_KIB = 256 * 1024
ARGON2_WORK_LIMIT_KIB = 512 * 1024
ARGON2_LANES_LIMIT = 16

Read = Callable[[re.Match[str]], ForeignHash]


class UnknownHash(ValueError):
    """No known form of a password hash, or one that would cost too much to verify."""


def imported(exported: str) -> str:
    """What to store for a hash from elsewhere, or UnknownHash. The next sign-in replaces it by a hash of our own."""
    text = exported.strip()
    argon2 = Argon2Hash.parsed(text.removeprefix(Argon2idHasher.algorithm))
    if argon2 is not None and _is_bearable(argon2):
        return f"{Argon2idHasher.algorithm}{argon2}"
    foreign = _foreign(text)
    if foreign is not None and foreign.is_acceptable():
        return f"{ImportedHasher.algorithm}${foreign}"
    raise UnknownHash("This is no password hash of a known form, or its cost is out of bounds.")


def _is_bearable(argon2: Argon2Hash) -> bool:
    return (
        argon2.memory_kib <= ARGON2_MEMORY_LIMIT_KIB
        and argon2.work <= ARGON2_WORK_LIMIT_KIB
        and argon2.lanes <= ARGON2_LANES_LIMIT
        and len(argon2.salt) <= MOST_BYTES
        and len(argon2.key) <= MOST_BYTES
    )


def _foreign(text: str) -> ForeignHash | None:
    for form, read in FORMS:
        match = re.fullmatch(form, text)
        if match is not None:
            try:
                return read(match)
            except ValueError:
                return None
    return None


def _bcrypt(scheme: str) -> Read:
    def read(match: re.Match[str]) -> ForeignHash:
        # $2y$ and $2b$ name the same algorithm, as does $2a$ in everything made since 2011.
        text = f"$2b${match['cost']}${match['rest']}".encode()
        return ForeignHash(scheme, (int(match["cost"]),), salt=text[:29], key=text)

    return read


def _pbkdf2(salt: Callable[[str], bytes], key: Callable[[str], bytes]) -> Read:
    def read(match: re.Match[str]) -> ForeignHash:
        scheme = f"pbkdf2-{match['digest'] or 'sha1'}"
        return ForeignHash(scheme, (int(match["iterations"]),), salt(match["salt"]), key(match["key"]))

    return read


def _scrypt(salt: Callable[[str], bytes], key: Callable[[str], bytes]) -> Read:
    def read(match: re.Match[str]) -> ForeignHash:
        n = int(match["n"]) if "n" in match.re.groupindex else 2 ** int(match["ln"])
        cost = (n, int(match["r"]), int(match["p"]))
        return ForeignHash("scrypt", cost, salt(match["salt"]), key(match["key"]))

    return read


def _base64(text: str) -> bytes:
    """Also without padding, and with the dot that passlib writes for a plus."""
    text = text.rstrip("=").replace(".", "+")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


_BCRYPT = r"\$2[aby]\$(?P<cost>\d\d)\$(?P<rest>[./A-Za-z0-9]{53})"
_SALT_TEXT = r"(?P<salt>[^$]{1,128})"
_KEY_BASE64 = r"(?P<key>[A-Za-z0-9+/.]{20,128}={0,2})"
_SALT_BASE64 = r"(?P<salt>[A-Za-z0-9+/.]{0,128}={0,2})"
_KEY_HEX = r"(?P<key>(?:[0-9a-f]{2}){16,64})"

FORMS: list[tuple[str, Read]] = [
    (rf"(?:bcrypt\$)?{_BCRYPT}", _bcrypt("bcrypt")),
    # Django
    (rf"bcrypt_sha256\${_BCRYPT}", _bcrypt("bcrypt-of-sha256")),
    (
        rf"pbkdf2_(?P<digest>sha1|sha256)\$(?P<iterations>\d{{1,9}})\${_SALT_TEXT}\${_KEY_BASE64}",
        _pbkdf2(str.encode, _base64),
    ),
    (
        rf"scrypt\$(?P<n>\d{{1,9}})\${_SALT_TEXT}\$(?P<r>\d{{1,3}})\$(?P<p>\d{{1,3}})\${_KEY_BASE64}",
        _scrypt(str.encode, _base64),
    ),
    # passlib and the PHC string format
    (
        rf"\$pbkdf2(?:-(?P<digest>sha256|sha512))?\$(?:i=)?(?P<iterations>\d{{1,9}})"
        rf"\${_SALT_BASE64}\${_KEY_BASE64}",
        _pbkdf2(_base64, _base64),
    ),
    (
        rf"\$scrypt\$ln=(?P<ln>\d{{1,2}}),r=(?P<r>\d{{1,3}}),p=(?P<p>\d{{1,3}})\${_SALT_BASE64}\${_KEY_BASE64}",
        _scrypt(_base64, _base64),
    ),
    # Werkzeug, which Flask uses
    (
        rf"pbkdf2:(?P<digest>sha1|sha256|sha512):(?P<iterations>\d{{1,9}})\${_SALT_TEXT}\${_KEY_HEX}",
        _pbkdf2(str.encode, bytes.fromhex),
    ),
    (
        rf"scrypt:(?P<n>\d{{1,9}}):(?P<r>\d{{1,3}}):(?P<p>\d{{1,3}})\${_SALT_TEXT}\${_KEY_HEX}",
        _scrypt(str.encode, bytes.fromhex),
    ),
]
