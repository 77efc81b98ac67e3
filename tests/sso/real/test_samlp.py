"""A third provider has other manners: times in milliseconds, names of Microsoft's, and only assertions are signed."""

import pytest

from accounts.models import User
from tests.machines.samlp import Samlp
from tests.sso.real.conftest import Connect
from tests.sso.real.visitor import Visitor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("running", [Samlp], indirect=True, ids=["samlp"]),
]
# Elsewhere the name by which somebody signs in: who wants it as a person's name has to say so.
NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"


@pytest.mark.parametrize("encrypts", [False, True], ids=["in clear", "encrypted"])
def test_in_by_it_and_out_here(connect: Connect, visitor: Visitor, encrypts: bool) -> None:
    connect("--map", f"name={NAME}", encrypts=encrypts)
    assert visitor.sign_in().path == "/account/"
    assert User.objects.get(email="dora@acme.example").name == "Dora Dean"
    page = visitor.press(visitor.go("/account/"), "Sign out")
    assert (page.path, "may still" in page.words) == ("/account/signed-out/", False)
    assert not visitor.is_in()


def test_out_there(connect: Connect, visitor: Visitor) -> None:
    """Its request brings a relay state, and wants it back as it was."""
    connect()
    visitor.sign_in()
    assert visitor.go(visitor.provider.sign_out).status == 200
    assert not visitor.is_in()


def test_begun_there(connect: Connect, visitor: Visitor) -> None:
    connection = connect("--allow-idp-initiated")
    there = visitor.provider.begin(connection.entity_id, "/account/sessions/")
    page = visitor.past_their_page(visitor.go(there))
    assert visitor.press(page, "Yes, sign me in").path == "/account/sessions/"


def test_it_takes_no_request_that_is_not_signed(connect: Connect, visitor: Visitor) -> None:
    connect("--no-sign-requests")
    assert "Refused" in visitor.sign_in().words
