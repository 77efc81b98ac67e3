"""A call of the API as one types it into a shell."""

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from accounts.api import schemes
from core.intake import FORM, JSON

NEXT = " \\\n  "


def spelled(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def curl(base: str, path: str, method: str, described: dict[str, Any], body: Any = None) -> str:
    """With what varies in the address as in its examples."""
    for each in described.get("parameters", []):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    parts = [f"curl --silent --fail-with-body {shlex.quote(base + path)}"]
    if method not in ("get", "post") or (method == "post" and body is None):
        parts.append(f"--request {method.upper()}")
    parts += _proof(described, body)
    if body is not None:
        parts += _body(described, body)
    return NEXT.join(parts)


def _proof(described: dict[str, Any], body: Any) -> list[str]:
    names = [name for way in described.get("security", []) for name in way]
    if names == [schemes.BASIC]:
        brings = isinstance(body, dict) and {"client_secret", "client_assertion"} & body.keys()
        return [] if brings else ['--user "$CLIENT_ID:$CLIENT_SECRET"']
    if isinstance(body, dict) and body.get("transport") == "cookie":
        return ['--cookie cookies.txt --cookie-jar cookies.txt --header "X-CSRFToken: $CSRF_TOKEN"']
    if set(names) - {schemes.COOKIE}:
        return ['--header "Authorization: Bearer $TOKEN"']
    return []


def _body(described: dict[str, Any], body: Any) -> list[str]:
    if FORM in described["requestBody"]["content"] and all(isinstance(value, str) for value in body.values()):
        return [f"--data {shlex.quote(urlencode(body))}"]
    return [f'--header "Content-Type: {JSON}"', f"--data {shlex.quote(spelled(body))}"]
