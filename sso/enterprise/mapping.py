"""Which attribute says what: the usual names of the usual providers, unless a connection names its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.addresses import LIMIT, canonical
from sso.models import Connection, NameIdFormat
from sso.saml.assertions import Assertion
from sso.saml.errors import Reason, Unusable

CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
MICROSOFT = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"
ENTRA = "http://schemas.microsoft.com/identity/claims/"

NAME_LIMIT = 150
GROUP_LIMIT = SUBJECT_LIMIT = 255
# Entra ID, ADFS · eduPerson, SimpleSAMLphp, Keycloak · Okta, OneLogin, Google.
USUAL: Mapping[str, tuple[str, ...]] = {
    "email": (
        f"{CLAIMS}emailaddress",
        "urn:oid:0.9.2342.19200300.100.1.3",
        "email",
        "mail",
        "Email",
        "User.email",
        "emailAddress",
        "emailaddress",
    ),
    "name": (
        f"{ENTRA}displayname",
        "urn:oid:2.16.840.1.113730.3.1.241",
        "displayName",
        "name",
        "urn:oid:2.5.4.3",
        "cn",
    ),
    "first_name": (
        f"{CLAIMS}givenname",
        "urn:oid:2.5.4.42",
        "givenName",
        "firstName",
        "first_name",
        "User.FirstName",
        "given_name",
    ),
    "last_name": (
        f"{CLAIMS}surname",
        "urn:oid:2.5.4.4",
        "sn",
        "surname",
        "lastName",
        "last_name",
        "User.LastName",
        "family_name",
    ),
    "groups": (
        f"{MICROSOFT}groups",
        f"{MICROSOFT}role",
        "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
        "isMemberOf",
        "memberOf",
        "groups",
        "Group",
        "Role",
        "eduPersonAffiliation",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.1",
    ),
    # Names that stay, for providers that make up a new name at each sign-in.
    "subject": (
        "urn:oasis:names:tc:SAML:attribute:subject-id",
        "urn:oasis:names:tc:SAML:attribute:pairwise-id",
        f"{ENTRA}objectidentifier",
        "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",
    ),
}
FIELDS = tuple(USUAL)


@dataclass(frozen=True)
class Profile:
    """Who somebody is at the provider, and what it says of them."""

    subject: str
    email: str
    name: str
    groups: tuple[str, ...]


def of_assertion(assertion: Assertion, connection: Connection) -> Profile:
    """Refused rather than repaired: a value that is not what it claims to be is nobody's."""
    found = _Reader(assertion.attributes, assertion.unreadable, connection.mapping)
    email = _address(found.values("email"), assertion)
    return _profile(found, _subject(found, assertion, connection, email), email)


def of_claims(claims: Mapping[str, object], connection: Connection) -> Profile:
    """The same of what an OpenID provider says; its `sub` is what stays, unless the connection names another."""
    attributes: dict[str, tuple[str, ...]] = {}
    unreadable: set[str] = set()
    for name, value in claims.items():
        given = value if isinstance(value, list) else [value]
        texts = tuple(text for text in given if isinstance(text, str) and text.isprintable())
        if len(texts) == len(given):
            attributes[name] = texts
        else:
            unreadable.add(name)
    found = _Reader(attributes, frozenset(unreadable), connection.mapping)
    values = found.values("email")
    if len(values) > 1:
        raise Unusable(Reason.ADDRESS)
    subject = _chosen(found) if connection.mapping.get("subject") else f"subject:{claims['sub']}"
    return _profile(found, subject, plain_address(values[0]) if values else "")


def _profile(found: "_Reader", subject: str, email: str) -> Profile:
    first, last = found.single("first_name"), found.single("last_name")
    return Profile(
        subject=subject,
        email=email,
        name=display_name(found.single("name"), first=first, last=last),
        groups=groups(found.values("groups")),
    )


def display_name(name: str, *, first: str = "", last: str = "") -> str:
    spelled = (name or f"{first} {last}").strip()
    if len(spelled) > NAME_LIMIT or not spelled.isprintable():
        raise Unusable(Reason.VALUE)
    return spelled


def groups(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value and len(value) <= GROUP_LIMIT))


def plain_address(text: str) -> str:
    """One address as it is written down: no blanks to strip, nothing that only looks like a letter."""
    if not text.isascii() or len(text) > LIMIT:
        raise Unusable(Reason.ADDRESS)
    try:
        validate_email(text)
    except ValidationError as error:
        raise Unusable(Reason.ADDRESS) from error
    spelled = canonical(text)
    if spelled != text.lower():
        raise Unusable(Reason.ADDRESS)
    return spelled


class _Reader:
    def __init__(
        self,
        attributes: Mapping[str, tuple[str, ...]],
        unreadable: frozenset[str],
        mapping: Mapping[str, str],
    ) -> None:
        self.attributes, self.unreadable, self.mapping = attributes, unreadable, mapping

    def values(self, field: str) -> tuple[str, ...]:
        """Of the attribute that the connection names, or of the first usual one that is there."""
        named = self.mapping.get(field)
        for attribute in (named,) if named else USUAL[field]:
            if attribute in self.unreadable:
                raise Unusable(Reason.VALUE)
            if self.attributes.get(attribute):
                return self.attributes[attribute]
        return ()

    def single(self, field: str) -> str:
        found = self.values(field)
        return found[0] if found else ""


def _address(values: tuple[str, ...], assertion: Assertion) -> str:
    """Of an attribute, else of the name, where that is one or may be one."""
    named = assertion.name_format == NameIdFormat.EMAIL
    by_name = plain_address(assertion.name_id) if named and assertion.name_id else ""
    if len(values) > 1:
        raise Unusable(Reason.ADDRESS)
    if values:
        return plain_address(values[0])
    if assertion.name_format in ("", NameIdFormat.UNSPECIFIED):
        try:
            return plain_address(assertion.name_id)
        except Unusable:
            return ""
    return by_name


def _subject(found: _Reader, assertion: Assertion, connection: Connection, email: str) -> str:
    """What stays the same of a person. Marked by where it comes from, so that one kind never passes for another."""
    if connection.mapping.get("subject"):
        return _chosen(found)
    if assertion.name_id and assertion.name_format == NameIdFormat.EMAIL:
        return f"name:{assertion.name_id.lower()}"
    if assertion.name_id and assertion.name_format != NameIdFormat.TRANSIENT:
        return f"name:{assertion.name_id}"
    if found.values("subject"):
        return _chosen(found)
    if email and assertion.name_id:
        return f"address:{email}"
    raise Unusable(Reason.NAME_MISSING)


def _chosen(found: _Reader) -> str:
    values = found.values("subject")
    if len(values) != 1 or len(values[0]) > SUBJECT_LIMIT:
        raise Unusable(Reason.NAME_MISSING)
    return f"attribute:{values[0]}"
