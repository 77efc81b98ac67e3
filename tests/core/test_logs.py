"""One JSON object a line, nothing secret in it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from core.logs import HIDDEN, hide_secrets
from core.requests import route_of

SCRIPT = """
import logging, structlog
from core import logs
logs.configure(level="INFO", style="json")
structlog.get_logger("ours").info("hello", password="hunter2", line="two\\nlines")
logging.getLogger("theirs").warning("from %s", "a library", extra={"api_key": "hunter2"})
logging.getLogger("django.request").error("Internal Server Error", extra={"request": "<POST /x/SECRETLINK>"})
try:
    raise ZeroDivisionError("/account/password/reset/SECRETLINK/ failed")
except ZeroDivisionError:
    structlog.get_logger("ours").exception("broken")
"""


def lines() -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=os.environ
    )
    return [json.loads(line) for line in ran.stderr.splitlines()]


def test_every_line_is_one_json_object() -> None:
    ours, theirs, _django, broken = lines()
    assert (ours["event"], ours["line"], ours["level"]) == ("hello", "two\nlines", "info")
    assert theirs["event"] == "from a library"
    assert "ZeroDivisionError" in broken["exception"]
    assert ours["timestamp"].endswith("Z")


def test_secrets_are_hidden_in_ours_and_theirs() -> None:
    ours, theirs, _django, _broken = lines()
    assert ours["password"] == theirs["api_key"] == HIDDEN


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "token", "access_token", "Authorization", "cookie", "otp", "session_key"],
)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert hide_secrets(None, "info", {name: "hunter2"}) == {name: HIDDEN}


def test_a_secret_in_a_path_is_hidden() -> None:
    event = hide_secrets(None, "info", {"event": "GET /account/confirm-email/abc-def_1/?x=1"})
    assert event["event"] == "GET /account/confirm-email/[hidden]/?x=1"


def test_what_is_no_secret_stays() -> None:
    assert hide_secrets(None, "info", {"route": "account_login", "count": 3}) == {
        "route": "account_login",
        "count": 3,
    }


@pytest.mark.django_db
def test_the_request_log_knows_the_route_and_not_the_address(client: Any, rf: Any) -> None:
    response = client.get("/account/confirm-email/" + "x" * 43 + "/")
    assert route_of(response.wsgi_request) == "account_confirm_email"


def test_no_traceback_and_no_request_gives_a_link_away() -> None:
    assert "SECRETLINK" not in json.dumps(lines())
