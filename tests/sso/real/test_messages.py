"""What real providers check of our messages, and in which forms they send theirs."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.actions import Action
from audit.models import Event
from orgs.actor import SHELL
from sso.enterprise import connections
from sso.models import Connection, Legacy
from tests.machines.pysaml2 import PySaml2
from tests.machines.saml import SamlProvider
from tests.sso.real.conftest import SLUG, Connect, behave, introduce
from tests.sso.real.visitor import Page, Visitor

pytestmark = pytest.mark.django_db


def refused_there(page: Page) -> bool:
    return not page.is_ours and ("Refused" in page.words or "exception" in page.words)


# --- Our requests


@pytest.mark.parametrize("only_forms", [False, True], ids=["in the address", "in a form"])
def test_our_signature_is_checked_there(connect: Connect, visitor: Visitor, only_forms: bool) -> None:
    connect(checks_requests=True, only_forms=only_forms)
    assert visitor.sign_in().path == "/account/"


def test_a_provider_that_wants_signatures_gets_them(connect: Connect, visitor: Visitor) -> None:
    """Its metadata says so; then no choice of ours is asked."""
    assert not connect("--no-sign-requests").signs_requests
    behave(visitor.provider, checks_requests=True)
    assert read_anew(visitor.provider).signs_requests
    introduce(visitor.provider)
    assert visitor.sign_in().path == "/account/"


def test_a_request_of_somebody_else_is_refused_there(connect: Connect, visitor: Visitor) -> None:
    """So that the tests above would notice a signature that nobody looks at."""
    connection = connect(checks_requests=True)
    connection.keys.all().delete()
    connections.roll_key(connection=connection, by=SHELL)
    assert refused_there(visitor.go(f"/sso/saml/{SLUG}/login/"))


def test_our_next_key_is_known_there_before_it_signs(connect: Connect, visitor: Visitor) -> None:
    connection = connect(checks_requests=True)
    connections.roll_key(connection=connection, by=SHELL)
    introduce(visitor.provider)
    assert visitor.sign_in().path == "/account/"
    connection.keys.update(signs_from=timezone.now() - timedelta(days=1))
    assert Visitor(visitor.provider).sign_in().path == "/account/"


# --- Encrypted for us


def test_an_encrypted_assertion_is_opened(connect: Connect, visitor: Visitor) -> None:
    connect(encrypts=True)
    assert visitor.sign_in().path == "/account/"


def test_encrypted_and_begun_there(connect: Connect, visitor: Visitor) -> None:
    connection = connect("--allow-idp-initiated", encrypts=True)
    page = visitor.past_their_page(visitor.go(visitor.provider.begin(connection.entity_id)))
    visitor.press(page, "Yes, sign me in")
    assert visitor.is_in()


def test_what_was_encrypted_for_the_last_key_is_opened(connect: Connect, visitor: Visitor) -> None:
    """The provider has not read our metadata since."""
    connection = connect("--no-sign-requests", encrypts=True)
    connections.roll_key(connection=connection, by=SHELL)
    connection.keys.update(signs_from=timezone.now() - timedelta(days=1))
    assert visitor.sign_in().path == "/account/"


# The only one that still does so by itself.
@pytest.mark.parametrize("running", [PySaml2], indirect=True, ids=["pysaml2"])
def test_triple_des_is_refused_but_where_it_is_allowed_for_a_while(
    connect: Connect, visitor: Visitor
) -> None:
    connection = connect(encrypts=True, uses_library_defaults=True)
    assert visitor.sign_in().status == 400
    assert Event.objects.get(action=Action.SIGN_IN_REFUSE).data["reason"] == "encryption-algorithm"
    until = timezone.now() + timedelta(days=30)
    connections.allow_legacy(connection=connection, legacy=[Legacy.TRIPLE_DES], until=until, by=SHELL)
    assert Visitor(visitor.provider).sign_in().path == "/account/"


# --- The provider changes its key


def test_of_two_published_keys_either_signs(connect: Connect, provider: SamlProvider) -> None:
    assert connect(keys=("old", "new")).certificates.count() == 2
    assert Visitor(provider).sign_in().path == "/account/"
    behave(provider, keys=("new", "old"))
    assert Visitor(provider).sign_in().path == "/account/"


def test_a_key_that_was_not_published_is_not_believed_until_it_is(
    connect: Connect, provider: SamlProvider
) -> None:
    connect()
    behave(provider, keys=("new",))
    assert Visitor(provider).sign_in().status == 400
    read_anew(provider)
    assert Visitor(provider).sign_in().path == "/account/"
    behave(provider, keys=("old",))
    assert Visitor(provider).sign_in().status == 400


def read_anew(provider: SamlProvider) -> Connection:
    """From the address at which it hands its metadata out."""
    call_command("sso_connection", "update", SLUG, "--metadata", provider.url + provider.metadata_path)
    return Connection.objects.with_slug(SLUG).get()
