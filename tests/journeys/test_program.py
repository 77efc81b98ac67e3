"""The clients that are written down for others do what they say, against the site over HTTP."""

import json
import re
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core.client import Facts
from identity.local import system
from tests.conftest import PASSWORD, code_of_app, give_app
from tests.machines.web import WebServer
from tokens.flows import keys
from tokens.models import Family

pytestmark = pytest.mark.django_db(transaction=True)
README = (settings.ROOT / "README.md").read_text()
GUIDE = (settings.ROOT / "docs" / "api.md").read_text()


def block(document: str, language: str, base: str) -> str:
    """What stands there, with the address of this site and Alice's password."""
    found = re.search(rf"```{language}\n(.*?)```", document, re.DOTALL)
    assert found
    text = re.sub(r"https?://(id\.example\.org|localhost:8000)", base, found[1])
    return text.replace('"password": "…"', f'"password": "{PASSWORD}"')


def run(program: str, typed: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], input=typed, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readmes_python_signs_in_asks_and_renews(live_server: object, alice: User) -> None:
    said = run(block(README, "python", str(live_server)))
    assert alice.email in said
    assert Family.objects.get().number == 2


def test_the_guides_python_passes_the_second_step(live_server: object, alice: User) -> None:
    give_app(alice)
    assert alice.email in run(block(GUIDE, "python", str(live_server)), typed=code_of_app(alice))
    assert Family.objects.get().methods == "password totp"


def test_they_are_ten_lines_at_most() -> None:
    for document in (README, GUIDE):
        lines = block(document, "python", "").splitlines()
        assert len([line for line in lines if line and not line.startswith("import")]) <= 10


@pytest.mark.parametrize("document", [README, GUIDE], ids=["readme", "guide"])
def test_curl_asks_with_a_key(live_server: object, alice: User, document: str) -> None:
    soon = timezone.now() + timedelta(days=1)
    facts = Facts("203.0.113.9", "", "")
    made = keys.create(user=alice, name="x", scopes={"profile.read"}, expires_at=soon, facts=facts)
    assert shutil.which("curl") or system.install("curl")
    command = block(document, "sh", str(live_server)).replace("$API_KEY", made.text)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert alice.email in done.stdout, done.stderr


@pytest.mark.parametrize(("padding", "status"), [(0, 200), (70_000, 413), (1_100_000, 413)])
def test_a_body_of_unknown_length_is_read_to_its_end(
    site: WebServer, alice: User, padding: int, status: int
) -> None:
    asked = json.dumps({"email": alice.email, "password": PASSWORD}).encode() + b" " * padding
    pieces = [asked[:20], asked[20:]]
    answer = requests.post(
        f"{site.url}/api/auth/login", iter(pieces), headers={"Content-Type": "application/json"}, timeout=20
    )
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert answer.status_code == status, answer.text
