"""Requests to sign somebody out, and the answers to ours: both bindings, always signed, fresh, and counted once."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from django.utils import timezone

from sso.models import Connection
from sso.saml import assertions, gate, keys, library, names, replay
from sso.saml.assertions import SKEW, Element, Name
from sso.saml.errors import NotForUs, OutOfTime, Reason, Unreadable, Untrusted, Unusable
from sso.saml.names import SAML, SAMLP, q

REQUEST, RESPONSE = "SAMLRequest", "SAMLResponse"
TAGS = {REQUEST: q(SAMLP, "LogoutRequest"), RESPONSE: q(SAMLP, "LogoutResponse")}
LARGEST_INFLATED = 100_000
LONGEST_RELAY_STATE = 1024
# How old a message may be on arrival.
FRESH = timedelta(minutes=5)
MOST_INDEXES = 100


@dataclass(frozen=True)
class LogoutRequest:
    id: str
    name: Name
    session_indexes: list[str]
    relay_state: str


@dataclass(frozen=True)
class LogoutResponse:
    in_response_to: str
    is_success: bool


Message = LogoutRequest | LogoutResponse


def read_query(query: str, connection: Connection) -> Message:
    """`query` as it came: the signature is over its very octets."""
    raw = _parameters(query)
    field = _field(raw)
    root = gate.parsed(_inflated(gate.decoded(unquote_plus(raw[field]).encode())))
    gate.check_logout(root, keys.allowed(connection), tags={TAGS[field]})
    algorithm = unquote_plus(raw.get("SigAlg", ""))
    if "Signature" not in raw:
        raise Untrusted(Reason.UNSIGNED)
    if algorithm not in keys.allowed(connection).signatures:
        raise Untrusted(Reason.SIGNATURE_ALGORITHM)
    signed = "&".join(f"{name}={raw[name]}" for name in (field, "RelayState", "SigAlg") if name in raw)
    verified = library.verify_query(
        signed=signed.encode(),
        signature=gate.decoded(unquote_plus(raw["Signature"]).encode()),
        algorithm=algorithm,
        certificates=keys.certificates_of(connection),
    )
    if not verified:
        raise Untrusted(Reason.SIGNATURE)
    return _read(root, field, connection, unquote_plus(raw.get("RelayState", "")))


def read_form(field: str, message: bytes, connection: Connection, *, relay_state: str = "") -> Message:
    root = gate.parsed(gate.decoded(message))
    gate.check_logout(root, keys.allowed(connection), tags={TAGS[field]})
    prefixed = {REQUEST: "samlp:LogoutRequest", RESPONSE: "samlp:LogoutResponse"}[field]
    if root.find(q(names.DS, "Signature")) is None:
        raise Untrusted(Reason.UNSIGNED)
    certificates = keys.certificates_of(connection)
    if not library.verify_message(root, certificates=certificates, xpath=f"/{prefixed}/ds:Signature"):
        raise Untrusted(Reason.SIGNATURE)
    return _read(root, field, connection, relay_state)


def _read(root: Element, field: str, connection: Connection, relay_state: str) -> Message:
    if not connection.is_usable:
        raise NotForUs(Reason.CONNECTION_OFF)
    library.check_schema(root)
    assertions.check_version(root)
    issuers = root.findall(q(SAML, "Issuer"))
    if len(issuers) != 1 or assertions.text(issuers[0]) != connection.idp_entity_id:
        raise NotForUs(Reason.ISSUER)
    if root.get("Destination") != connection.logout_url:
        raise NotForUs(Reason.DESTINATION)
    now = timezone.now()
    issued = assertions.moment(root.get("IssueInstant"))
    _check_fresh(root, issued, now)
    replay.spend(connection, root.get("ID"), until=issued + FRESH + SKEW)
    if len(relay_state) > LONGEST_RELAY_STATE:
        raise Unreadable(Reason.TOO_LARGE)
    return _request(root, connection, relay_state) if field == REQUEST else _response(root)


def _check_fresh(root: Element, issued: datetime, now: datetime) -> None:
    if issued > now + SKEW:
        raise OutOfTime(Reason.TOO_EARLY)
    if issued < now - FRESH - SKEW:
        raise OutOfTime(Reason.EXPIRED)
    if root.get("NotOnOrAfter") is not None and assertions.moment(root.get("NotOnOrAfter")) <= now - SKEW:
        raise OutOfTime(Reason.EXPIRED)


def _request(root: Element, connection: Connection, relay_state: str) -> LogoutRequest:
    named = root.findall(q(SAML, "NameID"))
    if len(named) != 1:
        raise Unusable(Reason.NAME_MISSING)
    indexes = [assertions.text(element) for element in root.findall(q(SAMLP, "SessionIndex"))]
    if len(indexes) > MOST_INDEXES or not all(indexes):
        raise Unusable(Reason.VALUE)
    return LogoutRequest(root.get("ID"), assertions.name_of(named[0], connection), indexes, relay_state)


def _response(root: Element) -> LogoutResponse:
    code = root.find(f"{q(SAMLP, 'Status')}/{q(SAMLP, 'StatusCode')}")
    return LogoutResponse(
        in_response_to=root.get("InResponseTo", ""),
        is_success=code is not None and code.get("Value") == names.SUCCESS,
    )


def _parameters(query: str) -> dict[str, str]:
    """Still escaped, each at most once: of two, the library would verify one and we might read the other."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in found:
            raise Unreadable(Reason.STRUCTURE)
        found[name] = value
    return found


def _field(raw: dict[str, str]) -> str:
    fields = [name for name in (REQUEST, RESPONSE) if name in raw]
    if len(fields) != 1:
        raise Unreadable(Reason.STRUCTURE)
    return fields[0]


def _inflated(content: bytes) -> bytes:
    """No further than a message can be long: a few bytes may stand for gigabytes."""
    inflater = zlib.decompressobj(wbits=-15)
    try:
        found = inflater.decompress(content, LARGEST_INFLATED)
    except zlib.error as error:
        raise Unreadable(Reason.ENCODING) from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise Unreadable(Reason.TOO_LARGE)
    return found
