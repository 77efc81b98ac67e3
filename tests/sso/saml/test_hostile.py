"""One thing is wrong with a genuine message: it is refused, and for that thing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sso.models import Connection, SeenMessage
from sso.saml import response
from sso.saml.errors import ProviderRefused, SamlRefused
from tests.sso.saml import names
from tests.sso.saml.encryption import Encryption
from tests.sso.saml.forge import Confirmation, assertion_of, posted
from tests.sso.saml.provider import ASKED, SITE_KEY, Provider, reason
from tests.sso.saml.signing import remove, sign

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

EVIL = "https://evil.example"
DAY = 86_400


def one(**knobs: Any) -> dict[str, Any]:
    return {"confirmations": (Confirmation(**knobs),)}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    # --- From whom
    "issuer": ({"issuer": EVIL, "wrapper_issuer": None}, "issuer"),
    "issuer of the assertion alone": ({"issuer": EVIL, "wrapper_issuer": "{idp}"}, "issuer"),
    "issuer of the wrapper alone": ({"wrapper_issuer": EVIL}, "issuer"),
    "issuer with more": ({"issuer": "{idp}/x"}, "issuer"),
    "issuer with less": ({"issuer": "https://idp.acme.example"}, "issuer"),
    "issuer in capitals": ({"issuer": "HTTPS://IDP.ACME.EXAMPLE/METADATA"}, "issuer"),
    "issuer with a blank": ({"issuer": "{idp} "}, "issuer"),
    "issuer empty": ({"issuer": "", "wrapper_issuer": None}, "issuer"),
    "issuer of the wrapper empty": ({"wrapper_issuer": ""}, "issuer"),
    "issuer of another kind": ({"issuer_format": names.EMAIL}, "issuer"),
    # --- For whom
    "audience": ({"audiences": ((EVIL,),)}, "audience"),
    "audience with more": ({"audiences": (("{us}x",),)}, "audience"),
    "audience with less": ({"audiences": (("http://localhost/sso/saml/",),)}, "audience"),
    "audience in capitals": ({"audiences": (("{US}",),)}, "audience"),
    "audience is the ACS": ({"audiences": (("{acs}",),)}, "audience"),
    "audience missing": ({"audiences": ()}, "audience"),
    "audience empty": ({"audiences": (("",),)}, "audience"),
    "two audiences, each must hold": ({"audiences": (("{us}",), (EVIL,))}, "audience"),
    "two audiences, each must hold, reversed": ({"audiences": ((EVIL,), ("{us}",))}, "audience"),
    "a condition nobody knows": (
        {"more_conditions": '<saml:Condition xmlns:x="urn:x" xsi:type="saml:OneTimeUseType"/>'},
        "unknown-condition",
    ),
    "destination": ({"destination": EVIL}, "destination"),
    "destination missing": ({"destination": None}, "destination"),
    "destination empty": ({"destination": ""}, "destination"),
    "destination with more": ({"destination": "{acs}evil/"}, "destination"),
    "destination with a query": ({"destination": "{acs}?x"}, "destination"),
    "destination with less": ({"destination": "{acs-}"}, "destination"),
    "destination by another scheme": ({"destination": "{https}"}, "destination"),
    "destination in capitals": ({"destination": "{ACS}"}, "destination"),
    "recipient": (one(recipient=EVIL), "recipient"),
    "recipient missing": (one(recipient=None), "recipient"),
    "recipient empty": (one(recipient=""), "recipient"),
    "recipient with more": (one(recipient="{acs}evil/"), "recipient"),
    "recipient within another": (one(recipient=EVIL + "/?{acs}"), "recipient"),
    "recipient with less": (one(recipient="{acs-}"), "recipient"),
    # --- When
    "not yet": ({"not_before": 600, "not_on_or_after": 900}, "too-early"),
    "not yet, by the confirmation": (one(not_before=600, not_on_or_after=900), "too-early"),
    "no longer": ({"not_before": -900, "not_on_or_after": -600}, "expired"),
    "no longer, by the confirmation": (one(not_on_or_after=-600), "expired"),
    "just no longer": ({"not_before": -900, "not_on_or_after": -200}, "expired"),
    "made later": ({"assertion_issued": 600}, "too-early"),
    "wrapped later": ({"issued": 600}, "too-early"),
    "made days ago": ({"assertion_issued": -2 * DAY}, "expired"),
    "wrapped days ago": ({"issued": -2 * DAY}, "expired"),
    "signed in later": ({"authn_instant": 600}, "too-early"),
    "session over": ({"session_ends": -5}, "session-over"),
    "no beginning": ({"not_before": None}, "times-missing"),
    "no end": ({"not_on_or_after": None}, "times-missing"),
    "no end of the confirmation": (one(not_on_or_after=None), "times-missing"),
    "for two days": ({"not_on_or_after": 2 * DAY, **one(not_on_or_after=2 * DAY)}, "good-for-too-long"),
    "for a century": ({"not_on_or_after": 36500 * DAY}, "good-for-too-long"),
    "confirmed for two days": (one(not_on_or_after=2 * DAY), "good-for-too-long"),
    "the end before the beginning": ({"not_before": 60, "not_on_or_after": 30}, "expired"),
    # --- What it answers
    "an answer to something else": (one(in_response_to="_other"), "in-response-to"),
    "an answer by the wrapper alone": (one(in_response_to=None), "in-response-to"),
    "an answer by the confirmation alone": (
        {"in_response_to": None, **one(in_response_to=ASKED)},
        "in-response-to",
    ),
    "an answer to nothing": ({"in_response_to": None}, "unsolicited"),
    "an answer to what is no name": ({"in_response_to": ""}, "schema"),
    # --- How it is confirmed
    "no subject": ({"subject": False}, "subject-confirmation"),
    "no confirmation": ({"confirmations": ()}, "subject-confirmation"),
    "another confirmation": (one(method=names.HOLDER_OF_KEY), "subject-confirmation"),
    "a confirmation without data": (one(data=False), "subject-confirmation"),
    # --- What it says
    "version of the wrapper": ({"version": "1.1"}, "version"),
    "version of the assertion": ({"assertion_version": "1.1"}, "version"),
    "version 2": ({"version": "2"}, "version"),
    "no authentication": ({"authn": 0}, "authn-statement"),
    "two authentications": ({"authn": 2}, "authn-statement"),
    "a long session index": ({"session_index": "x" * 257}, "authn-statement"),
    "a session index with lines": ({"session_index": "a\u2028b"}, "authn-statement"),
    "a long context": ({"authn_context": "urn:" + "x" * 300}, "authn-context"),
    "no conditions": ({"conditions": False}, "times-missing"),
    "encrypted attribute": (
        {"more_in_assertion": "<saml:AttributeStatement><saml:EncryptedAttribute>"
         "<xenc:EncryptedData><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"
         "</saml:EncryptedAttribute></saml:AttributeStatement>"},
        "encrypted-part",
    ),
}  # fmt: skip


def filled(value: Any, connection: Connection) -> Any:
    """`{acs}` and the like in the table above."""
    if isinstance(value, dict):
        return {key: filled(inner, connection) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(filled(inner, connection) for inner in value)
    if isinstance(value, Confirmation):
        return Confirmation(**{key: filled(inner, connection) for key, inner in vars_of(value).items()})
    if not isinstance(value, str):
        return value
    acs, ours = connection.acs_url, connection.entity_id
    known = {
        "{acs}": acs,
        "{ACS}": acs.upper(),
        "{acs-}": acs.removesuffix("/"),
        "{https}": acs.replace("http:", "https:"),
        "{us}": ours,
        "{US}": ours.upper(),
        "{idp}": connection.idp_entity_id,
    }
    for name, text in known.items():
        value = value.replace(name, text)
    return value


def vars_of(confirmation: Confirmation) -> dict[str, Any]:
    return {name: getattr(confirmation, name) for name in Confirmation.__dataclass_fields__}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("sign", ["assertion", "response"])
def test_one_thing_wrong_is_one_too_many(idp: Provider, name: str, sign: str) -> None:
    knobs, expected = WRONG[name]
    assert idp.refused(sign=sign, **filled(knobs, idp.connection)) == expected
    assert not SeenMessage.objects.exists()


@pytest.mark.parametrize("name", [name for name in WRONG if name != "encrypted attribute"])
def test_it_is_wrong_under_encryption_too(idp: Provider, name: str) -> None:
    knobs, expected = WRONG[name]
    how = {"encryption": Encryption(to=SITE_KEY), **filled(knobs, idp.connection)}
    assert idp.refused(**how) == expected


def test_the_control_is_accepted(idp: Provider) -> None:
    assert idp.says(sign="response").name_id == "dora-1"
    assert idp.says(encryption=Encryption(to=SITE_KEY)).name_id == "dora-1"


# --- Times that are none ------------------------------------------------------------------------------------

MOMENTS = [
    "", "now", "0", "-1", "1795842000", "2026-11-28", "2026-11-28T05:00Z", "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z", "2026-11-28T25:00:00Z", "2026-11-28T05:61:00Z", "2026-11-28T05:00:61Z",
    "0000-01-01T00:00:00Z", "-2026-11-28T05:00:00Z", "12026-11-28T05:00:00Z", "99999999999-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T24:00:00Z", "0001-01-01T00:00:00Z",
    "2026-11-28T05:00:00+99:00", "2026-11-28T05:00:00+14:00", "2026-11-28 05:00:00Z", "2026-11-28T05:00:00z",
    "2026-11-28t05:00:00Z", "２０２６-11-28T05:00:00Z", "2026-11-28T05:00:00.Z", "2026-11-28T05:00:00,5Z", "P1D",
    " 2026-11-28T05:00:00Z", "2026-11-28T05:00:00Z\n", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
]  # fmt: skip
TIMES = ["issued", "assertion_issued", "not_before", "not_on_or_after", "authn_instant", "session_ends"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("field", TIMES)
def test_a_moment_that_is_none_is_refused(idp: Provider, field: str, moment: str) -> None:
    """Whatever it is: nothing but a refusal may come of it, save where long ago or far away is all right."""
    try:
        said = idp.says(**{field: moment})
    except SamlRefused:
        return
    assert (field, moment[:4]) in {
        ("not_before", "0001"),
        ("authn_instant", "0001"),
        ("authn_instant", "2026"),
        ("session_ends", "9999"),
        ("not_before", "2026"),
    }
    assert said.name_id == "dora-1"


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_moment_of_a_confirmation_that_is_none_is_refused(idp: Provider, moment: str) -> None:
    assert idp.refused(**one(not_on_or_after=moment)) in {
        "times-missing",
        "expired",
        "schema",
        "good-for-too-long",
    }


# --- What the provider itself says --------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("status", [names.RESPONDER, "", names.SUCCESS + "x", "Success"])
def test_an_assertion_beside_a_failure_counts_for_nothing(idp: Provider, sign: str, status: str) -> None:
    assert idp.refused(sign=sign, status=status) == "status"


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    "within",
    [None, "urn:oasis:names:tc:SAML:2.0:status:NoPassive", "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"],
)
def test_a_provider_that_says_no_is_heard(idp: Provider, signed: bool, within: str | None) -> None:
    """It sends a Response without an assertion, which need not be signed."""
    root = idp.message(status=names.RESPONDER, status_within=within, status_message="No <b>").element()
    remove(assertion_of(root))
    if signed:
        sign(root, idp.signing())
    with pytest.raises(ProviderRefused) as caught:
        response.read(posted(root), idp.connection)
    assert caught.value.reason == "status"


def test_success_without_an_assertion_is_none(idp: Provider) -> None:
    root = idp.message().element()
    remove(assertion_of(root))
    sign(root, idp.signing())
    assert reason(posted(root), idp.connection) == "number-of-assertions"


def test_a_response_without_a_status_is_refused(idp: Provider) -> None:
    root = idp.message().element()
    remove(root.find(f"{{{names.SAMLP}}}Status"))
    sign(assertion_of(root), idp.signing())
    assert reason(posted(root), idp.connection) in {"status", "schema"}


@pytest.mark.parametrize("tag", ["AuthnRequest", "LogoutRequest", "LogoutResponse", "ArtifactResponse"])
def test_another_message_is_no_response(idp: Provider, tag: str) -> None:
    root = idp.message().element()
    root.tag = f"{{{names.SAMLP}}}{tag}"
    sign(root, idp.signing())
    assert reason(posted(root), idp.connection) == "structure"


# --- Connections --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", ["connection", "organization", "unready"])
def test_what_is_switched_off_believes_nothing(idp: Provider, off: str) -> None:
    message, connection = idp.post(), idp.connection
    if off == "connection":
        connection.is_active = False
    elif off == "organization":
        connection.organization.status = "suspended"
    else:
        connection.sso_url = ""
    assert reason(message, connection) == "connection-off"


def test_the_context_that_was_asked_for_must_come(idp: Provider) -> None:
    idp.connection.requested_contexts = [names.PASSWORD]
    assert idp.refused(authn_context=names.PROTECTED) == "authn-context"
    assert idp.says(authn_context=names.PASSWORD).authn_context == names.PASSWORD


def test_time_goes_by(idp: Provider) -> None:
    """The same message, brought too late."""
    message = idp.post()
    later = timezone.now() + timedelta(minutes=8)
    with pytest.raises(SamlRefused) as caught:
        response.read(message, idp.connection, now=later)
    assert caught.value.reason == "expired"
    assert response.read(message, idp.connection).name_id == "dora-1"
