"""Reads the one verified assertion: whom it is for, how long it counts, what it says. Refused rather than repaired."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sso.models import Connection
from sso.saml import names
from sso.saml.errors import (
    NotAsked,
    NotForUs,
    OutOfTime,
    ProviderRefused,
    Reason,
    Unreadable,
    Unusable,
)
from sso.saml.gate import ID
from sso.saml.names import SAML, SAMLP, q

Element = Any

# Between their clock and ours.
SKEW = timedelta(minutes=2)
# The longest an assertion may count, since its use is remembered for as long.
LONGEST = timedelta(hours=24) + 2 * SKEW
NAME_LIMIT = VALUE_LIMIT = 256
LONG_VALUE_LIMIT = 4096
TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?:Z|\+00:00|-00:00)?", re.ASCII)
KNOWN_CONDITIONS = {q(SAML, name) for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}


@dataclass(frozen=True)
class Name:
    """What the provider calls somebody."""

    value: str
    format: str = ""
    qualifier: str = ""
    sp_qualifier: str = ""


@dataclass(frozen=True)
class Assertion:
    """What a provider said of somebody, every check passed."""

    id: str
    issuer: str
    name_id: str
    name_format: str
    name_qualifier: str
    sp_name_qualifier: str
    session_index: str
    attributes: dict[str, tuple[str, ...]]
    # Those whose values are no plain text; whoever wants one of them gets a refusal.
    unreadable: frozenset[str]
    in_response_to: str | None
    authn_context: str
    authn_instant: datetime
    expires_at: datetime
    session_ends_at: datetime | None


def check_outside(response: Element) -> None:
    """Before anything is verified: a provider that says no sends no assertion, and often no signature."""
    check_version(response)
    _check_status(response)


def read(response: Element, connection: Connection, *, now: datetime) -> Assertion:
    """`response` is the verified document, decrypted. The order is from the outside to the inside."""
    assertion = response.find(q(SAML, "Assertion"))
    check_outside(response)
    check_version(assertion)
    _check_issuers(response, assertion, connection)
    if response.get("Destination") != connection.acs_url:
        raise NotForUs(Reason.DESTINATION)
    issued = [moment(element.get("IssueInstant")) for element in (response, assertion)]
    if max(issued) > now + SKEW:
        raise OutOfTime(Reason.TOO_EARLY)
    if min(issued) < now - LONGEST:
        raise OutOfTime(Reason.EXPIRED)
    conditions_end = _check_conditions(assertion, connection, now)
    answers, confirmation_end = _confirmation(response, assertion, connection, now)
    if max(conditions_end, confirmation_end) > now + LONGEST:
        raise OutOfTime(Reason.TOO_LONG)
    statement = _statement(assertion, connection, now)
    name = _name(assertion, connection)
    attributes, unreadable = _attributes(assertion)
    return Assertion(
        id=assertion.get("ID"),
        issuer=connection.idp_entity_id,
        name_id=name.value,
        name_format=name.format,
        name_qualifier=name.qualifier,
        sp_name_qualifier=name.sp_qualifier,
        session_index=statement.session_index,
        attributes=attributes,
        unreadable=unreadable,
        in_response_to=answers,
        authn_context=statement.context,
        authn_instant=statement.at,
        # Of the conditions: another confirmation of the same assertion may last longer than the one that counted.
        expires_at=conditions_end + SKEW,
        session_ends_at=statement.ends_at,
    )


def check_version(element: Element) -> None:
    if element.get("Version") != "2.0":
        raise Unreadable(Reason.VERSION)
    if not ID.fullmatch(element.get("ID", "")):
        raise Unreadable(Reason.STRUCTURE)


def _check_status(response: Element) -> None:
    code = response.find(f"{q(SAMLP, 'Status')}/{q(SAMLP, 'StatusCode')}")
    if code is None or code.get("Value") != names.SUCCESS:
        raise ProviderRefused(Reason.STATUS)


def _check_issuers(response: Element, assertion: Element, connection: Connection) -> None:
    """The wrapper may leave it out, the assertion may not."""
    wrapper, inner = response.findall(q(SAML, "Issuer")), assertion.findall(q(SAML, "Issuer"))
    if len(inner) != 1 or len(wrapper) > 1:
        raise NotForUs(Reason.ISSUER)
    for issuer in (*wrapper, *inner):
        if issuer.get("Format", names.ENTITY) != names.ENTITY or text(issuer) != connection.idp_entity_id:
            raise NotForUs(Reason.ISSUER)


def _check_conditions(assertion: Element, connection: Connection, now: datetime) -> datetime:
    found = assertion.findall(q(SAML, "Conditions"))
    if len(found) != 1:
        raise OutOfTime(Reason.TIMES_MISSING)
    conditions = found[0]
    begins, ends = moment(conditions.get("NotBefore")), moment(conditions.get("NotOnOrAfter"))
    if begins > now + SKEW:
        raise OutOfTime(Reason.TOO_EARLY)
    if ends <= now - SKEW or ends <= begins:
        raise OutOfTime(Reason.EXPIRED)
    if any(condition.tag not in KNOWN_CONDITIONS for condition in conditions):
        # SAML core 2.5.1.1: what is not understood makes the whole assertion void.
        raise NotForUs(Reason.CONDITION)
    restrictions = conditions.findall(q(SAML, "AudienceRestriction"))
    # Several of them must each be met (2.5.1.4); within one, any audience will do.
    if not restrictions or not all(connection.entity_id in _audiences(each) for each in restrictions):
        raise NotForUs(Reason.AUDIENCE)
    return ends


def _audiences(restriction: Element) -> list[str]:
    return [text(audience) for audience in restriction.findall(q(SAML, "Audience"))]


def _confirmation(
    response: Element, assertion: Element, connection: Connection, now: datetime
) -> tuple[str | None, datetime]:
    """What it answers, and until when it may be brought. One confirmation of those there are has to be right."""
    refusal: Exception = NotForUs(Reason.SUBJECT_CONFIRMATION)
    path = f"{q(SAML, 'Subject')}/{q(SAML, 'SubjectConfirmation')}"
    for confirmation in assertion.findall(path):
        data = confirmation.find(q(SAML, "SubjectConfirmationData"))
        if confirmation.get("Method") != names.BEARER or data is None:
            continue
        try:
            return _confirmed(response, data, connection, now)
        except (NotForUs, NotAsked, OutOfTime) as problem:
            refusal = problem
    raise refusal


def _confirmed(
    response: Element, data: Element, connection: Connection, now: datetime
) -> tuple[str | None, datetime]:
    if data.get("Recipient") != connection.acs_url:
        raise NotForUs(Reason.RECIPIENT)
    ends = moment(data.get("NotOnOrAfter"))
    if ends <= now - SKEW:
        raise OutOfTime(Reason.EXPIRED)
    if data.get("NotBefore") is not None and moment(data.get("NotBefore")) > now + SKEW:
        raise OutOfTime(Reason.TOO_EARLY)
    # The wrapper may be unsigned: it must not say anything else than what is signed.
    answers = data.get("InResponseTo")
    if response.get("InResponseTo") != answers:
        raise NotAsked(Reason.IN_RESPONSE_TO)
    if answers is not None and not ID.fullmatch(answers):
        raise NotAsked(Reason.IN_RESPONSE_TO)
    if answers is None and not connection.allow_idp_initiated:
        raise NotAsked(Reason.UNSOLICITED)
    return answers, ends


@dataclass(frozen=True)
class _Statement:
    context: str
    at: datetime
    session_index: str
    ends_at: datetime | None


def _statement(assertion: Element, connection: Connection, now: datetime) -> _Statement:
    found = assertion.findall(q(SAML, "AuthnStatement"))
    if len(found) != 1:
        raise Unusable(Reason.AUTHN_STATEMENT)
    statement = found[0]
    at = moment(statement.get("AuthnInstant"))
    if at > now + SKEW:
        raise OutOfTime(Reason.TOO_EARLY)
    session_index = statement.get("SessionIndex", "")
    if not _is_plain(session_index, NAME_LIMIT):
        raise Unusable(Reason.AUTHN_STATEMENT)
    ends_at = None
    if statement.get("SessionNotOnOrAfter") is not None:
        ends_at = moment(statement.get("SessionNotOnOrAfter"))
        if ends_at <= now:
            raise OutOfTime(Reason.SESSION_OVER)
    contexts = [
        text(element)
        for element in statement.findall(f"{q(SAML, 'AuthnContext')}/{q(SAML, 'AuthnContextClassRef')}")
    ]
    context = contexts[0] if contexts else ""
    if not _is_plain(context, NAME_LIMIT):
        raise Unusable(Reason.CONTEXT)
    if connection.requested_contexts and context not in connection.requested_contexts:
        raise Unusable(Reason.CONTEXT)
    return _Statement(context, at, session_index, ends_at)


def _name(assertion: Element, connection: Connection) -> Name:
    subject = assertion.find(q(SAML, "Subject"))
    if subject is None:
        raise Unusable(Reason.NAME_MISSING)
    if subject.find(q(SAML, "EncryptedID")) is not None:
        raise Unreadable(Reason.ENCRYPTED_PART)
    element = subject.find(q(SAML, "NameID"))
    if element is None:
        return Name("", "")
    return name_of(element, connection)


def name_of(element: Element, connection: Connection) -> Name:
    """Also that of a request to sign somebody out."""
    value = text(element)
    if not value or value != value.strip() or not _is_plain(value, NAME_LIMIT) or len(element):
        raise Unusable(Reason.NAME)
    name = Name(
        value,
        element.get("Format", ""),
        element.get("NameQualifier", ""),
        element.get("SPNameQualifier", ""),
    )
    if not _is_plain(name.format, NAME_LIMIT):
        raise Unusable(Reason.NAME)
    if name.qualifier not in ("", connection.idp_entity_id):
        raise Unusable(Reason.QUALIFIER)
    if name.sp_qualifier not in ("", connection.entity_id):
        raise Unusable(Reason.QUALIFIER)
    return name


def _attributes(assertion: Element) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    found: dict[str, tuple[str, ...]] = {}
    unreadable: set[str] = set()
    for statement in assertion.findall(q(SAML, "AttributeStatement")):
        if statement.find(q(SAML, "EncryptedAttribute")) is not None:
            raise Unreadable(Reason.ENCRYPTED_PART)
        for attribute in statement.findall(q(SAML, "Attribute")):
            name = attribute.get("Name", "")
            values = attribute.findall(q(SAML, "AttributeValue"))
            if any(len(value) or not _is_plain(value.text or "", LONG_VALUE_LIMIT) for value in values):
                unreadable.add(name)
                continue
            texts = tuple(value.text for value in values if value.text)
            found[name] = found.get(name, ()) + texts
    return {name: values for name, values in found.items() if name not in unreadable}, frozenset(unreadable)


def text(element: Element) -> str:
    """Of an element that has nothing but text: the gate has seen to comments, this sees to elements."""
    return "" if len(element) else element.text or ""


def _is_plain(value: str, limit: int) -> bool:
    return len(value) <= limit and value.isprintable()


def moment(value: str | None) -> datetime:
    """As XML Schema spells a moment in UTC, to the microsecond."""
    if value is None:
        raise OutOfTime(Reason.TIMES_MISSING)
    match = TIME.fullmatch(value)
    if match is None:
        raise OutOfTime(Reason.TIMES_MISSING)
    seconds, fraction = match.groups()
    try:
        return datetime.fromisoformat(seconds).replace(tzinfo=UTC) + timedelta(seconds=float(fraction or 0))
    except (ValueError, OverflowError) as error:
        raise OutOfTime(Reason.TIMES_MISSING) from error
