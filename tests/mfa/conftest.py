import base64
import html
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.oath import hotp

from accounts.models import User
from core import digests
from mfa import codes
from mfa.factors import passkeys, recovery
from mfa.models import Authenticator, Passkey
from tests.conftest import PASSWORD, sign_in
from tests.mfa.device import Device
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
        if steps < 0:
            # It would be too old if the present half minute ended before it arrives.
            left = codes.STEP - time.time() % codes.STEP
            time.sleep(left if left < 2 else 0)
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


def code_of_secret(secret: str) -> str:
    return code_of(secret, int(timezone.now().timestamp()) // codes.STEP)


def give_phone(user: User, name: str = "Phone") -> Phone:
    phone = Phone(user)
    Authenticator.objects.create(user=user, name=name, secret=phone.secret, last_step=-1)
    return phone


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


# --- Passkeys ---------------------------------------------------------------------------------------------

ADD_PASSKEY = "/account/mfa/passkeys/add/"
QUESTION = "/account/mfa/passkeys/question/"
BY_PASSKEY = "/account/mfa/passkeys/sign-in/"


def asked(page: Any) -> dict[str, Any]:
    """The question that stands on a page."""
    found = re.search(r'<script type="application/json">(.*?)</script>', page.text)
    assert found, page.text
    return json.loads(html.unescape(found[1]))


def post_answer(client: Client, path: str, answer: Any, **more: str) -> Any:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return client.post(path, {"code": text, **more})


def give_passkey(user: User, **traits: Any) -> Device:
    """As if it had been added on the page."""
    device = Device(**traits)
    device.handle = passkeys.handle_of(user)
    Passkey.objects.create(
        user=user,
        name="Key",
        credential_id=device.credential_id,
        public_key=device.cose(),
        sign_count=device.count,
        aaguid=UUID(bytes=device.aaguid),
        backup_eligible=bool(device.backup),
        backed_up=bool(device.backup),
        is_discoverable=True,
    )
    return device


def row_of(device: Device) -> Passkey:
    return Passkey.objects.get(credential_id=device.credential_id)


def by_passkey(client: Client, device: Device, *, more: Any = (), **wrong: Any) -> Any:
    """As a person does it, from the sign-in page."""
    return post_answer(client, BY_PASSKEY, device.sign(client.post(QUESTION).json(), **wrong), **dict(more))


@pytest.fixture
def key(alice: User) -> Device:
    return give_passkey(alice)


@pytest.fixture
def by_key(client: Client, key: Device) -> Client:
    """Alice, by her passkey alone."""
    assert by_passkey(client, key)["Location"] == "/account/"
    return client
