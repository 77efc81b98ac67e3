"""Whatever is wrong with what is encrypted, whoever sent it learns nothing from the answer but that it is wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sso.models import Connection, ServiceKey
from sso.saml import keys, response
from sso.saml.errors import SamlRefused
from tests.sso.saml import names
from tests.sso.saml.conftest import connect
from tests.sso.saml.encryption import Encryption, padded
from tests.sso.saml.keys import rsa_key
from tests.sso.saml.names import SAML, XENC
from tests.sso.saml.provider import SITE_KEY, STRANGE_KEY, Provider, outcome, reason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

CBC, GCM = {"data": names.AES256_CBC}, {"data": names.AES256_GCM}


def turned(place: int) -> Callable[[bytes], bytes]:
    """One bit of an octet turned over."""

    def spoil(octets: bytes) -> bytes:
        changed = bytearray(octets)
        changed[place] ^= 1
        return bytes(changed)

    return spoil


def says(content: bytes) -> dict[str, Any]:
    return {"plain": lambda _: content}


def last_octet(value: int) -> dict[str, Any]:
    return {**CBC, "pad": lambda octets, size: padded(octets, size)[:-1] + bytes([value])}


ASSERTION = f'<saml:Assertion xmlns:saml="{SAML}" ID="_x" Version="2.0"/>'.encode()
LAUGHS = b'<!DOCTYPE r [<!ENTITY a "' + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]><r>&b;</r>'

SPOILT: dict[str, dict[str, Any]] = {
    "another's key": {"to": STRANGE_KEY},
    "data changed, CBC": {**CBC, "spoil_data": turned(40)},
    "data changed in its last block, CBC": {**CBC, "spoil_data": turned(-17)},
    "data changed at its beginning, CBC": {**CBC, "spoil_data": turned(0)},
    "data cut, CBC": {**CBC, "spoil_data": lambda octets: octets[:-16]},
    "data cut within a block, CBC": {**CBC, "spoil_data": lambda octets: octets[:-5]},
    "one block, CBC": {**CBC, "spoil_data": lambda octets: octets[:16]},
    "no data, CBC": {**CBC, "spoil_data": lambda octets: b""},
    "noise, CBC": {**CBC, "spoil_data": lambda octets: bytes(range(256)) * 4},
    "padding of nothing": last_octet(0),
    "padding of a block and one": last_octet(17),
    "padding of everything": last_octet(255),
    "padding by sixteen": last_octet(16),
    "data changed, GCM": {**GCM, "spoil_data": turned(40)},
    "tag changed, GCM": {**GCM, "spoil_data": turned(-1)},
    "nonce changed, GCM": {**GCM, "spoil_data": turned(0)},
    "tag cut, GCM": {**GCM, "spoil_data": lambda octets: octets[:-8]},
    "no data, GCM": {**GCM, "spoil_data": lambda octets: b""},
    "less than a tag, GCM": {**GCM, "spoil_data": lambda octets: octets[:20]},
    "key changed": {"spoil_key": turned(100)},
    "key changed at its beginning": {"spoil_key": turned(0)},
    "key cut": {"spoil_key": lambda octets: octets[:-1]},
    "no key": {"spoil_key": lambda octets: b""},
    "key of noughts": {"spoil_key": lambda octets: bytes(len(octets))},
    "key too large": {"spoil_key": lambda octets: b"\xff" * len(octets)},
    "key too long": {"spoil_key": lambda octets: octets * 2},
    "nothing within": says(b""),
    "a blank within": says(b" "),
    "text within": says(b"hello"),
    "a NUL within": says(b"\x00"),
    "noise within": says(bytes(range(256))),
    "half an element within": says(ASSERTION[:-4]),
    "a comment within": says(b"<!-- -->"),
    "an instruction within": says(b"<?x y?>"),
    "a comment and an assertion within": says(b"<!-- -->" + ASSERTION),
    "another element within": says(b"<x/>"),
    "a response within": says(f'<p:Response xmlns:p="{names.SAMLP}" ID="_y"/>'.encode()),
    "a doctype within": says(b"<!DOCTYPE r><r/>"),
    "entities within": says(LAUGHS),
    "a file's entity within": says(b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///dev/zero">]><r>&a;</r>'),
    "a declaration within": says(b'<?xml version="1.0"?><?xml version="1.0"?>' + ASSERTION),
    "UTF-16 within": says(ASSERTION.decode().encode("UTF-16")),
    "depth within": says(b"<x>" * 5000 + b"</x>" * 5000),
    "many elements within": says(b"<r>" + b"<x/>" * 90_000 + b"</r>"),
    "an assertion in an assertion within": says(ASSERTION[:-2] + b">" + ASSERTION + b"</saml:Assertion>"),
    "encryption within": says(
        ASSERTION[:-2] + b'><xenc:EncryptedData xmlns:xenc="%b"/></saml:Assertion>' % XENC.encode()
    ),
    "an identifier of the wrapper within": says(ASSERTION.replace(b'"_x"', b'"_wrapper"')),
    "an undeclared prefix within": says(b"<saml2:Assertion/>"),
}  # fmt: skip


def answer(message: bytes, connection: Connection) -> tuple[Any, ...]:
    """All that the outside could see, and what the log says."""
    with pytest.raises(SamlRefused) as caught:
        response.read(message, connection)
    problem = caught.value
    return (
        type(problem),
        problem.status,
        problem.code,
        str(problem.title),
        str(problem.detail),
        problem.reason,
    )


# These decrypt well, and what stands first in them is an assertion: it lacks a signature, which only the log says.
READABLE = {
    "two assertions within": says(ASSERTION * 2),
    "an assertion and text within": says(ASSERTION + b"hello"),
    "text and an assertion within": says(b"hello" + ASSERTION),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_stands_beside_an_assertion_makes_it_no_better(idp: Provider, name: str) -> None:
    message = idp.post(encryption=Encryption(**{"to": SITE_KEY, **READABLE[name]}))
    reference = idp.post(encryption=Encryption(to=STRANGE_KEY))
    assert reason(message, idp.connection) in {"encryption", "unsigned"}
    assert answer(message, idp.connection)[1:-1] == answer(reference, idp.connection)[1:-1]


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("layout", ["inside", "sibling"])
def test_whatever_fails_in_a_decryption_the_answer_is_one(idp: Provider, name: str, layout: str) -> None:
    how = {"to": SITE_KEY, "layout": layout, **SPOILT[name]}
    message = idp.post(id="_wrapper", encryption=Encryption(**how))
    reference = idp.post(encryption=Encryption(to=STRANGE_KEY))
    assert reason(message, idp.connection) == "encryption"
    assert answer(message, idp.connection) == answer(reference, idp.connection)


@pytest.mark.parametrize("value", range(0, 256, 5))
def test_no_padding_tells_anything(idp: Provider, value: int) -> None:
    """Of the last block, as somebody would try who wants to read a message that is not theirs."""

    def spoil(octets: bytes) -> bytes:
        changed = bytearray(octets)
        changed[-17] = value
        return bytes(changed)

    encryption = Encryption(to=SITE_KEY, data=names.AES128_CBC, spoil_data=spoil)
    # A padding that happens to fit leaves an assertion cut short, or the whole one.
    assert outcome(idp.post(encryption=encryption), idp.connection) in {"dora-1", "encryption"}


def test_a_reader_cannot_tell_a_good_decryption_from_a_bad_one(idp: Provider) -> None:
    """An assertion that is readable but a stranger's looks on the page as if it had not been readable."""
    readable = answer(idp.post(how={"key": STRANGE_KEY}, encryption=Encryption(to=SITE_KEY)), idp.connection)
    unreadable = answer(idp.post(encryption=Encryption(to=STRANGE_KEY)), idp.connection)
    assert readable[1:-1] == unreadable[1:-1]


def test_an_unsigned_assertion_is_not_made_genuine_by_encryption(idp: Provider) -> None:
    """Anybody has our certificate."""
    assert idp.refused(sign="none", encryption=Encryption(to=SITE_KEY)) == "unsigned"
    assert idp.refused(how={"key": STRANGE_KEY}, encryption=Encryption(to=SITE_KEY)) == "signature"


def test_a_connection_without_a_key_reads_nothing_encrypted(idp: Provider) -> None:
    message = idp.post(encryption=Encryption(to=SITE_KEY))
    ServiceKey.objects.all().delete()
    assert reason(message, idp.connection) == "encryption"
    assert idp.says().name_id == "dora-1"


def test_the_key_of_another_connection_opens_nothing(idp: Provider, globex: Any) -> None:
    other = connect(globex, "globex-sso")
    ServiceKey.objects.filter(connection=other).update(private_key=rsa_key("globex").pem)
    message = idp.of(other).post(encryption=Encryption(to=SITE_KEY))
    assert reason(message, other) == "encryption"


@pytest.mark.parametrize("retired", ["retired", "followed long ago"])
def test_a_key_of_the_past_opens_nothing(idp: Provider, retired: str) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    key = rsa_key("next")
    old = ServiceKey.objects.get()
    ServiceKey.objects.create(
        connection=idp.connection,
        private_key=key.pem,
        certificate=key.certificate_pem,
        signs_from=timezone.now() - timedelta(days=30),
    )
    old.signs_from = long_ago
    old.retired_at = timezone.now() if retired == "retired" else None
    old.save()
    assert idp.refused(encryption=Encryption(to=SITE_KEY)) == "encryption"
    assert idp.says(encryption=Encryption(to=key)).name_id == "dora-1"


def test_the_next_key_opens_before_it_signs(idp: Provider) -> None:
    key = rsa_key("next")
    rolled = keys.roll(idp.connection)
    rolled.private_key, rolled.certificate = key.pem, key.certificate_pem
    rolled.save()
    for one in (key, SITE_KEY):
        assert idp.says(encryption=Encryption(to=one)).name_id == "dora-1"


def test_the_control_is_accepted(idp: Provider) -> None:
    for layout in ("inside", "sibling"):
        encryption = Encryption(to=SITE_KEY, layout=layout, others=(rsa_key("other"),))
        assert idp.says(encryption=encryption).name_id == "dora-1"
