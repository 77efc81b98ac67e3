"""The name of a public key (RFC 7638): a digest of what makes it this key, in one fixed spelling."""

import base64
import hashlib
import json
from collections.abc import Mapping

# § 3.2, and RFC 8037 § 2 for Ed25519.
MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def of(jwk: Mapping[str, str]) -> str:
    required = {name: jwk[name] for name in MEMBERS[jwk["kty"]]}
    spelled = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(spelled.encode()).digest()).rstrip(b"=").decode()
