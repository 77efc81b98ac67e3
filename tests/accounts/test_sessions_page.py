"""The page where a person sees and ends their sessions."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Session, User
from audit.actions import Action
from audit.models import Event
from core import digests
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
PAGE, END, END_OTHERS = "/account/sessions/", "/account/sessions/end/", "/account/sessions/end-others/"


@pytest.fixture
def elsewhere(alice: User) -> Client:
    client = Client(headers={"x-forwarded-for": "198.51.100.7"})
    sign_in(client, alice)
    return client


def key(client: Client) -> str:
    return digests.of_token(client.cookies["session"].value)


def test_it_lists_each_and_marks_this_one(as_alice: Client, elsewhere: Client) -> None:
    page = as_alice.get(PAGE).text
    assert "198.51.100.7" in page
    assert page.count("this browser") == 1
    assert page.count(f'action="{END}"') == 1


def test_one_can_be_ended(as_alice: Client, elsewhere: Client, alice: User) -> None:
    as_alice.post(END, {"session": key(elsewhere)})
    assert elsewhere.get(PAGE).status_code == 302
    assert as_alice.get(PAGE).status_code == 200
    assert Event.objects.get(action=Action.SESSION_END).person == alice.public_id


def test_all_others_can_be_ended(as_alice: Client, elsewhere: Client) -> None:
    response = as_alice.post(END_OTHERS, follow=True)
    assert "1 other session has ended" in response.text
    assert elsewhere.get(PAGE).status_code == 302


def test_a_second_press_does_no_harm(as_alice: Client, elsewhere: Client) -> None:
    for _ in range(2):
        assert as_alice.post(END, {"session": key(elsewhere)}, follow=True).status_code == 200
    assert Event.objects.filter(action=Action.SESSION_END).count() == 1


def test_nobody_ends_the_session_of_another(elsewhere: Client, client: Client, charlie: User) -> None:
    sign_in(client, charlie)
    client.post(END, {"session": key(elsewhere)})
    client.post(END_OTHERS)
    assert elsewhere.get(PAGE).status_code == 200
    assert "198.51.100.7" not in client.get(PAGE).text


@pytest.mark.parametrize("junk", ["", "x", "0" * 64, "' OR 1=1 --"])
def test_a_session_that_is_none_ends_nothing(as_alice: Client, junk: str) -> None:
    as_alice.post(END, {"session": junk})
    assert Session.objects.filter(user__isnull=False).count() == 1


@pytest.mark.parametrize("path", [END, END_OTHERS])
def test_opening_an_address_ends_nothing(as_alice: Client, path: str) -> None:
    assert as_alice.get(path).status_code == 405


@pytest.mark.parametrize("path", [PAGE, END, END_OTHERS])
def test_it_is_for_signed_in_people(client: Client, path: str) -> None:
    assert client.post(path)["Location"].startswith("/account/login/")


def test_it_costs_few_queries(
    as_alice: Client, elsewhere: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(10):
        as_alice.get(PAGE)
