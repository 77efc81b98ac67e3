"""What happens by itself: metadata is read anew, owners hear of certificates that end, what is over is deleted."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone

from sso import tasks
from sso.enterprise import upkeep
from sso.models import Connection, IdpCertificate, SeenMessage
from tests.outbox import mails
from tests.sso.enterprise.documents import document
from tests.sso.saml.provider import IDP_KEY

pytestmark = pytest.mark.django_db


class Publisher(BaseHTTPRequestHandler):
    said = ""

    def do_GET(self) -> None:
        body = self.said.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[type[Publisher]]:
    class Bound(Publisher):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    Bound.address = f"http://127.0.0.1:{server.server_port}/metadata"  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield Bound
    server.shutdown()
    server.server_close()


@pytest.fixture
def published(connection: Connection, publisher: Any, settings: Any) -> Connection:
    settings.DEBUG = True
    connection.metadata_url, connection.metadata_by_operator = publisher.address, True
    connection.save()
    IdpCertificate.objects.all().delete()
    return connection


def end_in(days: float) -> None:
    IdpCertificate.objects.update(not_after=timezone.now() + timedelta(days=days))


def test_new_certificates_are_known_the_next_day(published: Connection, publisher: Any) -> None:
    publisher.said = document(entity_id=published.idp_entity_id)
    assert upkeep.read_metadata_anew() == 1
    assert IdpCertificate.objects.get().fingerprint == IDP_KEY.fingerprint


@pytest.mark.parametrize("said", ["", "<html>", document(entity_id="https://somebody.else.example/")])
def test_what_is_not_its_metadata_changes_nothing(published: Connection, publisher: Any, said: str) -> None:
    publisher.said = said
    assert upkeep.read_metadata_anew() == 0
    published.refresh_from_db()
    assert published.idp_entity_id == "https://idp.acme.example/metadata"
    assert not IdpCertificate.objects.exists()


def test_it_does_not_look_into_our_own_network(published: Connection, publisher: Any) -> None:
    """Unless whoever runs the site has sent it there."""
    published.metadata_by_operator = False
    published.save()
    publisher.said = document(entity_id=published.idp_entity_id)
    assert upkeep.read_metadata_anew() == 0


def test_owners_hear_once_for_each_of_the_days(connection: Connection) -> None:
    for days, told in ((60, 0), (29, 1), (28, 0), (6.5, 1), (0.5, 1), (0.4, 0)):
        end_in(days)
        assert upkeep.warn() == told
    assert mails(message="organization_sso_certificate_ends").count() == 3


def test_the_last_certificate_counts(connection: Connection) -> None:
    end_in(300)
    IdpCertificate.objects.create(
        connection=connection, pem="x", fingerprint="y", not_after=timezone.now() + timedelta(days=1)
    )
    assert upkeep.warn() == 0


def test_what_is_over_is_deleted(connection: Connection) -> None:
    for days in (-1, 1):
        SeenMessage.objects.create(
            connection=connection, digest=str(days), expires_at=timezone.now() + timedelta(days=days)
        )
    tasks.prune()
    assert [row.digest for row in SeenMessage.objects.all()] == ["1"]
