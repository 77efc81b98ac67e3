"""A short name before the host leads to the organization's pages, and serves none itself."""

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def hosts(settings: Any) -> None:
    settings.ORGANIZATION_SUBDOMAINS = True
    settings.BASE_HOST, settings.BASE_URL = "id.example.org", "https://id.example.org"
    settings.ALLOWED_HOSTS = ["id.example.org", "www.id.example.org", ".id.example.org"]


@pytest.mark.parametrize(
    ("host", "leads_to"),
    [
        ("acme.id.example.org", "https://id.example.org/orgs/acme/"),
        ("ACME.id.example.org:8443", "https://id.example.org/orgs/acme/"),
        ("nothing-here.id.example.org", "https://id.example.org/orgs/nothing-here/"),
        ("a.b.id.example.org", "https://id.example.org/"),
        ("-x.id.example.org", "https://id.example.org/"),
    ],
)
def test_it_leads_to_the_one_host(hosts: None, host: str, leads_to: str) -> None:
    for path in ("/", "/account/login/", "//example.net/"):
        answer = Client().get(path, headers={"host": host})
        assert (answer.status_code, answer["Location"]) == (302, leads_to)


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["id.example.org", "www.id.example.org"])
def test_other_hosts_serve_as_ever(hosts: None, host: str) -> None:
    assert Client().get("/account/login/", headers={"host": host}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["acme.example.org", "acmeid.example.org", "id.example.org.example.net"])
def test_a_strange_host_is_refused(hosts: None, host: str) -> None:
    assert Client().get("/", headers={"host": host}).status_code == 400


@pytest.mark.django_db
def test_off_it_does_nothing() -> None:
    assert Client().get("/", headers={"host": "acme.localhost"}).status_code == 400
