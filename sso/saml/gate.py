"""Looks a message over before any library computes something that it asks for.

Transforms run before a signature is checked, and decryption runs before everything: whoever writes the message would
choose what this server computes, opens and calls. So what is asked for has to be on a short list, at the place where
the standard puts it. The same again for what came out of a decryption.
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from sso.saml import names
from sso.saml.errors import Reason, Unreadable, Untrusted
from sso.saml.names import DS, EC, SAML, SAMLP, XENC, XENC11, q

Element = Any

LARGEST = 700_000
MOST_ELEMENTS = 5000
DEEPEST = 40
MOST_KEYS = 4
# Canonicalization sorts them, in a time that grows with the square of their number.
MOST_ATTRIBUTES = 64
LONGEST_PREFIX_LIST = 256
ENCODINGS = {"UTF-8", "US-ASCII", "ASCII"}
ID_ATTRIBUTES = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")
# An xs:ID; what is shorter can be guessed, what is longer is stored nowhere.
ID = re.compile(r"[A-Za-z_][\w.\-]{0,255}", re.ASCII)
BLANKS = str.maketrans("", "", " \t\r\n")
# What a signature's KeyInfo may hold: nobody reads it, since the keys are those of the connection.
KEY_HINTS = {q(DS, "X509Data"), q(DS, "KeyName"), q(DS, "KeyValue")}
KEY_OF_KEY_HINTS = {q(DS, "X509Data"), q(DS, "KeyName")}


@dataclass(frozen=True)
class Allowed:
    """The algorithms that one connection's messages may use."""

    signatures: Collection[str] = frozenset(names.SIGNATURES)
    digests: Collection[str] = frozenset(names.DIGESTS)
    ciphers: Collection[str] = frozenset(names.CIPHERS)
    key_transports: Collection[str] = field(default=frozenset(names.KEY_TRANSPORTS))


def decoded(message: bytes) -> bytes:
    """Of a form field or a query: base64 that is base64 from beginning to end, line breaks aside."""
    if len(message) > LARGEST:
        raise Unreadable(Reason.TOO_LARGE)
    try:
        text = message.decode("ascii").translate(BLANKS)
        return base64.b64decode(text, validate=True)
    except (UnicodeDecodeError, binascii.Error) as error:
        raise Unreadable(Reason.ENCODING) from error


def parsed(content: bytes) -> Element:
    """Whatever a DOCTYPE could declare is not looked at: there must be none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=False
    )
    try:
        # Before the parser chooses an encoding by the first bytes.
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.NOT_XML) from error
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Unreadable(Reason.NOT_XML) from error
    tree = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        raise Unreadable(Reason.DOCTYPE)
    if (tree.docinfo.encoding or "UTF-8").upper() not in ENCODINGS:
        raise Unreadable(Reason.ENCODING)
    return root


def walk(root: Element, *tags: str) -> Iterator[Element]:
    """Every element within, or those with one of the tags; also where a library's own class would hide some."""
    return (element for _event, element in etree.iterwalk(root, events=("start",), tag=tags or "*"))


def check_response_shape(root: Element) -> None:
    if root.tag != q(SAMLP, "Response"):
        raise Unreadable(Reason.STRUCTURE)
    check_shape(root)


def check_response(root: Element, allowed: Allowed) -> None:
    """A Response as it came, or with its assertion decrypted; its shape has been looked at."""
    _check_assertions(root)
    check_signatures(root, allowed, within={q(SAMLP, "Response"), q(SAML, "Assertion")})
    check_encryption(root, allowed)


def check_logout(root: Element, allowed: Allowed, *, tags: Collection[str]) -> None:
    if root.tag not in tags:
        raise Unreadable(Reason.STRUCTURE)
    check_shape(root)
    check_signatures(root, allowed, within=tags)
    if next(walk(root, q(XENC, "EncryptedData")), None) is not None:
        raise Unreadable(Reason.ENCRYPTED_PART)


def check_shape(root: Element) -> None:
    _check_size(root)
    if root.xpath("boolean(//comment() | //processing-instruction())"):
        # They cut a value in two for whoever reads only its first text.
        raise Unreadable(Reason.COMMENTS)
    seen: set[str] = set()
    for element in walk(root):
        for name in ID_ATTRIBUTES:
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                raise Unreadable(Reason.REPEATED_ID)
            seen.add(value)


def _check_size(root: Element) -> None:
    """By walking, without recursion: depth is what others fall over."""
    depth = number = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        number += event == "start"
        if depth > DEEPEST or number > MOST_ELEMENTS or len(element.attrib) > MOST_ATTRIBUTES:
            raise Unreadable(Reason.TOO_COMPLEX)


def _check_assertions(root: Element) -> None:
    found = [*walk(root, q(SAML, "Assertion"), q(SAML, "EncryptedAssertion"))]
    if len(found) != 1 or found[0].getparent() is not root:
        raise Unreadable(Reason.ASSERTIONS)


def check_signatures(root: Element, allowed: Allowed, *, within: Collection[str]) -> None:
    """Each directly in what it signs, one to each, and nothing of xmldsig anywhere else."""
    parents = []
    for signature in walk(root, q(DS, "Signature")):
        parent = signature.getparent()
        if parent is None or parent.tag not in within or parent in parents:
            raise Untrusted(Reason.SIGNATURE_PLACE)
        parents.append(parent)
        _check_signature(signature, parent, allowed)
    stray = {q(DS, name) for name in ("Object", "Manifest", "SignatureProperties", "RetrievalMethod")}
    for element in walk(root, *stray):
        if element.tag != q(DS, "RetrievalMethod") or not _is_in_ciphertext(element):
            raise Untrusted(Reason.SIGNATURE_FORM)


def _is_in_ciphertext(element: Element) -> bool:
    """Where it may point to a key beside it; `check_encryption` sees to that."""
    return [parent.tag for parent in element.iterancestors()][:2] == [
        q(DS, "KeyInfo"),
        q(XENC, "EncryptedData"),
    ]


def _check_signature(signature: Element, parent: Element, allowed: Allowed) -> None:
    children = [child.tag for child in signature]
    expected = [q(DS, "SignedInfo"), q(DS, "SignatureValue")]
    if children not in (expected, [*expected, q(DS, "KeyInfo")]):
        raise Untrusted(Reason.SIGNATURE_FORM)
    if len(children) > len(expected):
        _check_key_info(signature[2], KEY_HINTS, Untrusted(Reason.SIGNATURE_FORM))
    info = signature[0]
    if [child.tag for child in info] != [
        q(DS, "CanonicalizationMethod"),
        q(DS, "SignatureMethod"),
        q(DS, "Reference"),
    ]:
        raise Untrusted(Reason.REFERENCE)
    canonicalization, method, reference = info
    if canonicalization.get("Algorithm") not in names.EXCLUSIVE or not _only_prefixes(canonicalization):
        raise Untrusted(Reason.TRANSFORMS)
    if method.get("Algorithm") not in allowed.signatures or len(method):
        raise Untrusted(Reason.SIGNATURE_ALGORITHM)
    _check_reference(reference, parent, allowed)


def _check_reference(reference: Element, parent: Element, allowed: Allowed) -> None:
    signed_id = parent.get("ID", "")
    if not ID.fullmatch(signed_id) or reference.get("URI") != f"#{signed_id}":
        raise Untrusted(Reason.REFERENCE)
    if [child.tag for child in reference] != [
        q(DS, "Transforms"),
        q(DS, "DigestMethod"),
        q(DS, "DigestValue"),
    ]:
        raise Untrusted(Reason.REFERENCE)
    transforms, digest, _value = reference
    algorithms = [transform.get("Algorithm") for transform in transforms]
    if (
        not 1 <= len(algorithms) <= 2
        or any(transform.tag != q(DS, "Transform") for transform in transforms)
        or algorithms[0] != names.ENVELOPED
        or len(transforms[0])
        or not set(algorithms[1:]) <= names.EXCLUSIVE
        or not all(_only_prefixes(transform) for transform in transforms[1:])
    ):
        raise Untrusted(Reason.TRANSFORMS)
    if digest.get("Algorithm") not in allowed.digests or len(digest):
        raise Untrusted(Reason.SIGNATURE_ALGORITHM)


def _only_prefixes(method: Element) -> bool:
    """At most a short list of prefixes: canonicalization looks each of them up at every element."""
    return (
        all(
            child.tag == q(EC, "InclusiveNamespaces")
            and not len(child)
            and len(child.get("PrefixList", "")) <= LONGEST_PREFIX_LIST
            for child in method
        )
        and len(method) <= 1
    )


def _check_key_info(info: Element, hints: Collection[str], otherwise: Exception) -> None:
    if any(child.tag not in hints for child in info):
        raise otherwise


def check_encryption(root: Element, allowed: Allowed) -> None:
    """One EncryptedAssertion and nothing else encrypted; ciphertext in place, and keys by the listed means."""
    for data in walk(root, q(XENC, "EncryptedData")):
        parent = data.getparent()
        if parent.tag != q(SAML, "EncryptedAssertion"):
            raise Unreadable(Reason.ENCRYPTED_PART)
        _check_encrypted(data, allowed.ciphers)
    keys = [*walk(root, q(XENC, "EncryptedKey"))]
    if len(keys) > MOST_KEYS:
        raise Unreadable(Reason.ENCRYPTED_PART)
    for key in keys:
        if key.getparent().tag not in (q(SAML, "EncryptedAssertion"), q(DS, "KeyInfo")):
            raise Unreadable(Reason.ENCRYPTED_PART)
        _check_encrypted(key, allowed.key_transports)
    encrypted = root.find(q(SAML, "EncryptedAssertion"))
    if encrypted is not None:
        _check_encrypted_assertion(encrypted)


def _check_encrypted_assertion(encrypted: Element) -> None:
    tags = [child.tag for child in encrypted]
    if tags.count(q(XENC, "EncryptedData")) != 1 or set(tags) - {
        q(XENC, "EncryptedData"),
        q(XENC, "EncryptedKey"),
    }:
        raise Unreadable(Reason.ENCRYPTED_PART)


def _check_encrypted(element: Element, algorithms: Collection[str]) -> None:
    parts = {child.tag: child for child in element}
    known = {q(XENC, "EncryptionMethod"), q(XENC, "CipherData"), q(DS, "KeyInfo")}
    if element.tag == q(XENC, "EncryptedKey"):
        known |= {q(XENC, "ReferenceList"), q(XENC, "CarriedKeyName")}
    if set(parts) - known or len(parts) != len(element):
        raise Unreadable(Reason.ENCRYPTED_PART)
    cipher_data, method = parts.get(q(XENC, "CipherData")), parts.get(q(XENC, "EncryptionMethod"))
    if cipher_data is None or [child.tag for child in cipher_data] != [q(XENC, "CipherValue")]:
        raise Unreadable(Reason.ENCRYPTED_PART)
    if method is None or method.get("Algorithm") not in algorithms:
        raise Unreadable(Reason.ENCRYPTION_ALGORITHM)
    _check_parameters(method)
    info = parts.get(q(DS, "KeyInfo"))
    if info is not None:
        _check_encryption_key_info(element, info)
    _check_local(walk(element, q(XENC, "DataReference"), q(XENC, "KeyReference"), q(DS, "RetrievalMethod")))


def _check_parameters(method: Element) -> None:
    for parameter in method:
        named = parameter.get("Algorithm")
        match parameter.tag:
            case tag if tag == q(DS, "DigestMethod") and named in names.OAEP_DIGESTS:
                continue
            case tag if tag == q(XENC11, "MGF") and named in names.OAEP_MASKS:
                continue
            case tag if tag in (q(XENC, "KeySize"), q(XENC, "OAEPparams")):
                continue
        raise Unreadable(Reason.ENCRYPTION_ALGORITHM)


def _check_encryption_key_info(element: Element, info: Element) -> None:
    hints = set(KEY_OF_KEY_HINTS)
    if element.tag == q(XENC, "EncryptedData"):
        hints |= {q(XENC, "EncryptedKey"), q(DS, "RetrievalMethod")}
    _check_key_info(info, hints, Unreadable(Reason.ENCRYPTED_PART))
    for retrieval in walk(info, q(DS, "RetrievalMethod")):
        if len(retrieval) or retrieval.get("Type") != f"{XENC}EncryptedKey":
            raise Unreadable(Reason.ENCRYPTED_PART)


def _check_local(references: Iterable[Element]) -> None:
    for reference in references:
        if not re.fullmatch(r"#[\w.\-]{1,256}", reference.get("URI", ""), re.ASCII):
            raise Unreadable(Reason.ENCRYPTED_PART)
