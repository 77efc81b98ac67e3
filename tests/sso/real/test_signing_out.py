"""Signing out here ends the session there, and the other way around."""

import pytest

from accounts.models import Session
from tests.machines.saml import SamlProvider
from tests.sso.real.conftest import Connect
from tests.sso.real.visitor import Page, Visitor

pytestmark = pytest.mark.django_db
MINE = "dora@acme.example"
BINDINGS = pytest.mark.parametrize("only_forms", [False, True], ids=["in the address", "in a form"])


def sign_out_here(visitor: Visitor) -> Page:
    return visitor.press(visitor.go("/account/"), "Sign out")


def is_asked_there(visitor: Visitor) -> bool:
    """Whether a new sign-in stops at the provider's form."""
    return not visitor.go("/sso/saml/acme-sso/login/").is_ours


@BINDINGS
def test_signing_out_here_leads_there_and_back(connect: Connect, visitor: Visitor, only_forms: bool) -> None:
    connect(only_forms=only_forms)
    visitor.sign_in()
    visitor.carried.clear()
    page = sign_out_here(visitor)
    assert page.path == "/account/signed-out/"
    way = "POST" if only_forms else "GET"
    assert visitor.carried == [("SAMLRequest", way), ("SAMLResponse", way)]
    assert "may still" not in page.words
    assert not visitor.is_in()
    assert is_asked_there(visitor)


@BINDINGS
def test_signing_out_there_ends_the_session_here(
    connect: Connect, visitor: Visitor, only_forms: bool
) -> None:
    connect(only_forms=only_forms)
    visitor.sign_in()
    visitor.carried.clear()
    page = visitor.go(visitor.provider.sign_out)
    assert not page.is_ours
    way = "POST" if only_forms else "GET"
    assert visitor.carried == [("SAMLRequest", way), ("SAMLResponse", way)]
    assert not Session.objects.filter(user__email=MINE).exists()
    assert not visitor.is_in()
    assert is_asked_there(visitor)


def test_signing_out_there_leaves_others_alone(connect: Connect, provider: SamlProvider) -> None:
    connect()
    emil, dora = Visitor(provider), Visitor(provider)
    emil.sign_in(name="emil")
    dora.sign_in()
    dora.go(provider.sign_out)
    assert (dora.is_in(), emil.is_in()) == (False, True)


def test_signing_out_there_ends_also_what_was_begun_there(connect: Connect, visitor: Visitor) -> None:
    connection = connect("--allow-idp-initiated")
    page = visitor.past_their_page(visitor.go(visitor.provider.begin(connection.entity_id)))
    visitor.press(page, "Yes, sign me in")
    visitor.go(visitor.provider.sign_out)
    assert not visitor.is_in()


def test_after_an_encrypted_sign_in_signing_out_works_from_either_side(
    connect: Connect, provider: SamlProvider
) -> None:
    connect(encrypts=True)
    here, there = Visitor(provider), Visitor(provider)
    here.sign_in()
    there.sign_in()
    there.go(provider.sign_out)
    assert (here.is_in(), there.is_in()) == (True, False)
    assert sign_out_here(here).path == "/account/signed-out/"


def test_who_has_signed_out_there_already_is_out_here(connect: Connect, visitor: Visitor) -> None:
    """Whatever the provider answers to somebody it does not know any more."""
    connect()
    visitor.sign_in()
    visitor.there.cookies.clear()
    sign_out_here(visitor)
    assert not visitor.is_in()
