import re
from typing import Any

import pytest
from django.test import Client

from tests.outbox import mails

ADDRESS = "dora@example.org"
PASSWORD = "an untold story of nine lamps"


@pytest.fixture
def sign_up(client: Client, db: Any) -> Any:
    """Fills in the sign-up page."""

    def post(email: str = ADDRESS, password: str = PASSWORD, **extra: Any) -> Any:
        return client.post("/account/signup/", {"email": email, "password1": password}, **extra)

    return post


@pytest.fixture
def link() -> Any:
    """The path in the newest mail to an address."""

    def newest(email: str = ADDRESS) -> str:
        mail = mails(recipient=email).latest("id")
        found = re.search(r"http://localhost(/\S+)", mail.text)
        assert found, mail.text
        return found[1]

    return newest
