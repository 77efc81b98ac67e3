"""XML signatures made by hand, right or wrong: lxml canonicalizes, cryptography signs, xmlsec has no part in it."""

import base64
import copy
import hmac
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.sso.saml import names
from tests.sso.saml.keys import Key
from tests.sso.saml.names import DS, EXC_C14N

# Some of these are broken: whether the site believes them is what is tested.
HASHES: dict[str, Any] = {
    name: getattr(hashes, name)() for name in ("MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
}


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How an element is signed."""

    key: Key
    method: str = names.RSA_SHA256
    digest: str = names.SHA256
    canonicalization: str = names.EXCLUSIVE
    # Identifiers, or whole ds:Transform elements as XML.
    transforms: tuple[str, ...] = (names.ENVELOPED, names.EXCLUSIVE)
    # InclusiveNamespaces/@PrefixList of exclusive canonicalization.
    prefixes: str = ""
    # Content of ds:KeyInfo as XML; None leaves it out, the default is the certificate.
    key_info: str | None = "certificate"
    prefix: str | None = "ds"
    # URI of the reference; the default names the element.
    uri: str | None = None
    # ds:Reference elements as XML, before and after the true one.
    before: str = ""
    after: str = ""
    # More children of ds:Signature as XML.
    objects: str = ""
    # The HMAC secret.
    secret: bytes = b""


def sign(element: Any, signing: Signing, *, of: Any = None, at: Any = None) -> Any:
    """Puts a signature of `of` (of the element itself) into the element: after its Issuer, or where `at` counts."""
    of = element if of is None else of
    uri = signing.uri if signing.uri is not None else "#" + of.get("ID", of.get("Id", ""))
    signature = etree.fromstring(_skeleton(signing, uri))
    issuer = element.find(f"{{{names.SAML}}}Issuer")
    place = at if at is not None else (0 if issuer is None else element.index(issuer) + 1)
    element.insert(place, signature)
    found = _reference(signature, uri)
    found.find(f"{{{DS}}}DigestValue").text = _digest(transformed(of, signature, signing), signing.digest)
    seal(signature, signing)
    return signature


def seal(signature: Any, signing: Signing) -> None:
    """Signs SignedInfo as it stands."""
    octets = canonical(signature.find(f"{{{DS}}}SignedInfo"), signing.canonicalization)
    signature.find(f"{{{DS}}}SignatureValue").text = base64.b64encode(raw(octets, signing)).decode()


def _reference(signature: Any, uri: str) -> Any:
    return next(one for one in signature.iter(f"{{{DS}}}Reference") if one.get("URI") == uri)


def _skeleton(signing: Signing, uri: str) -> str:
    name = f"{signing.prefix}:" if signing.prefix else ""
    declared = f"xmlns:{signing.prefix}" if signing.prefix else "xmlns"
    transforms = "".join(_transform(one, name, signing.prefixes) for one in signing.transforms)
    key_info = ""
    if signing.key_info is not None:
        content = signing.key_info
        if content == "certificate":
            content = certificate(signing.key)
        key_info = f"<{name}KeyInfo>{content}</{name}KeyInfo>"
    return (
        f'<{name}Signature {declared}="{DS}"><{name}SignedInfo>'
        f'<{name}CanonicalizationMethod Algorithm="{signing.canonicalization}"/>'
        f'<{name}SignatureMethod Algorithm="{signing.method}"/>{signing.before}'
        f'<{name}Reference URI="{uri}"><{name}Transforms>{transforms}</{name}Transforms>'
        f'<{name}DigestMethod Algorithm="{signing.digest}"/><{name}DigestValue/></{name}Reference>'
        f"{signing.after}</{name}SignedInfo><{name}SignatureValue/>{key_info}{signing.objects}</{name}Signature>"
    )


def _transform(transform: str, name: str, prefixes: str) -> str:
    if transform.startswith("<"):
        return transform
    inside = ""
    if prefixes and transform.startswith(EXC_C14N):
        inside = f'<ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="{prefixes}"/>'
    return f'<{name}Transform Algorithm="{transform}">{inside}</{name}Transform>'


def certificate(key: Key) -> str:
    return (
        f'<x:X509Data xmlns:x="{DS}"><x:X509Certificate>{key.certificate_base64}'
        "</x:X509Certificate></x:X509Data>"
    )


def xpath(expression: str) -> str:
    """A transform that keeps the nodes for which the expression is true."""
    return (
        f'<t:Transform xmlns:t="{DS}" Algorithm="{names.XPATH}">'
        f'<t:XPath xmlns:saml="{names.SAML}">{expression}</t:XPath></t:Transform>'
    )


# --- What is digested ---------------------------------------------------------------------------------------


def transformed(element: Any, signature: Any, signing: Signing) -> bytes:
    """The octets that the transforms leave; those that are not known here change nothing."""
    result = _without(element, signature) if names.ENVELOPED in signing.transforms else copy.deepcopy(element)
    for transform in signing.transforms:
        if names.XPATH in transform:
            _keep(result, etree.fromstring(transform)[0].text)
    last = signing.transforms[-1] if signing.transforms else ""
    if last == names.BASE64:
        return base64.b64decode("".join(result.itertext()))
    method = last if last in CANONICAL else names.INCLUSIVE
    return canonical(result, method, signing.prefixes)


def _without(element: Any, signature: Any) -> Any:
    """A copy, with all its namespaces, that lacks the signature."""
    signature.set("mark", "1")
    result = etree.fromstring(etree.tostring(element, with_tail=False))
    del signature.attrib["mark"]
    for found in result.xpath("//ds:Signature[@mark]", namespaces=names.NAMESPACES):
        remove(found)
    return result


def remove(element: Any) -> None:
    """And nothing of what follows it."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _keep(element: Any, expression: str) -> None:
    for one in list(element.iter("*")):
        if one is not element and not one.xpath(f"boolean({expression})", namespaces=names.NAMESPACES):
            remove(one)


CANONICAL: dict[str, dict[str, Any]] = {
    names.EXCLUSIVE: {"exclusive": True, "with_comments": False},
    names.EXCLUSIVE_WITH_COMMENTS: {"exclusive": True, "with_comments": True},
    names.INCLUSIVE: {"with_comments": False},
    names.INCLUSIVE_11: {"with_comments": False},
    names.INCLUSIVE_WITH_COMMENTS: {"with_comments": True},
}


def canonical(element: Any, method: str, prefixes: str = "") -> bytes:
    options = dict(CANONICAL.get(method, CANONICAL[names.EXCLUSIVE]))
    if prefixes and "exclusive" in options:
        options["inclusive_ns_prefixes"] = prefixes.split()
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", **options)


def _digest(octets: bytes, method: str) -> str:
    hashed = hashes.Hash(HASHES[method.rpartition("#")[2].upper()])
    hashed.update(octets)
    return base64.b64encode(hashed.finalize()).decode()


# --- The signature itself -----------------------------------------------------------------------------------


def raw(octets: bytes, signing: Signing) -> bytes:
    """A signature of octets, by the method named: also what a signed query carries."""
    found = re.search(r"(md5|sha\d+)", signing.method.rpartition("#")[2])
    hashed = HASHES[found[1].upper() if found else "SHA256"]
    if "hmac" in signing.method:
        return hmac.digest(signing.secret, octets, hashed.name)
    private = signing.key.private
    if isinstance(private, ec.EllipticCurvePrivateKey):
        # XML signatures carry both numbers at full length, not in ASN.1 (RFC 4051, section 2.3.6).
        size = (private.curve.key_size + 7) // 8
        return b"".join(
            n.to_bytes(size, "big") for n in decode_dss_signature(private.sign(octets, ec.ECDSA(hashed)))
        )
    if "MGF1" in signing.method:
        return private.sign(octets, padding.PSS(padding.MGF1(hashed), hashed.digest_size), hashed)
    return private.sign(octets, padding.PKCS1v15(), hashed)
