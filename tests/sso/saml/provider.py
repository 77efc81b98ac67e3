"""An identity provider that a connection believes, and how the site takes what it says."""

import time
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sso.models import Connection
from sso.saml import response
from sso.saml.errors import SamlRefused
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Message, posted, signed
from tests.sso.saml.keys import Key, rsa_key
from tests.sso.saml.signing import Signing

IDP_KEY, SITE_KEY, STRANGE_KEY = rsa_key("idp"), rsa_key("site"), rsa_key("strange")
ASKED = "_asked"
# Far more than any message needs, and far less than an attack wants.
PATIENCE = 0.5


@dataclass(frozen=True)
class Provider:
    connection: Connection
    key: Key = IDP_KEY

    def message(self, **knobs: Any) -> Message:
        said: dict[str, Any] = {
            "acs": self.connection.acs_url,
            "issuer": self.connection.idp_entity_id,
            "audience": self.connection.entity_id,
            "in_response_to": ASKED,
        }
        return Message(**{**said, **knobs})

    def signing(self, **how: Any) -> Signing:
        return Signing(**{"key": self.key, **how})

    def root(self, *, sign: str = "assertion", how: dict[str, Any] | None = None, **more: Any) -> Any:
        """A message as a tree; `sign` names what is signed."""
        encryption: Encryption | None = more.pop("encryption", None)
        signing = self.signing(**(how or {}))
        return signed(
            self.message(**more),
            assertion=signing if "assertion" in sign or sign == "both" else None,
            response=signing if "response" in sign or sign == "both" else None,
            encryption=encryption,
        )

    def post(self, **how: Any) -> bytes:
        return posted(self.root(**how))

    def says(self, **how: Any) -> Any:
        """What the site makes of it."""
        return response.read(self.post(**how), self.connection)

    def refused(self, **how: Any) -> str:
        return reason(self.post(**how), self.connection)

    def of(self, connection: Connection) -> "Provider":
        return replace(self, connection=connection)


def reason(message: bytes, connection: Connection) -> str:
    """Why the site refuses this, and soon."""
    begun = time.process_time()
    with pytest.raises(SamlRefused) as caught:
        response.read(message, connection)
    assert time.process_time() - begun < PATIENCE
    return str(caught.value.reason)


def outcome(message: bytes, connection: Connection) -> str:
    """The name that is believed, or why none is."""
    try:
        return response.read(message, connection).name_id
    except SamlRefused as problem:
        return str(problem.reason)
