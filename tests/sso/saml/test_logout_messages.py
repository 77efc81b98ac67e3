"""Messages about signing out, one thing wrong with each: read by neither binding."""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from lxml import etree

from sso.models import SeenMessage
from sso.saml import logout
from sso.saml.errors import SamlRefused
from tests.sso.saml import names
from tests.sso.saml.keys import ec_key, rsa_key
from tests.sso.saml.logout import Logout, deflated, form, query
from tests.sso.saml.names import DS, SAML, SAMLP
from tests.sso.saml.provider import IDP_KEY, PATIENCE, STRANGE_KEY, Provider
from tests.sso.saml.signing import Signing, remove, sign, xpath
from tests.sso.saml.writing import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

EVIL = "https://evil.example"
BINDINGS = pytest.mark.parametrize("binding", ["post", "redirect"])


def request(idp: Provider, **knobs: Any) -> Logout:
    said = {"destination": idp.connection.logout_url, "issuer": idp.connection.idp_entity_id}
    return Logout(**{**said, **knobs})


def answer(idp: Provider, **knobs: Any) -> Logout:
    return request(idp, **{"status": names.SUCCESS, "in_response_to": "_asked", **knobs})


def take(
    idp: Provider, said: Logout, binding: str, signing: Signing | None, relay_state: str = "here"
) -> Any:
    if binding == "redirect":
        return logout.read_query(query(said, signing, relay_state), idp.connection)
    return take_form(idp, said.parameter, form(said, signing)[said.parameter].encode(), relay_state)


def take_form(idp: Provider, field: str, message: bytes, relay_state: str = "") -> Any:
    return logout.read_form(field, message, idp.connection, relay_state=relay_state)


def take_tree(idp: Provider, root: Any) -> Any:
    return take_form(idp, "SAMLRequest", base64.b64encode(etree.tostring(root)))


class Refusal:
    """Filled in by `refused`."""

    reason = ""


@contextmanager
def refused() -> Iterator[Refusal]:
    """What is done within is refused, and soon."""
    found, begun = Refusal(), time.process_time()
    with pytest.raises(SamlRefused) as caught:
        yield found
    assert time.process_time() - begun < PATIENCE
    found.reason = str(caught.value.reason)


# --- The control --------------------------------------------------------------------------------------------


@BINDINGS
def test_a_request_is_read(idp: Provider, binding: str) -> None:
    said = request(idp, session_indexes=("a", "b"), name_qualifier=idp.connection.idp_entity_id)
    found = take(idp, said, binding, idp.signing())
    assert (found.id, found.name.value, found.name.format) == (said.id, "dora-1", names.PERSISTENT)
    assert (found.name.qualifier, found.session_indexes) == (said.name_qualifier, ["a", "b"])
    assert found.relay_state == "here"


@BINDINGS
@pytest.mark.parametrize("status", [names.SUCCESS, names.RESPONDER])
def test_an_answer_is_read(idp: Provider, binding: str, status: str) -> None:
    found = take(idp, answer(idp, status=status), binding, idp.signing())
    assert (found.in_response_to, found.is_success) == ("_asked", status == names.SUCCESS)


@pytest.mark.parametrize("state", ["", "a b", "a+b", "a%b", "ä", "a&b=c", "x" * 80])
@pytest.mark.parametrize("lower", [False, True])
def test_a_query_is_verified_as_it_is_written(idp: Provider, state: str, lower: bool) -> None:
    text = query(request(idp), idp.signing(), state, lower=lower)
    assert logout.read_query(text, idp.connection).relay_state == state


def test_a_query_without_a_state_is_read(idp: Provider) -> None:
    text = query(request(idp), idp.signing())
    assert "RelayState" not in text
    assert logout.read_query(text, idp.connection).relay_state == ""


@BINDINGS
@pytest.mark.parametrize("method", [names.RSA_SHA256, names.RSA_SHA384, names.RSA_SHA512, names.PSS_SHA256])
def test_good_methods_are_taken(idp: Provider, binding: str, method: str) -> None:
    assert take(idp, request(idp), binding, idp.signing(method=method)).name.value == "dora-1"


# --- Whose it is --------------------------------------------------------------------------------------------


@BINDINGS
@pytest.mark.parametrize("said", [request, answer])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (None, {"unsigned"}),
        ({"key": STRANGE_KEY}, {"signature"}),
        ({"key": rsa_key("site")}, {"signature"}),
        ({"key": ec_key("strange"), "method": names.ECDSA_SHA256}, {"signature"}),
        ({"method": names.RSA_SHA1, "digest": names.SHA1}, {"signature-algorithm"}),
        ({"method": names.RSA_MD5, "digest": names.MD5}, {"signature-algorithm"}),
        ({"method": names.HMAC_SHA256, "secret": IDP_KEY.certificate_pem.encode()}, {"signature-algorithm"}),
        ({"method": names.HMAC_SHA256, "secret": b""}, {"signature-algorithm"}),
        ({"method": ""}, {"signature-algorithm"}),
        ({"method": "none"}, {"signature-algorithm"}),
        ({"method": names.SHA256}, {"signature-algorithm"}),
    ],
)  # fmt: skip
def test_what_the_provider_did_not_sign_is_refused(
    idp: Provider, binding: str, said: Any, how: dict[str, Any] | None, expected: set[str]
) -> None:
    signing = None if how is None else idp.signing(**how)
    with refused() as refusal:
        take(idp, said(idp), binding, signing)
    assert refusal.reason in expected
    assert not SeenMessage.objects.exists()


@BINDINGS
@pytest.mark.parametrize("said", [request, answer])
@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ({"issuer": EVIL}, "issuer"),
        ({"issuer": None}, "issuer"),
        ({"destination": EVIL}, "destination"),
        ({"destination": None}, "destination"),
        ({"destination": "http://localhost/sso/saml/acme-sso/acs/"}, "destination"),
        ({"destination": "http://localhost/sso/saml/acme-sso/sls/x"}, "destination"),
        ({"issued": 600}, "too-early"),
        ({"issued": -1200}, "expired"),
        ({"issued": "9999-12-31T23:59:59.9999999Z"}, "too-early"),
        ({"version": "1.1"}, "version"),
        ({"version": "3.0"}, "version"),
        ({"issued": None}, "schema"),
        ({"issued": "soon"}, "schema"),
    ],
)
def test_one_thing_wrong_is_one_too_many(
    idp: Provider, binding: str, said: Any, knobs: dict[str, Any], expected: str
) -> None:
    with refused() as refusal:
        take(idp, said(idp, **knobs), binding, idp.signing())
    assert refusal.reason in {expected, "times-missing"}
    assert not SeenMessage.objects.exists()


@BINDINGS
@pytest.mark.parametrize(
    "knobs",
    [
        {"name_id": None},
        {"name_id": ""},
        {"name_id": "do\u200bra"},
        {"name_id": "x" * 257},
        {"name_qualifier": EVIL},
        {"sp_name_qualifier": EVIL},
        {"not_on_or_after": -600},
        {"not_on_or_after": "never"},
        {"session_indexes": ("x",) * 1000},
        {"session_indexes": ("",)},
        {"named": '<saml:BaseID NameQualifier="x"/>'},
        {"named": "<saml:EncryptedID/>"},
        {"named": "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>"},
        {"named": "<saml:NameID>a<!-- -->b</saml:NameID>"},
        {"named": "<saml:NameID>a<x/>b</saml:NameID>"},
        {"tag": "AuthnRequest"},
        {"tag": "LogoutResponse"},
        {"tag": "ManageNameIDRequest"},
    ],
)
def test_a_request_names_somebody_or_is_none(idp: Provider, binding: str, knobs: dict[str, Any]) -> None:
    with refused():
        take(idp, request(idp, **knobs), binding, idp.signing())


@BINDINGS
@pytest.mark.parametrize("said", [request, answer])
def test_a_message_counts_once(idp: Provider, binding: str, said: Any) -> None:
    message = said(idp)
    take(idp, message, binding, idp.signing())
    for other in ("post", "redirect"):
        with refused() as refusal:
            take(idp, message, other, idp.signing())
        assert refusal.reason == "replayed"


@BINDINGS
def test_a_connection_that_is_off_hears_nothing(idp: Provider, binding: str) -> None:
    idp.connection.is_active = False
    with refused() as refusal:
        take(idp, request(idp), binding, idp.signing())
    assert refusal.reason == "connection-off"


# --- The query ----------------------------------------------------------------------------------------------


def test_nothing_signed_in_a_query_may_change(idp: Provider) -> None:
    text = query(request(idp), idp.signing(), "here")
    other = query(request(idp, name_id="alice-1"), None).partition("=")[2]
    parts = dict(part.split("=", 1) for part in text.split("&"))
    for name, value in {
        "RelayState": "there",
        "SAMLRequest": other,
        "SigAlg": quote(names.RSA_SHA512, safe=""),
        "Signature": quote(base64.b64encode(bytes(256)).decode(), safe=""),
    }.items():
        changed = "&".join(f"{key}={value if key == name else kept}" for key, kept in parts.items())
        with refused() as refusal:
            logout.read_query(changed, idp.connection)
        assert refusal.reason == "signature"


def test_a_state_may_be_neither_added_nor_taken_away(idp: Provider) -> None:
    with_it, without = query(request(idp), idp.signing(), "here"), query(request(idp), idp.signing())
    for text in (with_it.replace("&RelayState=here", ""), f"{without}&RelayState=there"):
        with refused() as refusal:
            logout.read_query(text, idp.connection)
        assert refusal.reason == "signature"


@pytest.mark.parametrize("name", ["SAMLRequest", "RelayState", "SigAlg", "Signature"])
@pytest.mark.parametrize("first", [True, False])
def test_a_parameter_comes_once(idp: Provider, name: str, first: bool) -> None:
    text, more = query(request(idp), idp.signing(), "here"), f"{name}=x"
    with refused():
        logout.read_query(f"{more}&{text}" if first else f"{text}&{more}", idp.connection)


@pytest.mark.parametrize("name", ["%53AMLRequest", "SAMLResponse", "S%41MLResponse"])
@pytest.mark.parametrize("first", [True, False])
def test_a_second_message_does_not_ride_along(idp: Provider, name: str, first: bool) -> None:
    """What is verified is what is read, however a name is spelt."""
    text = query(request(idp), idp.signing(), "here")
    more = f"{name}={quote(deflated(etree.tostring(request(idp, name_id='alice-1').element())), safe='')}"
    try:
        found = logout.read_query(f"{more}&{text}" if first else f"{text}&{more}", idp.connection)
    except SamlRefused:
        return
    assert found.name.value == "dora-1"


@pytest.mark.parametrize(
    "text",
    ["", "&", "=", "SAMLRequest", "SAMLRequest=", "SAMLRequest=x", "SAMLRequest=%", "SAMLRequest=%zz",
     "SAMLRequest=AAAA",
     "SAMLRequest=%00", "SAMLRequest=%FF", "SAMLRequest=\u00e9", "RelayState=x&Signature=x&SigAlg=x",
     pytest.param("x" * 100_000, id="much")],
)  # fmt: skip
def test_what_is_no_query_is_refused(idp: Provider, text: str) -> None:
    with refused():
        logout.read_query(text, idp.connection)


@pytest.mark.parametrize(
    "signature", ["", "%", "!", "AAAA", "%00", "\u00e9", pytest.param("A" * 100_000, id="much")]
)
def test_what_is_no_signature_is_refused(idp: Provider, signature: str) -> None:
    text = query(request(idp), idp.signing()).rpartition("=")[0]
    with refused():
        logout.read_query(f"{text}={signature}", idp.connection)


@pytest.mark.parametrize("size", [200_000, 50_000_000])
def test_a_bomb_is_not_blown_up(idp: Provider, size: int) -> None:
    bomb = query(b"<a>" + b" " * size + b"</a>", None)
    with refused() as refusal:
        logout.read_query(bomb, idp.connection)
    assert refusal.reason == "too-large"


@pytest.mark.parametrize(
    "spoil", [lambda octets: octets[:-5], lambda octets: octets + b"more", lambda octets: b""]
)
def test_what_is_no_deflated_message_is_refused(idp: Provider, spoil: Any) -> None:
    octets = spoil(base64.b64decode(deflated(etree.tostring(request(idp).element()))))
    text = f"SAMLRequest={quote(base64.b64encode(octets).decode(), safe='')}"
    with refused():
        logout.read_query(text, idp.connection)


def test_a_message_that_is_not_deflated_is_refused(idp: Provider) -> None:
    text = base64.b64encode(etree.tostring(request(idp).element())).decode()
    with refused():
        logout.read_query(f"SAMLRequest={quote(text, safe='')}", idp.connection)


def test_a_signature_within_makes_no_query_genuine(idp: Provider) -> None:
    """The redirect binding's signature is the query's."""
    root = request(idp).element()
    sign(root, idp.signing())
    with refused() as refusal:
        logout.read_query(f"SAMLRequest={quote(deflated(etree.tostring(root)), safe='')}", idp.connection)
    assert refusal.reason == "unsigned"


# --- The form -----------------------------------------------------------------------------------------------


def test_a_request_in_the_field_of_an_answer_is_refused(idp: Provider) -> None:
    for said, field in ((request(idp), "SAMLResponse"), (answer(idp), "SAMLRequest")):
        with refused() as refusal:
            take_form(idp, field, form(said, idp.signing())[said.parameter].encode())
        assert refusal.reason == "structure"


def test_a_response_to_a_sign_in_signs_nobody_out(idp: Provider) -> None:
    with refused() as refusal:
        take_form(idp, "SAMLResponse", idp.post(sign="both"))
    assert refusal.reason == "structure"


@pytest.mark.parametrize("name", ["alice-1", "dora-1 "])
def test_a_change_breaks_the_signature(idp: Provider, name: str) -> None:
    root = request(idp).element()
    sign(root, idp.signing())
    root.find(f"{{{SAML}}}NameID").text = name
    with refused() as refusal:
        take_tree(idp, root)
    assert refusal.reason == "signature"


@pytest.mark.parametrize("where", ["in the signature", "in extensions", "around", "elsewhere"])
def test_what_is_wrapped_is_refused(idp: Provider, where: str) -> None:
    signed = request(idp).element()
    sign(signed, idp.signing())
    forged = etree.fromstring(etree.tostring(signed))
    forged.set("ID", new_id())
    forged.find(f"{{{SAML}}}NameID").text = "alice-1"
    signature = forged.find(f"{{{DS}}}Signature")
    if where == "in the signature":
        remove(signed.find(f"{{{DS}}}Signature"))
        etree.SubElement(signature, f"{{{DS}}}Object").append(signed)
    elif where == "in extensions":
        remove(signature)
        extensions = etree.Element(f"{{{SAMLP}}}Extensions")
        extensions.append(signed)
        forged.insert(1, extensions)
    elif where == "around":
        forged = etree.Element(f"{{{SAMLP}}}Extensions")
        forged.append(signed)
    else:
        remove(signature)
        forged.find(f"{{{SAML}}}NameID").append(signature)
    with refused() as refusal:
        take_tree(idp, forged)
    assert refusal.reason in {"signature-place", "signature-form", "reference", "structure", "unsigned"}


@pytest.mark.parametrize(
    "transforms",
    [
        (names.ENVELOPED, xpath("not(ancestor-or-self::saml:NameID)"), names.EXCLUSIVE),
        (names.ENVELOPED,) + (names.EXCLUSIVE,) * 2000,
        (names.ENVELOPED, names.INCLUSIVE),
        (),
    ],
    ids=["xpath", "many", "inclusive", "none"],
)
def test_no_strange_transform_is_run(idp: Provider, transforms: tuple[str, ...]) -> None:
    with refused() as refusal:
        take(idp, request(idp), "post", idp.signing(transforms=transforms))
    assert refusal.reason in {"transforms", "too-complex"}


def test_many_prefixes_cost_nobody_anything(idp: Provider) -> None:
    root = request(idp, session_indexes=("x",) * 4000).element()
    sign(root, idp.signing(prefixes="xs"))
    prefixes = " ".join(f"p{number}" for number in range(50_000))
    root.find(f".//{{{names.EXC_C14N}}}InclusiveNamespaces").set("PrefixList", prefixes)
    with refused():
        take_tree(idp, root)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"<x/>", b"<!DOCTYPE r><r/>", b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///dev/zero">]><r>&a;</r>',
     b"<r>" * 10_000 + b"</r>" * 10_000, b"\x00", b"\xff\xfe<\x00r\x00/\x00>\x00"],
)  # fmt: skip
@BINDINGS
def test_what_is_no_message_is_refused(idp: Provider, content: bytes, binding: str) -> None:
    with refused():
        if binding == "post":
            take_form(idp, "SAMLRequest", base64.b64encode(content))
        else:
            logout.read_query(query(content, idp.signing()), idp.connection)
