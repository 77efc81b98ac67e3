"""Over HTTP: whoever sends a bad message sees one page, whatever was wrong, and nobody comes in."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action, Outcome
from audit.models import Event
from orgs.models import Domain, Organization
from sso.models import Connection, ParkedAssertion, SignInRequest
from tests.sso.saml import names
from tests.sso.saml.conftest import connect
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Confirmation, posted
from tests.sso.saml.keys import rsa_key
from tests.sso.saml.provider import SITE_KEY, STRANGE_KEY, Provider
from tests.sso.saml.test_sign_in import leave, prove
from tests.sso.saml.writing import Xml

pytestmark = pytest.mark.django_db
EVIL = "https://evil.example"
# References and nonces, and the headers that hold them.
CHANGES = re.compile(r"[0-9A-Fa-f]{4,}(?:-[0-9A-Fa-f]{4,})*|nonce=\"[^\"]*\"")
UNLIKE = {"Content-Security-Policy", "X-Request-ID", "Content-Length"}


@pytest.fixture(autouse=True)
def domain(connection: Connection) -> Domain:
    return prove(connection, "acme.example")


def acs(connection: Connection) -> str:
    return f"/sso/saml/{connection.slug}/acs/"


def post(client: Client, idp: Provider, message: bytes | str, **more: Any) -> Any:
    text = message if isinstance(message, str) else message.decode()
    return client.post(acs(idp.connection), {"SAMLResponse": text, **more})


def last_reason() -> str:
    event = Event.objects.filter(action=Action.SIGN_IN_REFUSE).latest("pk")
    assert event.outcome == Outcome.REFUSED
    return str(event.data["reason"])


def seen(found: Any) -> tuple[Any, ...]:
    """All of an answer but the reference, which is new each time."""
    body = CHANGES.sub("…", found.content.decode())
    headers = {name: CHANGES.sub("…", value) for name, value in found.headers.items() if name not in UNLIKE}
    return found.status_code, body, headers, sorted(found.cookies)


MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "unsigned": ({"sign": "none"}, "unsigned"),
    "a stranger's": ({"how": {"key": STRANGE_KEY}}, "signature"),
    "a poor method": ({"how": {"method": names.RSA_SHA1}}, "signature-algorithm"),
    "a transform": ({"how": {"transforms": (names.ENVELOPED, names.INCLUSIVE)}}, "transforms"),
    "issuer": ({"issuer": EVIL}, "issuer"),
    "audience": ({"audiences": ((EVIL,),)}, "audience"),
    "destination": ({"destination": EVIL}, "destination"),
    "recipient": ({"confirmations": (Confirmation(recipient=EVIL),)}, "recipient"),
    "too late": ({"not_before": -900, "not_on_or_after": -600}, "expired"),
    "too early": ({"not_before": 600, "not_on_or_after": 900}, "too-early"),
    "name": ({"name_id": " "}, "name"),
    "qualifier": ({"name_qualifier": EVIL}, "qualifier"),
    "unsolicited": ({"in_response_to": None}, "unsolicited"),
    "never asked": ({"in_response_to": "_nobody"}, "in-response-to"),
    "domain": ({"attributes": {"mail": ("dora@evil.example",)}}, "domain-of-another"),
    "address": ({"attributes": {"mail": ("dora",)}}, "address"),
    "value": ({"attributes": {"mail": (Xml("dora@acme.example<x/>"),)}}, "value"),
    "not for us": ({"encryption": Encryption(to=STRANGE_KEY)}, "encryption"),
    "padding": (
        {"encryption": Encryption(to=SITE_KEY, data=names.AES128_CBC, spoil_data=lambda octets: octets[:-16])},
        "encryption",
    ),
    "tag": ({"encryption": Encryption(to=SITE_KEY, spoil_data=lambda octets: octets[:-1])}, "encryption"),
    "key": ({"encryption": Encryption(to=SITE_KEY, spoil_key=lambda octets: octets[:-1])}, "encryption"),
    "a stranger's, encrypted": (
        {"how": {"key": STRANGE_KEY}, "encryption": Encryption(to=SITE_KEY)},
        "signature",
    ),
    "poor encryption": ({"encryption": Encryption(to=SITE_KEY, transport="rsa15")}, "encryption-algorithm"),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_a_bad_message_is_answered_by_the_same_page(client: Client, idp: Provider, name: str) -> None:
    knobs, expected = MESSAGES[name]
    asked = leave(client, idp.connection)
    reference = Client().post(acs(idp.connection), {"SAMLResponse": "="})
    found = post(Client(), idp, idp.post(**{"in_response_to": asked, **knobs}))
    assert last_reason() == expected
    assert found.status_code == 400
    assert seen(found) == seen(reference)
    assert "evil" not in found.text
    assert not ParkedAssertion.objects.exists()
    assert not User.objects.filter(email__endswith="acme.example").exists()


def test_the_control_is_accepted(client: Client, idp: Provider) -> None:
    found = post(client, idp, idp.post(in_response_to=leave(client, idp.connection)))
    assert found.status_code == 303
    assert found["Location"].startswith(f"/sso/saml/{idp.connection.slug}/finish/")
    assert client.get(found["Location"])["Location"] == "/account/"
    assert Session.objects.filter(user__email="dora@acme.example").count() == 1


def test_each_refusal_has_its_own_reference(idp: Provider) -> None:
    pages = {post(Client(), idp, "=").content for _ in range(3)}
    assert len(pages) == 3


# --- What is posted -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"SAMLResponse": ""},
        {"SAMLRequest": "PHg+"},
        {"samlresponse": "PHg+"},
        {"SAMLResponse": "\x00"},
        {"SAMLResponse": "\ufffd\ud7ff"},
        {"SAMLResponse": "=" * 1_000_000},
    ],
)
def test_what_holds_no_message_is_refused(client: Client, idp: Provider, fields: dict[str, str]) -> None:
    assert client.post(acs(idp.connection), fields).status_code == 400


def test_a_message_in_a_file_is_none(client: Client, idp: Provider) -> None:
    message = idp.post(in_response_to=leave(client, idp.connection))
    found = client.post(acs(idp.connection), {"SAMLResponse": SimpleUploadedFile("x", message)})
    assert found.status_code == 400


def test_a_message_in_json_is_none(client: Client, idp: Provider) -> None:
    message = idp.post(in_response_to=leave(client, idp.connection)).decode()
    found = client.post(acs(idp.connection), {"SAMLResponse": message}, content_type="application/json")
    assert found.status_code == 400


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options", "trace"])
def test_only_a_form_brings_a_message(client: Client, idp: Provider, method: str) -> None:
    message = idp.post(in_response_to=leave(client, idp.connection)).decode()
    query = {"query_params": {"SAMLResponse": message}}
    assert getattr(client, method)(acs(idp.connection), **query).status_code == 405


def test_it_needs_no_cookie_of_ours(client: Client, idp: Provider) -> None:
    """It comes from another site's page, where browsers leave ours out."""
    strict = Client(enforce_csrf_checks=True)
    assert post(strict, idp, idp.post(in_response_to=leave(client, idp.connection))).status_code == 303
    assert "sessionid" not in strict.cookies


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host"])
def test_no_header_moves_the_site(client: Client, idp: Provider, header: str) -> None:
    asked = leave(client, idp.connection)
    message = idp.post(in_response_to=asked, destination=f"{EVIL}{acs(idp.connection)}").decode()
    found = client.post(acs(idp.connection), {"SAMLResponse": message}, headers={header: "evil.example"})
    assert found.status_code == 400
    assert last_reason() == "destination"


@pytest.mark.parametrize("slug", ["nobody", "acme", "ACME-SSO"])
def test_there_is_nothing_at_other_addresses(client: Client, idp: Provider, slug: str) -> None:
    for path in ("acs", "login", "metadata", "sls"):
        found = client.post if path == "acs" else client.get
        assert found(f"/sso/saml/{slug}/{path}/").status_code == 404


@pytest.mark.parametrize("ticket", ["x", "A" * 43, "A" * 44, "../../", "%00" * 43])
def test_a_ticket_nobody_gave_is_refused(client: Client, idp: Provider, ticket: str) -> None:
    assert client.get(f"/sso/saml/{idp.connection.slug}/finish/{ticket}/").status_code in {400, 404}
    assert not Session.objects.filter(user__isnull=False).exists()


# --- Which browser ------------------------------------------------------------------------------------------


def test_an_answer_to_another_browser_does_not_sign_this_one_in(client: Client, idp: Provider) -> None:
    """The attacker's own answer, brought to somebody's browser which has begun one as well."""
    victim = Client()
    leave(victim, idp.connection)
    theirs = post(victim, idp, idp.post(in_response_to=leave(client, idp.connection)))
    assert victim.get(theirs["Location"]).status_code == 400
    assert last_reason() == "other-browser"
    assert not Session.objects.filter(user__isnull=False).exists()


def test_a_request_is_answered_once(client: Client, idp: Provider) -> None:
    """Two different assertions for one request: the first to finish has used it."""
    asked = leave(client, idp.connection)
    first, second = (post(client, idp, idp.post(in_response_to=asked))["Location"] for _ in range(2))
    assert client.get(first).status_code == 302
    assert client.get(second).status_code == 400
    assert not SignInRequest.objects.exists()


def test_a_request_to_one_connection_is_none_to_another(
    client: Client, idp: Provider, globex: Organization
) -> None:
    other = connect(globex, "globex-sso")
    asked = leave(client, other)
    assert post(client, idp, idp.post(in_response_to=asked)).status_code == 400
    assert last_reason() == "in-response-to"


def test_a_ticket_of_one_connection_is_none_of_another(
    client: Client, idp: Provider, globex: Organization
) -> None:
    other = connect(globex, "globex-sso")
    found = post(client, idp, idp.post(in_response_to=leave(client, idp.connection)))["Location"]
    assert client.get(found.replace(idp.connection.slug, other.slug)).status_code == 400
    assert client.get(found).status_code == 302


# --- Begun at the provider ----------------------------------------------------------------------------------


@pytest.fixture
def begun_there(idp: Provider) -> Provider:
    Connection.across_organizations.update(allow_idp_initiated=True)
    idp.connection.refresh_from_db()
    return idp


def test_nobody_is_signed_in_by_a_link(client: Client, begun_there: Provider) -> None:
    """Whose account it is, its owner sees before it is theirs."""
    found = post(client, begun_there, begun_there.post(in_response_to=None))
    assert found.status_code == 303
    assert client.get(found["Location"]).status_code == 200
    assert not Session.objects.filter(user__isnull=False).exists()
    assert client.post(found["Location"].partition("?")[0])["Location"] == "/account/"


def test_a_form_of_another_site_does_not_say_yes(begun_there: Provider) -> None:
    strict = Client(enforce_csrf_checks=True)
    found = post(strict, begun_there, begun_there.post(in_response_to=None))
    assert strict.post(found["Location"]).status_code == 403
    assert not Session.objects.filter(user__isnull=False).exists()


@pytest.mark.parametrize(
    "state",
    [EVIL, "//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)", "http:///evil.example",
     "/\t/evil.example", "\nhttps://evil.example", "http://localhost@evil.example/",
     pytest.param("x" * 5000, id="long")],
)  # fmt: skip
def test_it_never_leads_elsewhere(client: Client, begun_there: Provider, state: str) -> None:
    found = post(client, begun_there, begun_there.post(in_response_to=None), RelayState=state)
    assert found["Location"].startswith("/sso/saml/")
    assert "evil" not in found["Location"]
    assert client.post(found["Location"])["Location"] == "/account/"


def test_it_leads_to_a_place_of_ours(client: Client, begun_there: Provider) -> None:
    found = post(client, begun_there, begun_there.post(in_response_to=None), RelayState="/account/sessions/")
    assert client.post(found["Location"])["Location"] == "/account/sessions/"


def test_an_unsolicited_message_counts_once(client: Client, begun_there: Provider) -> None:
    message = begun_there.post(in_response_to=None)
    assert post(client, begun_there, message).status_code == 303
    assert post(Client(), begun_there, message).status_code == 400
    assert last_reason() == "replayed"


def test_an_answer_does_not_pass_as_unsolicited(client: Client, begun_there: Provider) -> None:
    """With the wrapper's attribute stripped, an answer to somebody else's request is still an answer."""
    root = begun_there.root(in_response_to=leave(Client(), begun_there.connection))
    del root.attrib["InResponseTo"]
    assert post(client, begun_there, posted(root)).status_code == 400
    assert last_reason() == "in-response-to"


# --- Addresses ----------------------------------------------------------------------------------------------

NO_ADDRESS = [
    "dora", "dora@", "@acme.example", "dora@acme.example@acme.example", "dora@acme.example,x@acme.example",
    "dora@acme.example x@acme.example", " dora@acme.example", "dora@acme.example ", "<dora@acme.example>",
    "Dora <dora@acme.example>", "mailto:dora@acme.example", "dora@acmé.example", "dörа@acme.example",
    "dora@acme．example", "dora@ａcme.example", "dora@[127.0.0.1]", "dora@acme.example.", "dora@acme..example",
    "d" * 250 + "@acme.example", "\"do ra\"@acme.example", "dora@acme.example?x", "dora@acme.example;",
    "K@acme.example".replace("K", "\u212a"), "dora@acme.example%00", "dora'--@acme example",
]  # fmt: skip


@pytest.mark.parametrize("address", NO_ADDRESS)
@pytest.mark.parametrize("where", ["attribute", "name"])
def test_what_is_no_single_address_is_refused(
    client: Client, idp: Provider, where: str, address: str
) -> None:
    how: dict[str, Any] = {"attributes": {"mail": (address,)}}
    if where == "name":
        how = {"attributes": {}, "name_id": address, "name_format": names.EMAIL}
    found = post(client, idp, idp.post(in_response_to=leave(client, idp.connection), **how))
    assert found.status_code == 400
    assert last_reason() in {"address", "name", "value", "domain-of-another"}
    assert User.objects.count() == 1


MANY = [
    ("dora@acme.example", "alice@acme.example"),
    ("alice@example.org", "dora@acme.example"),
    ("dora@acme.example", "dora@acme.example"),
]


@pytest.mark.parametrize("values", MANY)
def test_several_addresses_are_none(client: Client, idp: Provider, values: tuple[str, ...]) -> None:
    message = idp.post(in_response_to=leave(client, idp.connection), attributes={"mail": values})
    assert post(client, idp, message).status_code == 400
    assert last_reason() == "address"


@pytest.mark.parametrize(
    "domain_name", ["evil.example", "xacme.example", "acme.example.evil", "sub.acme.example", "acme.exampleX"]
)  # fmt: skip
def test_an_address_elsewhere_is_refused(client: Client, idp: Provider, domain_name: str) -> None:
    address = f"dora@{domain_name}"
    message = idp.post(in_response_to=leave(client, idp.connection), attributes={"mail": (address,)})
    assert post(client, idp, message).status_code == 400
    assert last_reason() == "domain-of-another"


def test_the_name_and_the_attribute_may_not_differ_in_domain(client: Client, idp: Provider) -> None:
    """A name that is an address of somewhere else, beside an address of ours."""
    how = {"name_id": "alice@example.org", "name_format": names.EMAIL}
    found = post(client, idp, idp.post(in_response_to=leave(client, idp.connection), **how))
    assert found.status_code in {303, 400}
    if found.status_code == 303:
        client.get(found["Location"])
    assert not Session.objects.filter(user__email="alice@example.org").exists()


def test_capitals_are_no_other_address(client: Client, idp: Provider) -> None:
    how = {"attributes": {"mail": ("Dora@ACME.example",)}}
    found = post(client, idp, idp.post(in_response_to=leave(client, idp.connection), **how))
    client.get(found["Location"])
    assert User.objects.filter(email="dora@acme.example").exists()


def test_another_organizations_person_is_not_reached(
    client: Client, idp: Provider, globex: Organization, charlie: User
) -> None:
    """Globex' provider says it is Dora of Acme, whose domain is proved by Acme alone."""
    theirs = Provider(connect(globex, "globex-sso", key=rsa_key("globex")), rsa_key("globex"))
    found = post(client, theirs, theirs.post(in_response_to=leave(client, theirs.connection)))
    assert found.status_code == 400
    assert last_reason() == "domain-of-another"
