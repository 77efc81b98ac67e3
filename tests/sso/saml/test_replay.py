"""An assertion counts once, at the connection it was made for, whoever brings it and however often."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from orgs.models import Organization
from sso.models import Connection, SeenMessage
from sso.saml.errors import SamlRefused
from sso.saml.response import read
from tests.sso.saml.conftest import connect
from tests.sso.saml.encryption import Encryption, encrypt
from tests.sso.saml.forge import Confirmation, assertion_of, posted
from tests.sso.saml.keys import rsa_key
from tests.sso.saml.provider import SITE_KEY, STRANGE_KEY, Provider, reason
from tests.sso.saml.signing import sign

AT_ONCE = 6


@pytest.mark.django_db
@pytest.mark.parametrize("how", [{}, {"sign": "response"}, {"encryption": Encryption(to=SITE_KEY)}])
def test_a_message_counts_once(idp: Provider, how: dict[str, Any]) -> None:
    message = idp.post(**how)
    assert read(message, idp.connection).name_id == "dora-1"
    assert reason(message, idp.connection) == "replayed"


@pytest.mark.django_db
def test_another_wrapper_does_not_make_it_new(idp: Provider) -> None:
    root = idp.root()
    assert read(posted(root), idp.connection).name_id == "dora-1"
    root.set("ID", "_another")
    assert reason(posted(root), idp.connection) == "replayed"


@pytest.mark.django_db
def test_encrypting_it_again_does_not_make_it_new(idp: Provider) -> None:
    root = idp.message().element()
    sign(assertion_of(root), idp.signing())
    assert read(posted(root), idp.connection).name_id == "dora-1"
    encrypt(assertion_of(root), Encryption(to=SITE_KEY))
    assert reason(posted(root), idp.connection) == "replayed"


@pytest.mark.django_db
def test_a_name_used_again_is_a_replay(idp: Provider) -> None:
    """Identifiers are the provider's to keep apart."""
    assert idp.says(assertion_id="_again").name_id == "dora-1"
    assert idp.refused(assertion_id="_again", name_id="alice-1") == "replayed"


@pytest.mark.django_db
def test_a_refused_message_uses_nothing_up(idp: Provider) -> None:
    assert idp.refused(assertion_id="_mine", how={"key": STRANGE_KEY}) == "signature"
    assert idp.refused(assertion_id="_mine", destination="https://evil.example") == "destination"
    assert idp.says(assertion_id="_mine").id == "_mine"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "confirmations",
    [
        (Confirmation(not_on_or_after=60),),
        (Confirmation(not_on_or_after=60), Confirmation(not_on_or_after=3000)),
        (Confirmation(not_on_or_after=3000), Confirmation(not_on_or_after=60)),
    ],
)
def test_its_use_is_remembered_for_as_long_as_it_would_be_taken(
    idp: Provider, confirmations: tuple[Confirmation, ...]
) -> None:
    """Once nobody remembers it, it must be too old."""
    message = idp.post(not_on_or_after=3600, confirmations=confirmations)
    read(message, idp.connection)
    forgotten_at = SeenMessage.objects.get().expires_at
    SeenMessage.objects.all().delete()
    with pytest.raises(SamlRefused) as caught:
        read(message, idp.connection, now=forgotten_at)
    assert caught.value.reason == "expired"
    assert forgotten_at > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_of_six_at_once_one_comes_in(idp: Provider) -> None:
    message, together = idp.post(sign="both"), Barrier(AT_ONCE)

    def bring(_: int) -> str:
        try:
            together.wait(timeout=10)
            return read(message, Connection.across_organizations.select_related("organization").get()).name_id
        except SamlRefused as problem:
            return str(problem.reason)
        finally:
            database.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sorted(pool.map(bring, range(AT_ONCE)))
    assert answers == ["dora-1", *["replayed"] * (AT_ONCE - 1)]


# --- Across organizations -----------------------------------------------------------------------------------


@pytest.fixture
def other(globex: Organization) -> Connection:
    """The same provider, which serves both organizations by one key."""
    return connect(globex, "globex-sso")


@pytest.mark.django_db
@pytest.mark.parametrize("how", [{}, {"sign": "response"}, {"encryption": Encryption(to=SITE_KEY)}])
def test_a_message_for_one_organization_is_none_for_another(
    idp: Provider, other: Connection, how: dict[str, Any]
) -> None:
    message = idp.post(**how)
    assert reason(message, other) == "destination"
    assert read(message, idp.connection).name_id == "dora-1"


@pytest.mark.django_db
def test_an_address_changed_on_the_way_does_not_bring_it_in(idp: Provider, other: Connection) -> None:
    """The wrapper is unsigned: what the assertion itself says decides."""
    root = idp.root()
    root.set("Destination", other.acs_url)
    assert reason(posted(root), other) == "audience"
    root = idp.root(audiences=((idp.connection.entity_id, other.entity_id),))
    root.set("Destination", other.acs_url)
    assert reason(posted(root), other) == "recipient"


@pytest.mark.django_db
def test_what_was_used_at_one_is_not_used_at_the_other(idp: Provider, other: Connection) -> None:
    assert idp.says(assertion_id="_same").id == "_same"
    assert idp.of(other).says(assertion_id="_same").id == "_same"


@pytest.mark.django_db
def test_a_provider_of_one_signs_nothing_for_another(idp: Provider, globex: Organization) -> None:
    """Also if it says that it is the other's."""
    theirs = connect(globex, "globex-sso", key=rsa_key("globex"))
    mallory = Provider(theirs, rsa_key("globex"))
    assert mallory.says().name_id == "dora-1"
    assert mallory.of(idp.connection).refused() == "signature"
    assert idp.of(theirs).refused() == "signature"
