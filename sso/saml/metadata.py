"""What each side publishes about itself: ours to read, and theirs as an administrator or an address brings it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from lxml import etree

from core.errors import BadInput
from sso.models import Binding, Connection, NameIdFormat
from sso.saml import gate, keys, names
from sso.saml.errors import SamlRefused
from sso.saml.keys import WeakCertificate
from sso.saml.names import DS, MD, SAMLP, q

Element = gate.Element

LARGEST = 1_000_000
LONGEST_ENTITY_ID = 1024
NAMESPACES = {"md": MD, "ds": DS}
# Which of those that are offered is used, the first that there is.
BINDINGS = (Binding.REDIRECT, Binding.POST)


class MetadataRefused(BadInput):
    """In one line, for a page and a command alike."""

    code = "metadata_refused"
    title = _("This metadata cannot be used")


@dataclass(frozen=True)
class Provider:
    """What the metadata of an identity provider says that concerns us."""

    entity_id: str
    sso_url: str
    sso_binding: str
    slo_url: str = ""
    slo_response_url: str = ""
    slo_binding: str = Binding.REDIRECT
    wants_signed_requests: bool = False
    certificates: list[str] = field(default_factory=list)


def read(content: bytes) -> Provider:
    """Of exactly one identity provider. Nothing it says is fetched or run."""
    if len(content) > LARGEST:
        raise MetadataRefused(_("It is larger than a megabyte."))
    try:
        root = gate.parsed(content.strip())
    except SamlRefused as refusal:
        raise MetadataRefused(
            _("It is not XML, or declares a document type (%(reason)s).") % {"reason": refusal.reason}
        ) from refusal
    descriptor, provider = _only_provider(root)
    for element in (root, descriptor, provider):
        if _is_over(element.get("validUntil")):
            raise MetadataRefused(_("It counts no longer: it says so itself (validUntil)."))
    entity_id = descriptor.get("entityID", "").strip()
    if not entity_id or len(entity_id) > LONGEST_ENTITY_ID or not entity_id.isprintable():
        raise MetadataRefused(_("It names no entity ID."))
    sso_binding, sso = _service(provider, "SingleSignOnService")
    if sso is None:
        raise MetadataRefused(_("It names no address for signing in that a browser can be sent to."))
    slo_binding, slo = _service(provider, "SingleLogoutService")
    slo_url = _address(slo.get("Location", "")) if slo is not None else ""
    answers_at = _address(slo.get("ResponseLocation", "")) if slo is not None else ""
    return Provider(
        entity_id=entity_id,
        sso_url=_address(sso.get("Location", "")),
        sso_binding=sso_binding,
        slo_url=slo_url,
        slo_response_url=answers_at,
        slo_binding=slo_binding,
        wants_signed_requests=provider.get("WantAuthnRequestsSigned") in ("true", "1"),
        certificates=_certificates(provider),
    )


def checked_address(text: str) -> str:
    """An address that a browser may be sent to: encrypted, unless it is this very machine or a site in development."""
    split = urlsplit(text)
    is_local = settings.DEBUG or split.hostname in ("localhost", "127.0.0.1", "::1")
    if (
        split.scheme not in (("https", "http") if is_local else ("https",))
        or not split.hostname
        or split.username is not None
        or len(text) > 2000
        or not text.isascii()
        or not text.isprintable()
        or " " in text
    ):
        raise MetadataRefused(_("%(address)s is no https address.") % {"address": text[:200]})
    return text


def ours(connection: Connection) -> bytes:
    """Also before anything is known of the provider: it wants ours first. Without an end: some stop at that date."""
    root = etree.Element(q(MD, "EntityDescriptor"), nsmap=NAMESPACES, entityID=connection.entity_id)
    party = etree.SubElement(
        root,
        q(MD, "SPSSODescriptor"),
        AuthnRequestsSigned="true" if connection.signs_requests else "false",
        WantAssertionsSigned="true",
        protocolSupportEnumeration=SAMLP,
    )
    published = keys.published(connection)
    for key in published:
        _describe_key(party, key.certificate, "signing")
    # To one only: a provider takes the first that it finds, and the signing one is what is surely here.
    _describe_key(party, published[0].certificate, "encryption")
    for binding in BINDINGS:
        etree.SubElement(party, q(MD, "SingleLogoutService"), Binding=binding, Location=connection.logout_url)
    etree.SubElement(party, q(MD, "NameIDFormat")).text = (
        connection.name_id_format or NameIdFormat.UNSPECIFIED
    )
    etree.SubElement(
        party,
        q(MD, "AssertionConsumerService"),
        Binding=Binding.POST,
        Location=connection.acs_url,
        index="0",
        isDefault="true",
    )
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return found


def _describe_key(party: Element, certificate: str, use: str) -> None:
    descriptor = etree.SubElement(party, q(MD, "KeyDescriptor"), use=use)
    info = etree.SubElement(descriptor, q(DS, "KeyInfo"))
    data = etree.SubElement(info, q(DS, "X509Data"))
    lines = [line for line in certificate.splitlines() if line and not line.startswith("-----")]
    etree.SubElement(data, q(DS, "X509Certificate")).text = "\n".join(lines)
    if use == "encryption":
        for algorithm in (names.PREFERRED_CIPHER, names.PREFERRED_TRANSPORT):
            etree.SubElement(descriptor, q(MD, "EncryptionMethod"), Algorithm=algorithm)


def _is_over(text: str | None) -> bool:
    if text is None:
        return False
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise MetadataRefused(_("It does not say readably until when it counts (validUntil).")) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= timezone.now()


def _only_provider(root: Element) -> tuple[Element, Element]:
    if root.tag not in (q(MD, "EntityDescriptor"), q(MD, "EntitiesDescriptor")):
        raise MetadataRefused(_("It is not SAML metadata."))
    found = [
        (descriptor, provider)
        for descriptor in gate.walk(root, q(MD, "EntityDescriptor"))
        for provider in descriptor.findall(q(MD, "IDPSSODescriptor"))
    ]
    if not found:
        raise MetadataRefused(_("It describes no identity provider."))
    if len(found) > 1:
        raise MetadataRefused(_("It describes several identity providers; give the metadata of one."))
    return found[0]


def _service(provider: Element, kind: str) -> tuple[str, Element | None]:
    offered = {element.get("Binding"): element for element in reversed(provider.findall(q(MD, kind)))}
    for binding in BINDINGS:
        if binding in offered:
            return binding, offered[binding]
    return Binding.REDIRECT, None


def _address(text: str) -> str:
    return checked_address(text.strip()) if text.strip() else ""


def _certificates(provider: Element) -> list[str]:
    """All that sign; one for encryption never does."""
    found: dict[bytes, str] = {}
    for descriptor in provider.findall(q(MD, "KeyDescriptor")):
        if descriptor.get("use", "signing") != "signing":
            continue
        for element in gate.walk(descriptor, q(DS, "X509Certificate")):
            try:
                certificate = keys.parse(element.text or "")
            except WeakCertificate as error:
                raise MetadataRefused(
                    _("A certificate in it cannot be used: %(why)s.") % {"why": error}
                ) from error
            pem = certificate.public_bytes(Encoding.PEM)
            found[pem] = pem.decode()
    if not found:
        raise MetadataRefused(_("It brings no certificate to verify signatures with."))
    return [*found.values()]
