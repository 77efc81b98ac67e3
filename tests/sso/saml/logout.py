"""Messages about signing out, in both bindings."""

import base64
import re
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from lxml import etree

from tests.sso.saml import names
from tests.sso.saml.forge import Time
from tests.sso.saml.names import SAML, SAMLP
from tests.sso.saml.signing import Signing, raw, sign
from tests.sso.saml.writing import Xml, new_id, written


@dataclass(frozen=True, kw_only=True)
class Logout:
    """A LogoutRequest, or a LogoutResponse if it has a status. None leaves a field out; times are as in a Message."""

    destination: str | None
    issuer: str | None
    id: str | None = field(default_factory=new_id)
    version: str | None = "2.0"
    issued: Time = 0
    # --- Of a request
    not_on_or_after: Time = 300
    reason: str | None = None
    name_id: str | None = "dora-1"
    name_format: str | None = names.PERSISTENT
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    session_indexes: tuple[str, ...] = ("session-1",)
    # In place of NameID, as XML.
    named: str | None = None
    # --- Of a response
    status: str | None = None
    status_within: str | None = None
    in_response_to: str | None = None

    # Another name for the top element, such as AuthnRequest.
    tag: str | None = None

    def but(self, **knobs: Any) -> "Logout":
        return replace(self, **knobs)

    def element(self) -> Any:
        tag = self.tag or ("LogoutRequest" if self.status is None else "LogoutResponse")
        said = {
            "ID": self.id,
            "Version": self.version,
            "IssueInstant": _time(self.issued),
            "Destination": self.destination,
            "InResponseTo": self.in_response_to,
        }
        if self.status is None:
            said |= {"NotOnOrAfter": _time(self.not_on_or_after), "Reason": self.reason}
        inside = "" if self.issuer is None else written("saml", "Issuer", {}, self.issuer)
        inside += self._request() if self.status is None else self._response()
        declared = f' xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}"'
        return etree.fromstring(written("samlp", tag, said, Xml(inside), declared))

    def _request(self) -> str:
        named = self.named or ""
        if self.named is None and self.name_id is not None:
            qualifiers = {
                "Format": self.name_format,
                "NameQualifier": self.name_qualifier,
                "SPNameQualifier": self.sp_name_qualifier,
            }
            named = written("saml", "NameID", qualifiers, self.name_id)
        indexes = (written("samlp", "SessionIndex", {}, one) for one in self.session_indexes)
        return named + "".join(indexes)

    def _response(self) -> str:
        within = (
            written("samlp", "StatusCode", {"Value": self.status_within}, "") if self.status_within else ""
        )
        code = written("samlp", "StatusCode", {"Value": self.status}, Xml(within))
        return written("samlp", "Status", {}, Xml(code))

    @property
    def parameter(self) -> str:
        return "SAMLRequest" if self.status is None else "SAMLResponse"


def _time(value: Time) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return (datetime.now(UTC) + timedelta(seconds=value)).strftime("%Y-%m-%dT%H:%M:%SZ")


def form(message: Logout, signing: Signing | None, relay_state: str | None = None) -> dict[str, str]:
    """The fields that the POST binding sends, with a signature in the message."""
    root = message.element()
    if signing is not None:
        sign(root, signing)
    fields = {message.parameter: base64.b64encode(etree.tostring(root)).decode()}
    return fields if relay_state is None else {**fields, "RelayState": relay_state}


def query(
    message: Logout | bytes,
    signing: Signing | None,
    relay_state: str | None = None,
    *,
    parameter: str = "SAMLRequest",
    lower: bool = False,
) -> str:
    """What the redirect binding sends: the signature is one of the query as it is written, escapes included.

    ADFS writes escapes in lower case (`lower`).
    """
    octets = message
    if isinstance(message, Logout):
        octets, parameter = etree.tostring(message.element()), message.parameter
    pairs = [(parameter, deflated(octets))]
    if relay_state is not None:
        pairs.append(("RelayState", relay_state))
    if signing is not None:
        pairs.append(("SigAlg", signing.method))
    text = written_query(pairs, lower)
    if signing is None:
        return text
    signature = base64.b64encode(raw(text.encode(), signing)).decode()
    return f"{text}&{written_query([('Signature', signature)], lower)}"


def written_query(pairs: list[tuple[str, str]], lower: bool = False) -> str:
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text) if lower else text


def deflated(octets: bytes) -> str:
    """RFC 1951 without the frame of zlib (SAML bindings, section 3.4.4.1)."""
    writer = zlib.compressobj(wbits=-15)
    return base64.b64encode(writer.compress(octets) + writer.flush()).decode()
