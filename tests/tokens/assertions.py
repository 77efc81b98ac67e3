"""Key pairs of clients, and what they sign."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.conf import settings
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAKERS: dict[str, Any] = {
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, OKPAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), RSAAlgorithm),
}


class Pair:
    def __init__(self, algorithm: str = "EdDSA") -> None:
        make, self.kind = MAKERS[algorithm]
        self.algorithm, self.private = algorithm, make()

    @property
    def public_jwk(self) -> dict[str, Any]:
        return dict(self.kind.to_jwk(self.private.public_key(), as_dict=True))

    def signed(self, client_id: Any, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """As § 3 of RFC 7523 has it, unless a claim says otherwise; None leaves it out."""
        said = {
            "iss": str(client_id),
            "sub": str(client_id),
            "aud": f"{settings.BASE_URL}/api/auth/token",
            "exp": int(time.time()) + 60,
            "jti": str(uuid4()),
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, self.private, algorithm=self.algorithm, headers=headers)
