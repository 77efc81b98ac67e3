"""An identity provider of our own that says whatever a test wants: every field of a Response is a knob.

None leaves a field out. Times are seconds from now, or text that is taken as it is.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption, encrypt
from tests.sso.saml.names import SAML, SAMLP, XS, XSI
from tests.sso.saml.signing import Signing, sign
from tests.sso.saml.writing import Xml, escaped, new_id, written

Time = float | str | None


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A SubjectConfirmation; the text "same" stands for what the Response says."""

    method: str | None = names.BEARER
    recipient: str | None = "same"
    in_response_to: str | None = "same"
    not_before: Time = None
    not_on_or_after: Time = 300
    address: str | None = None
    # False leaves SubjectConfirmationData out.
    data: bool = True


@dataclass(frozen=True, kw_only=True)
class Message:
    """What an identity provider says about a person who signs in."""

    acs: str
    issuer: str | None
    audience: str

    # --- The wrapper
    id: str | None = field(default_factory=new_id)
    version: str | None = "2.0"
    issued: Time = 0
    # The ACS when the text is "same".
    destination: str | None = "same"
    in_response_to: str | None = None
    # The assertion's when the text is "same".
    wrapper_issuer: str | None = "same"
    status: str | None = names.SUCCESS
    status_within: str | None = None
    status_message: str | None = None

    # --- The assertion
    assertion_id: str | None = field(default_factory=new_id)
    assertion_version: str | None = "2.0"
    assertion_issued: Time = 0
    issuer_format: str | None = None
    name_id: str | None = "dora-1"
    name_format: str | None = names.PERSISTENT
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    confirmations: tuple[Confirmation, ...] = (Confirmation(),)
    # False leaves the element out.
    subject: bool = True
    conditions: bool = True
    not_before: Time = -30
    not_on_or_after: Time = 300
    # An AudienceRestriction for each; None stands for one that names us.
    audiences: tuple[tuple[str, ...], ...] | None = None
    more_conditions: str = ""
    authn: int = 1
    authn_instant: Time = -5
    authn_context: str | None = names.PROTECTED
    session_index: str | None = "session-1"
    session_ends: Time = None
    attributes: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"mail": ("dora@acme.example",)}
    )
    attribute_format: str | None = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
    friendly: Mapping[str, str] = field(default_factory=dict)
    value_type: str | None = None
    # One statement for all of them, or one for each.
    statements_apart: bool = False
    more_in_assertion: str = ""

    # --- How it is written
    write_time: Callable[[datetime], str] = lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    saml_prefix: str | None = "saml"
    samlp_prefix: str | None = "samlp"
    # Whether namespaces are declared once at the top, or where an element needs them.
    declared_at_top: bool = True

    def element(self) -> Any:
        """Unsigned."""
        response = etree.fromstring(self._response())
        response.append(etree.fromstring(self._assertion()))
        # Prefixes of types are used in text alone, where nobody sees them.
        etree.cleanup_namespaces(response, keep_ns_prefixes=["xs", "xsi"])
        return response

    def but(self, **knobs: Any) -> "Message":
        return replace(self, **knobs)

    # --- Parts

    def _response(self) -> str:
        issuer = self.issuer if self.wrapper_issuer == "same" else self.wrapper_issuer
        saml = self._declared(SAML, self.saml_prefix)
        here = "" if self.declared_at_top and self.saml_prefix != self.samlp_prefix else saml
        says = "" if issuer is None else self._tag("Issuer", text=issuer, declared=here)
        code = self._protocol("StatusCode", {"Value": self.status_within}) if self.status_within else ""
        status = self._protocol("StatusCode", {"Value": self.status}, code)
        if self.status_message is not None:
            status += self._protocol("StatusMessage", {}, escaped(self.status_message))
        attributes = {
            "ID": self.id,
            "Version": self.version,
            "IssueInstant": self.time(self.issued),
            "Destination": self.acs if self.destination == "same" else self.destination,
            "InResponseTo": self.in_response_to,
        }
        top = self._declared(SAMLP, self.samlp_prefix) + (saml if self.declared_at_top else "")
        if self.saml_prefix == self.samlp_prefix:
            top = self._declared(SAMLP, self.samlp_prefix)
        return self._protocol("Response", attributes, says + self._protocol("Status", {}, status), top)

    def _assertion(self) -> str:
        attributes = {
            "ID": self.assertion_id,
            "Version": self.assertion_version,
            "IssueInstant": self.time(self.assertion_issued),
        }
        parts = (
            "" if self.issuer is None else self._tag("Issuer", {"Format": self.issuer_format}, self.issuer),
            self._subject() if self.subject else "",
            self._conditions() if self.conditions else "",
            self._authn() * self.authn,
            self._attributes(),
            self.more_in_assertion,
        )
        declared = self._declared(SAML, self.saml_prefix)
        for prefix, uri in {**names.NAMESPACES, "xs": XS, "xsi": XSI}.items():
            if prefix != self.saml_prefix:
                declared += self._declared(uri, prefix)
        return self._tag("Assertion", attributes, Xml("".join(parts)), declared=declared)

    def _subject(self) -> str:
        name = ""
        if self.name_id is not None:
            qualifiers = {
                "Format": self.name_format,
                "NameQualifier": self.name_qualifier,
                "SPNameQualifier": self.sp_name_qualifier,
            }
            name = self._tag("NameID", qualifiers, self.name_id)
        return self._tag("Subject", {}, Xml(name + "".join(map(self._confirmation, self.confirmations))))

    def _confirmation(self, one: Confirmation) -> str:
        said = {
            "Recipient": self.acs if one.recipient == "same" else one.recipient,
            "InResponseTo": self.in_response_to if one.in_response_to == "same" else one.in_response_to,
            "NotBefore": self.time(one.not_before),
            "NotOnOrAfter": self.time(one.not_on_or_after),
            "Address": one.address,
        }
        data = self._tag("SubjectConfirmationData", said) if one.data else ""
        return self._tag("SubjectConfirmation", {"Method": one.method}, Xml(data))

    def _conditions(self) -> str:
        audiences = ((self.audience,),) if self.audiences is None else self.audiences
        restrictions = "".join(
            self._tag(
                "AudienceRestriction", {}, Xml("".join(self._tag("Audience", text=one) for one in ones))
            )
            for ones in audiences
        )
        times = {"NotBefore": self.time(self.not_before), "NotOnOrAfter": self.time(self.not_on_or_after)}
        return self._tag("Conditions", times, Xml(restrictions + self.more_conditions))

    def _authn(self) -> str:
        said = {
            "AuthnInstant": self.time(self.authn_instant),
            "SessionIndex": self.session_index,
            "SessionNotOnOrAfter": self.time(self.session_ends),
        }
        context = ""
        if self.authn_context is not None:
            context = self._tag("AuthnContextClassRef", text=self.authn_context)
        return self._tag("AuthnStatement", said, Xml(self._tag("AuthnContext", {}, Xml(context))))

    def _attributes(self) -> str:
        written = [self._attribute(name, values) for name, values in self.attributes.items()]
        groups = written if self.statements_apart else ["".join(written)]
        return "".join(self._tag("AttributeStatement", {}, Xml(one)) for one in groups if one)

    def _attribute(self, name: str, values: tuple[str, ...]) -> str:
        kind = {"xsi:type": self.value_type}
        inside = "".join(self._tag("AttributeValue", kind, value) for value in values)
        named = {
            "Name": name,
            "NameFormat": self.attribute_format,
            "FriendlyName": self.friendly.get(name),
        }
        return self._tag("Attribute", named, Xml(inside))

    # --- Writing

    def time(self, value: Time) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return self.write_time(datetime.now(UTC) + timedelta(seconds=value))

    def _tag(
        self,
        name: str,
        attributes: Mapping[str, str | None] | None = None,
        text: str = "",
        declared: str = "",
    ) -> str:
        return written(self.saml_prefix, name, attributes or {}, text, declared)

    def _protocol(
        self, name: str, attributes: Mapping[str, str | None], inside: str = "", declared: str = ""
    ) -> str:
        return written(self.samlp_prefix, name, attributes, Xml(inside), declared)

    def _declared(self, uri: str, prefix: str | None) -> str:
        return f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"'


# --- Whole messages -----------------------------------------------------------------------------------------


def assertion_of(response: Any) -> Any:
    return next(response.iter(f"{{{SAML}}}Assertion"))


def signed(
    message: Message,
    *,
    assertion: Signing | None = None,
    response: Signing | None = None,
    encryption: Encryption | None = None,
) -> Any:
    """The assertion is signed, then encrypted, then the response is signed around it."""
    root = message.element()
    if assertion is not None:
        sign(assertion_of(root), assertion)
    if encryption is not None:
        encrypt(assertion_of(root), encryption)
    if response is not None:
        sign(root, response)
    return root


def posted(root: Any) -> bytes:
    """As the form field carries it."""
    return base64.b64encode(etree.tostring(root))
