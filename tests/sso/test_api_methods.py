"""What a program can learn of the ways to sign in before it asks anybody for anything."""

from typing import Any

import pytest

from sso.social.configuration import Provider
from tests.api import Program

pytestmark = pytest.mark.django_db


def methods() -> dict[str, Any]:
    answer = Program().get("login/methods")
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_usual_ones() -> None:
    found = methods()
    assert (found["password"], found["passkey"], found["providers"]) == (True, True, [])


@pytest.mark.parametrize("offered", [True, False])
def test_a_code_by_mail_if_the_site_offers_it(settings: Any, offered: bool) -> None:
    settings.SIGN_IN_BY_MAIL = offered
    assert methods()["mail_code"] is offered
    asked = Program().post("login/code", {"email": "alice@example.org"})
    assert asked.status_code == (200 if offered else 404)


@pytest.mark.parametrize(
    ("mode", "is_open"), [("open", True), ("domains", True), ("invitation", False), ("closed", False)]
)
def test_whether_anybody_can_sign_up(settings: Any, mode: str, is_open: bool) -> None:
    settings.REGISTRATION = mode
    assert methods()["sign_up"] is is_open


def test_a_provider_is_named_as_its_sign_in_takes_it(acme: Provider) -> None:
    assert methods()["providers"] == [{"slug": "acme", "name": "Acme", "id_token": True}]
    assert Program().post("login/social/options", {"provider": "acme"}).status_code == 200


def test_one_without_id_tokens_says_so(github: Provider) -> None:
    assert methods()["providers"] == [{"slug": "github", "name": "GitHub", "id_token": False}]
    refused = Program().post("login/social/options", {"provider": "github"})
    assert refused.json()["errors"][0]["code"] == "no_id_token"


def test_it_asks_no_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        methods()


def test_nothing_of_a_provider_is_told_that_is_nobodys_business(acme: Provider) -> None:
    assert acme.secret not in str(methods())
