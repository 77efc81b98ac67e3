"""What is turned away at the door leaves evidence, and cannot be used to fill the log."""

import pytest
from django.test import Client

from audit.actions import Action, Outcome
from audit.models import Event

pytestmark = pytest.mark.django_db


def test_a_form_without_a_token_leaves_evidence() -> None:
    Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@b.org", "password": "x"})
    event = Event.objects.get()
    assert (event.action, event.outcome) == (Action.CSRF_REFUSE, Outcome.REFUSED)
    assert event.personal_fields().address == "127.0.0.1"


def test_an_unknown_host_leaves_evidence(client: Client) -> None:
    client.get("/account/login/", headers={"host": "evil.example"})
    event = Event.objects.get()
    assert event.action == Action.HOST_REFUSE
    assert event.personal_fields().details == {"detail": "evil.example"}


def test_a_stubborn_client_does_not_fill_the_log(client: Client) -> None:
    for _ in range(40):
        client.get("/account/login/", headers={"host": "evil.example"})
    assert Event.objects.count() == 30


@pytest.mark.parametrize("host", ["\x00", "\u00fc" * 50, "x" * 5000, "<script>"])
def test_a_strange_host_is_no_crash(client: Client, host: str) -> None:
    assert client.get("/account/login/", headers={"host": host}).status_code == 400
