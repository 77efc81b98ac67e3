"""The same walk with a certified OpenID provider, whose pages a browser-like client fills in."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import Client

from accounts.models import User
from identity import social
from identity.env import Env
from sso.social import directory
from tests.machines.openid import OpenIdProvider
from tests.sso.conftest import CALLBACK, destination

pytestmark = pytest.mark.django_db
DORA = {"email": "dora@acme.example", "email_verified": True, "name": "Dora Dean"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    with OpenIdProvider(tmp_path_factory.mktemp("openid"), f"http://localhost{CALLBACK}") as provider:
        yield provider


@pytest.fixture
def provider(running: OpenIdProvider, settings: Any) -> OpenIdProvider:
    settings.SOCIAL_PROVIDERS = social.providers(Env({"OIDC_PROVIDERS": json.dumps([running.settings])}))
    directory.forget()
    running.let_in(dora=DORA)
    return running


class Visitor:
    """A person with a browser: signed in at the provider for as long as this object lives."""

    def __init__(self) -> None:
        self.site = Client()
        self.there = requests.Session()

    def go(self, name: str = "dora", path: str = "/account/with/acme/") -> Any:
        page = self.there.get(destination(self.site.post(path)), allow_redirects=True, timeout=5)
        # Whoever is signed in there already is sent straight back.
        if "/interaction/" in page.url:
            action = re.search(r'action="([^"]+)"', page.text)
            assert action
            address = page.url.partition("/interaction/")[0] + action[1]
            page = self._until_back(
                self.there.post(address, {"name": name}, allow_redirects=False, timeout=5)
            )
        return page

    def _until_back(self, response: requests.Response) -> Any:
        while not response.headers["Location"].startswith("http://localhost/"):
            response = self.there.get(response.headers["Location"], allow_redirects=False, timeout=5)
        return self.site.get(response.headers["Location"].removeprefix("http://localhost"))


def test_a_new_person_is_in(provider: OpenIdProvider) -> None:
    visitor = Visitor()
    assert visitor.go()["Location"] == "/account/"
    user = User.objects.get()
    assert (user.email, user.name, user.has_verified_email) == ("dora@acme.example", "Dora Dean", True)
    assert "Dora Dean" in visitor.site.get("/account/").text


def test_the_next_time_it_is_the_same_account(provider: OpenIdProvider) -> None:
    Visitor().go()
    provider.let_in(dora={**DORA, "email": "renamed@acme.example"})
    assert Visitor().go()["Location"] == "/account/"
    assert User.objects.get().email == "dora@acme.example"


def test_an_address_that_is_not_verified_there_is_asked(provider: OpenIdProvider) -> None:
    provider.let_in(dora={**DORA, "email_verified": False})
    assert Visitor().go()["Location"] == "/account/confirm-email/"


def test_stopping_there_is_no_error(provider: OpenIdProvider) -> None:
    assert Visitor().go("nobody")["Location"] == "/account/login/"


def test_it_is_still_them_only_after_a_new_sign_in_there(provider: OpenIdProvider) -> None:
    """`prompt=login` and `max_age=0` make the provider ask although the browser is signed in there."""
    visitor = Visitor()
    visitor.go()
    assert visitor.go(path="/account/reauthenticate/provider/acme/")["Location"] == "/account/"
    records = visitor.site.session["account_authentication_methods"]
    assert [record.get("reauthenticated", False) for record in records] == [False, True]


def test_another_person_there_does_not_confirm(provider: OpenIdProvider) -> None:
    provider.let_in(dora=DORA, mallory={**DORA, "email": "mallory@acme.example"})
    visitor = Visitor()
    visitor.go()
    visitor.there = requests.Session()
    assert visitor.go("mallory", "/account/reauthenticate/provider/acme/").status_code == 403


@pytest.mark.faults
def test_it_dies_and_comes_back(provider: OpenIdProvider) -> None:
    Visitor().go()
    provider.kill()
    directory.forget()
    assert Client().post("/account/with/acme/").status_code == 503
    provider.start()
    # Its keys are new, as its memory is; whoever knew the old ones asks again.
    assert Visitor().go()["Location"] == "/account/"
