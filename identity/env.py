"""Typed readers for environment variables: a value that does not fit stops the start and says why."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

T = TypeVar("T")
U = TypeVar("U")

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
DURATION = re.compile(r"(\d+)(s|m|h|d)")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class SettingError(ImproperlyConfigured):
    """An environment variable is missing or has a value that cannot be used."""


class Env:
    """Reads variables and remembers their names, so that a test can compare them with `.env.example`.

    For every `NAME` a file may be given instead as `NAME_FILE`, as container platforms hand out secrets.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.declared: set[str] = set()

    @classmethod
    def load(cls, dotenv: Path) -> "Env":
        """The process environment, on top of a `.env` file when there is one."""
        written = {name: value for name, value in dotenv_values(dotenv).items() if value is not None}
        return cls({**written, **os.environ})

    def text(self, name: str, default: str = "") -> str:
        found = self._find(name)
        return default if found is None else found

    def boolean(self, name: str, default: bool) -> bool:
        return self._parsed(name, default, _boolean, "true or false")

    def integer(self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
        def parse(text: str) -> int:
            if not minimum <= int(text) <= maximum:
                raise ValueError
            return int(text)

        return self._parsed(name, default, parse, f"a whole number from {minimum} to {maximum}")

    def optional_integer(self, name: str, *, minimum: int = 0, maximum: int = 2**31) -> int | None:
        return self.integer(name, 0, minimum=minimum, maximum=maximum) if self._find(name) else None

    def duration(self, name: str, default: str) -> timedelta:
        return self._parsed(name, _duration(default), _duration, "a time such as 90s, 30m, 12h or 14d")

    def choice(self, name: str, default: str, choices: set[str]) -> str:
        def parse(text: str) -> str:
            if text not in choices:
                raise ValueError
            return text

        return self._parsed(name, default, parse, "one of " + ", ".join(sorted(choices)))

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def url(self, name: str, schemes: set[str], default: str) -> SplitResult:
        return self._parsed(name, urlsplit(default), *_address(schemes))

    def address(self, name: str) -> str:
        """A web address as it was written, or nothing."""
        found = self.optional_url(name, {"http", "https"})
        return found.geturl() if found else ""

    def optional_url(self, name: str, schemes: set[str]) -> SplitResult | None:
        return self._parsed(name, None, *_address(schemes))

    def servers(self, name: str, port: int) -> list[tuple[str, int]]:
        """By address, since names are what these are asked for; each with a port of its own if it names one."""

        def parse(text: str) -> list[tuple[str, int]]:
            return [_server(word.strip(), port) for word in text.split(",") if word.strip()]

        return self._parsed(
            name, [], parse, "addresses such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353"
        )

    def origins(self, name: str) -> list[str]:
        """Sites, as browsers name them: a scheme, a host, and a port where there is one."""

        def parse(text: str) -> list[str]:
            return [_origin(word.strip()) for word in text.split(",") if word.strip()]

        return self._parsed(name, [], parse, "addresses without a path, such as https://app.example.org")

    def _find(self, name: str) -> str | None:
        self.declared.add(name)
        path = self._values.get(f"{name}_FILE")
        if not path:
            value = self._values.get(name)
            return value or None
        if self._values.get(name):
            raise SettingError(f"{name} and {name}_FILE are both set: keep one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{name}_FILE: cannot read {path!r} ({error}).") from error

    def _parsed(self, name: str, default: U, parse: Callable[[str], T], expected: str) -> T | U:
        found = self._find(name)
        if found is None:
            return default
        try:
            return parse(found)
        except (ValueError, OverflowError):
            # The value itself stays out of the message: it may be a secret that was put in the wrong place.
            raise SettingError(f"{name}: expected {expected}.") from None


def _boolean(text: str) -> bool:
    if text.lower() not in TRUE | FALSE:
        raise ValueError
    return text.lower() in TRUE


def _server(text: str, port: int) -> tuple[str, int]:
    try:
        return str(ip_address(text)), port
    except ValueError:
        split = urlsplit(f"//{text}")
        return str(ip_address(split.hostname or "")), split.port or port


def _origin(text: str) -> str:
    parse, _expected = _address({"http", "https"})
    split = parse(text)
    if text.rstrip("/") != f"{split.scheme}://{split.netloc}" or "@" in text:
        raise ValueError
    return text.rstrip("/")


def _duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _address(schemes: set[str]) -> tuple[Callable[[str], SplitResult], str]:
    def parse(text: str) -> SplitResult:
        split = urlsplit(text)
        _ = split.port  # Raises ValueError when the port is not a number.
        if split.scheme not in schemes or not split.hostname:
            raise ValueError
        return split

    return parse, "an address that starts with " + " or ".join(f"{name}://" for name in sorted(schemes))
