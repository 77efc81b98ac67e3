"""The demo organization is connected with the demo provider once, wherever that provider is."""

from threading import Thread

import pytest
from django.core.management import call_command

from audit.models import Event
from identity.local.provider import people
from identity.local.provider.server import Provider
from identity.local.redis import free_port
from orgs.models import Domain
from sso.models import Connection, GroupRule


@pytest.fixture
def seeded(settings, tmp_path, db):
    settings.DEBUG = True
    running = []

    def run():
        """With the provider at a new address each time."""
        running.append(Provider(free_port(), "http://localhost:8000", tmp_path))
        Thread(target=running[-1].serve_forever, args=[0.02], daemon=True).start()
        call_command("seed_demo", provider=running[-1].url)
        return running[-1].url

    yield run
    for provider in running:
        provider.shutdown()
        provider.server_close()


def connection():
    return Connection.across_organizations.get()


def test_it_is_ready_to_sign_people_in(seeded):
    url = seeded()
    call_command("sso_connection", "test", people.SLUG)
    assert (connection().sso_url, connection().slo_url) == (f"{url}/sign-in", f"{url}/sign-out")
    assert connection().allow_idp_initiated
    assert Domain.across_organizations.get(verified_at__isnull=False).name == people.DOMAIN
    assert GroupRule.across_organizations.get().team.name == "People"


def test_a_second_time_only_the_address_is_new(seeded):
    seeded()
    certificate = connection().certificates.get()
    url = seeded()
    assert (connection().sso_url, connection().metadata_url) == (f"{url}/sign-in", f"{url}/metadata")
    assert connection().certificates.get() == certificate
    assert GroupRule.across_organizations.count() == Domain.across_organizations.count() == 1


def test_at_the_same_address_nothing_happens(seeded):
    url = seeded()
    before = Event.objects.count()
    call_command("seed_demo", provider=url)
    assert Event.objects.count() == before


def test_what_somebody_tries_in_its_place_stays(seeded):
    seeded()
    tried = {"idp_entity_id": "https://other.example/", "sso_url": "https://other.example/sso"}
    Connection.across_organizations.update(**tried)
    seeded()
    assert connection().sso_url == "https://other.example/sso"
