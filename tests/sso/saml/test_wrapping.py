"""A genuine signature somewhere in a message says nothing about what stands elsewhere in it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from sso.models import SeenMessage
from sso.saml.response import read
from tests.sso.saml.forge import assertion_of, posted
from tests.sso.saml.names import DS, SAML, SAMLP
from tests.sso.saml.provider import Provider, reason
from tests.sso.saml.signing import remove
from tests.sso.saml.writing import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

VICTIM = "alice-1"
PLACES = {"number-of-assertions", "signature-place", "signature-form", "repeated-id", "reference"}


def signature_in(element: Any) -> Any:
    return element.find(f"{{{DS}}}Signature")


def unsigned(element: Any) -> Any:
    """A copy without its signature."""
    result = copy.deepcopy(element)
    found = signature_in(result)
    if found is not None:
        remove(found)
    return result


def evil(element: Any, *, same_id: bool = False) -> Any:
    """A copy, signature and all, that speaks of the victim."""
    result = copy.deepcopy(element)
    name = result.find(f".//{{{SAML}}}NameID")
    name.text = VICTIM
    if not same_id:
        result.set("ID", new_id())
    return result


def inside(tag: str, child: Any) -> Any:
    wrapper = etree.fromstring(tag)
    wrapper.append(child)
    return wrapper


def extensions(child: Any) -> Any:
    return inside(f'<samlp:Extensions xmlns:samlp="{SAMLP}"/>', child)


def ds_object(child: Any) -> Any:
    return inside(f'<ds:Object xmlns:ds="{DS}"/>', child)


def replaced(old: Any, new: Any) -> Any:
    old.getparent().replace(old, new)
    return new


# --- Around a signed response -------------------------------------------------------------------------------


def xsw1(root: Any) -> Any:
    """The signed response within the signature of the evil one."""
    forged = evil(root)
    signature_in(forged).append(unsigned(root))
    return forged


def xsw2(root: Any) -> Any:
    """The signed response beside the signature of the evil one."""
    forged = evil(root)
    signature_in(forged).addprevious(unsigned(root))
    return forged


def in_an_object(root: Any) -> Any:
    forged = evil(root)
    signature_in(forged).append(ds_object(unsigned(root)))
    return forged


def in_key_info(root: Any) -> Any:
    forged = evil(root)
    signature_in(forged).find(f"{{{DS}}}KeyInfo").append(unsigned(root))
    return forged


def response_in_extensions(root: Any) -> Any:
    forged = evil(root)
    remove(signature_in(forged))
    forged.find(f"{{{SAML}}}Issuer").addnext(extensions(copy.deepcopy(root)))
    return forged


def response_in_status_detail(root: Any) -> Any:
    forged = evil(root)
    remove(signature_in(forged))
    detail = inside(f'<samlp:StatusDetail xmlns:samlp="{SAMLP}"/>', copy.deepcopy(root))
    forged.find(f"{{{SAMLP}}}Status").append(detail)
    return forged


def evil_within_the_signed(root: Any) -> Any:
    """An assertion more, where the digest would notice: here the signature is plainly broken."""
    root.insert(0, evil(assertion_of(root)))
    return root


def evil_in_the_signature(root: Any) -> Any:
    """What stands in the signature is left out of the digest."""
    signature_in(root).append(ds_object(evil(assertion_of(root))))
    return root


def evil_in_key_info(root: Any) -> Any:
    signature_in(root).find(f"{{{DS}}}KeyInfo").append(evil(assertion_of(root)))
    return root


def evil_in_certificate_data(root: Any) -> Any:
    signature_in(root).find(f".//{{{DS}}}X509Data").append(evil(assertion_of(root)))
    return root


def another_root(root: Any) -> Any:
    return inside(f'<samlp:ArtifactResponse xmlns:samlp="{SAMLP}" ID="_a" Version="2.0"/>', root)


def same_identifier(root: Any) -> Any:
    forged = evil(root, same_id=True)
    signature_in(forged).append(ds_object(unsigned(root)))
    return forged


# --- Around a signed assertion ------------------------------------------------------------------------------


def xsw3(root: Any) -> Any:
    """The evil assertion before the signed one."""
    signed = assertion_of(root)
    signed.addprevious(unsigned(evil(signed)))
    return root


def xsw3_after(root: Any) -> Any:
    signed = assertion_of(root)
    signed.addnext(unsigned(evil(signed)))
    return root


def xsw4(root: Any) -> Any:
    """The signed assertion within the evil one."""
    signed = assertion_of(root)
    forged = replaced(signed, unsigned(evil(signed)))
    forged.append(signed)
    return root


def xsw5(root: Any) -> Any:
    """The evil assertion has the signature, the signed one stands at the end."""
    signed = assertion_of(root)
    forged = replaced(signed, evil(signed))
    forged.getparent().append(unsigned(signed))
    return root


def xsw6(root: Any) -> Any:
    """The evil assertion has the signature, and within it stands the signed one."""
    signed = assertion_of(root)
    forged = replaced(signed, evil(signed))
    signature_in(forged).append(unsigned(signed))
    return root


def xsw7(root: Any) -> Any:
    """The evil assertion in extensions, where any element may stand."""
    signed = assertion_of(root)
    root.find(f"{{{SAMLP}}}Status").addprevious(extensions(unsigned(evil(signed))))
    return root


def xsw8(root: Any) -> Any:
    """The evil assertion has the signature, which has the signed one as an object."""
    signed = assertion_of(root)
    forged = replaced(signed, evil(signed))
    signature_in(forged).append(ds_object(unsigned(signed)))
    return root


def signed_in_extensions(root: Any) -> Any:
    signed = assertion_of(root)
    forged = replaced(signed, unsigned(evil(signed)))
    forged.addprevious(extensions(signed))
    return root


def signed_in_advice(root: Any) -> Any:
    signed = assertion_of(root)
    forged = replaced(signed, unsigned(evil(signed)))
    conditions = forged.find(f"{{{SAML}}}Conditions")
    conditions.addnext(inside(f'<saml:Advice xmlns:saml="{SAML}"/>', signed))
    return root


def signed_in_confirmation_data(root: Any) -> Any:
    signed = assertion_of(root)
    forged = replaced(signed, unsigned(evil(signed)))
    forged.find(f".//{{{SAML}}}SubjectConfirmationData").append(signed)
    return root


def signed_in_a_value(root: Any) -> Any:
    signed = assertion_of(root)
    forged = replaced(signed, unsigned(evil(signed)))
    forged.find(f".//{{{SAML}}}AttributeValue").append(signed)
    return root


def evil_in_the_assertions_signature(root: Any) -> Any:
    signed = assertion_of(root)
    signature_in(signed).append(ds_object(unsigned(evil(signed))))
    return root


def both_with_one_identifier(root: Any) -> Any:
    signed = assertion_of(root)
    signed.addprevious(unsigned(evil(signed, same_id=True)))
    return root


def signature_moved_to_the_response(root: Any) -> Any:
    """A signature of the response by its place, of the assertion by its reference."""
    signed = assertion_of(root)
    moved = signature_in(signed)
    remove(moved)
    forged = unsigned(evil(signed))
    signed.addprevious(forged)
    root.find(f"{{{SAML}}}Issuer").addnext(moved)
    return root


def signature_moved_alone(root: Any) -> Any:
    moved = signature_in(assertion_of(root))
    remove(moved)
    root.find(f"{{{SAML}}}Issuer").addnext(moved)
    return root


def signature_in_the_subject(root: Any) -> Any:
    signed = assertion_of(root)
    moved = signature_in(signed)
    remove(moved)
    signed.find(f"{{{SAML}}}Subject").append(moved)
    return root


def signature_twice(root: Any) -> Any:
    signed = assertion_of(root)
    signature_in(signed).addnext(copy.deepcopy(signature_in(signed)))
    return root


def signature_in_a_signature(root: Any) -> Any:
    signed = assertion_of(root)
    signature_in(signed).append(copy.deepcopy(signature_in(signed)))
    return root


def identifier_of_the_response(root: Any) -> Any:
    """The response takes the identifier that the signature names."""
    signed = assertion_of(root)
    root.set("ID", signed.get("ID"))
    return root


def identifier_by_another_attribute(root: Any) -> Any:
    """libxml2 finds an element by xml:id too."""
    signed = assertion_of(root)
    forged = replaced(signed, evil(signed))
    hidden = extensions(unsigned(signed))
    hidden[0].set("{http://www.w3.org/XML/1998/namespace}id", hidden[0].get("ID"))
    del hidden[0].attrib["ID"]
    forged.addprevious(hidden)
    return root


def two_signed_assertions(root: Any) -> Any:
    signed = assertion_of(root)
    signed.addprevious(copy.deepcopy(signed))
    assertion_of(root).set("ID", new_id())
    return root


def another_version_of_assertion(root: Any) -> Any:
    """SAML 1.1 beside it, for whoever looks at local names alone."""
    other = etree.fromstring('<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="_1"/>')
    assertion_of(root).addprevious(other)
    return root


AROUND_RESPONSE = (
    xsw1, xsw2, in_an_object, in_key_info, response_in_extensions, response_in_status_detail, evil_within_the_signed,
    evil_in_the_signature, evil_in_key_info, evil_in_certificate_data, another_root, same_identifier,
)  # fmt: skip
AROUND_ASSERTION = (
    xsw3, xsw3_after, xsw4, xsw5, xsw6, xsw7, xsw8, signed_in_extensions, signed_in_advice,
    signed_in_confirmation_data, signed_in_a_value, evil_in_the_assertions_signature, both_with_one_identifier,
    signature_moved_to_the_response, signature_moved_alone, signature_in_the_subject, signature_twice,
    signature_in_a_signature, identifier_of_the_response, identifier_by_another_attribute, two_signed_assertions,
)  # fmt: skip
# Nothing evil is said in these: what is refused is the shape.
SHAPES = {"another_root": {"structure"}}


@pytest.mark.parametrize("wrap", AROUND_RESPONSE)
@pytest.mark.parametrize("sign", ["response", "both"])
def test_what_is_wrapped_around_a_signed_response_is_refused(
    idp: Provider, wrap: Callable[[Any], Any], sign: str
) -> None:
    root = idp.root(sign=sign)
    assert read(posted(root), idp.connection).name_id == "dora-1"
    SeenMessage.objects.all().delete()
    assert reason(posted(wrap(root)), idp.connection) in SHAPES.get(wrap.__name__, PLACES)


@pytest.mark.parametrize("wrap", AROUND_ASSERTION)
@pytest.mark.parametrize("sign", ["assertion", "both"])
def test_what_is_wrapped_around_a_signed_assertion_is_refused(
    idp: Provider, wrap: Callable[[Any], Any], sign: str
) -> None:
    root = idp.root(sign=sign)
    assert read(posted(root), idp.connection).name_id == "dora-1"
    SeenMessage.objects.all().delete()
    assert reason(posted(wrap(root)), idp.connection) in SHAPES.get(wrap.__name__, PLACES)


def test_an_assertion_of_another_version_does_not_stand_beside(idp: Provider) -> None:
    root = another_version_of_assertion(idp.root())
    assert reason(posted(root), idp.connection) == "schema"


def test_two_genuine_messages_do_not_make_a_third(idp: Provider) -> None:
    """The wrapper of one around the assertion of another: what the wrapper says must be what is signed."""
    mine, stolen = idp.root(in_response_to="_mine"), idp.root(in_response_to="_theirs")
    replaced(assertion_of(mine), assertion_of(stolen))
    assert reason(posted(mine), idp.connection) == "in-response-to"


def test_a_signed_wrapper_does_not_vouch_for_what_was_put_into_it(idp: Provider) -> None:
    mine, stolen = idp.root(sign="both"), idp.root(sign="both")
    replaced(assertion_of(mine), assertion_of(stolen))
    assert reason(posted(mine), idp.connection) == "signature"


def test_one_good_signature_does_not_make_up_for_a_bad_one(idp: Provider) -> None:
    root = idp.root(sign="both")
    value = signature_in(assertion_of(root)).find(f"{{{DS}}}SignatureValue")
    spoilt = ("A" if value.text[0] != "A" else "B") + value.text[1:]
    value.text = spoilt
    assert reason(posted(root), idp.connection) == "signature"
    root = idp.root(sign="both")
    root.set("Destination", idp.connection.acs_url)
    root.set("Consent", "urn:oasis:names:tc:SAML:2.0:consent:obtained")
    assert reason(posted(root), idp.connection) == "signature"
