"""A browser or a program, reduced to what the site sees of it: one kept connection, cookies and forms, or JSON."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from itertools import count
from typing import Any
from urllib.parse import urlencode

from identity.local import commands, production

FORM, JSON = "application/x-www-form-urlencoded", "application/json"

_numbers = count(1)


class UnexpectedAnswer(Exception):
    """A row measured something else than it says."""


class Visitor:
    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(commands.LOOPBACK, port, timeout=30)
        self._cookies: dict[str, str] = {}
        self._address = _new_address()
        self._location = ""

    def get(self, path: str, *, expect: int = 200, bearer: str = "") -> str:
        return self._ask("GET", path, expect, bearer=bearer)

    def post(self, path: str, fields: Mapping[str, str], *, expect: int = 302) -> str:
        token = next(value for name, value in self._cookies.items() if name.endswith("csrf"))
        return self._ask("POST", path, expect, urlencode({**fields, "csrfmiddlewaretoken": token}), FORM)

    def post_json(self, path: str, data: Mapping[str, str], *, expect: int = 200, bearer: str = "") -> Any:
        return json.loads(self._ask("POST", path, expect, json.dumps(data), JSON, bearer=bearer))

    def follow(self, path: str) -> str:
        """Where the answer leads to, without going there."""
        self._ask("GET", path, 302)
        return self._location

    def post_from_elsewhere(self, path: str, fields: Mapping[str, str]) -> str:
        """A form on another site's page, which proves nothing and brings no cookies; where its answer leads to."""
        kept, self._cookies = self._cookies, {}
        self._ask("POST", path, 303, urlencode(fields), FORM)
        self._cookies = kept
        return self._location

    def forget(self) -> None:
        """From here on somebody else, from somewhere else."""
        self._cookies.clear()
        self._address = _new_address()

    def become_another(self) -> None:
        """The same, who has the form open already: what proves its origin stays."""
        kept = {name: value for name, value in self._cookies.items() if name.endswith("csrf")}
        self.forget()
        self._cookies.update(kept)

    def _ask(
        self,
        method: str,
        path: str,
        expect: int,
        body: str | None = None,
        kind: str = "",
        *,
        bearer: str = "",
    ) -> str:
        self._connection.request(method, path, body, self._headers(kind, bearer))
        response = self._connection.getresponse()
        text = response.read().decode(errors="replace")
        self._location = response.headers.get("Location", "")
        self._keep_cookies(response)
        if response.status != expect:
            raise UnexpectedAnswer(f"{method} {path} answered {response.status} instead of {expect}")
        return text

    def _headers(self, kind: str, bearer: str) -> dict[str, str]:
        return {
            "Host": production.HOST,
            "Referer": f"https://{production.HOST}/",
            "X-Forwarded-For": self._address,
            "X-Forwarded-Proto": "https",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            **({"Content-Type": kind} if kind else {}),
            **({"Authorization": f"Bearer {bearer}"} if bearer else {}),
        }

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value


def _new_address() -> str:
    """Each visitor comes from elsewhere, or the limits on attempts would be measured."""
    number = next(_numbers)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
