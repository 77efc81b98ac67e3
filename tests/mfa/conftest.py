import base64
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import hotp

from accounts.models import User
from core import digests
from mfa import codes
from mfa.factors import recovery
from mfa.models import Authenticator
from tests.conftest import PASSWORD, sign_in
from tests.sso.conftest import acme, rogue, running  # noqa: F401 - fixtures of a provider

CHALLENGE = "/account/mfa/"
PROVE = "/account/mfa/prove/"
ADD = "/account/mfa/app/add/"
RENEW = "/account/mfa/recovery/renew/"
FACTORS = "/account/mfa/factors/"
WRONG = "000000"


@dataclass
class Phone:
    """Somebody's app, which can be held up at any time."""

    user: User
    secret: str = field(default_factory=codes.new_secret)

    def code(self, steps: int = 0) -> str:
        """Of now, or of so many half minutes later."""
        step = int(timezone.now().timestamp()) // codes.STEP + steps
        return code_of(self.secret, step)

    @property
    def row(self) -> Authenticator:
        return next(app for app in Authenticator.objects.filter(user=self.user) if app.secret == self.secret)

    def wrong(self) -> str:
        """None of those that are near."""
        near = {self.code(steps) for steps in range(-3, 4)}
        return next(code for code in (WRONG, "111111", "222222", "333333") if code not in near)


def code_of(secret: str, step: int) -> str:
    return f"{hotp(base64.b32decode(secret), step):06d}"


def give_phone(user: User, name: str = "Phone") -> Phone:
    phone = Phone(user)
    Authenticator.objects.create(user=user, name=name, secret=phone.secret, last_step=-1)
    return phone


def forget_when(client: Client, seconds: float) -> None:
    """As if everything this session proved had been proved so much earlier."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= seconds
    session["account_authentication_methods"] = session["account_authentication_methods"]
    session.save()


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def session_digest(client: Client) -> str:
    return digests.of_token(client.cookies["session"].value)


def shown_codes(response: Any) -> list[str]:
    return re.findall(r"<li><code>([A-Z-]{23})</code>", response.text)


@pytest.fixture
def phone(alice: User) -> Phone:
    return give_phone(alice)


@pytest.fixture
def saved(alice: User, phone: Phone) -> list[str]:
    """Alice's recovery codes."""
    return recovery.issue(alice)


@pytest.fixture
def halfway(client: Client, alice: User, phone: Phone) -> Client:
    """Alice's password was right."""
    assert sign_in(client, alice)["Location"] == CHALLENGE
    return client


@pytest.fixture
def inside(halfway: Client, phone: Phone) -> Client:
    """Alice, by both steps."""
    assert halfway.post(CHALLENGE, {"code": phone.code(-1)})["Location"] == "/account/"
    return halfway


def password_again(client: Client) -> Any:
    return client.post("/account/reauthenticate/", {"current_password": PASSWORD})
