"""How well somebody has proved who they are. Apps that ask for proofs say what theirs are worth."""

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Any


class Strength(IntEnum):
    ONE_FACTOR = 1
    TWO_FACTORS = 2
    PHISHING_RESISTANT = 3

    @property
    def spelled(self) -> str:
        return self.name.lower().replace("_", "-")


BY_NAME = {strength.spelled: strength for strength in Strength}
# Values of `amr` that say how strong a proof was, and not only what it was: RFC 8176, and those of OpenID's EAP.
BY_AMR = {
    "mfa": Strength.TWO_FACTORS,
    "phr": Strength.PHISHING_RESISTANT,
    "phrh": Strength.PHISHING_RESISTANT,
}
_by_method: dict[str, Strength] = {}


def register(method: str, strength: Strength) -> None:
    """`method` is the name in the record that a session keeps of its proofs."""
    _by_method[method] = strength


def of_methods(methods: Collection[str]) -> Strength | None:
    return max((_by_method.get(method, Strength.ONE_FACTOR) for method in methods), default=None)


def said(factor: Any, amr: Any) -> Strength | None:
    """What an application says of it. What we do not know is worth nothing."""
    found = [BY_NAME[factor]] if isinstance(factor, str) and factor in BY_NAME else []
    return max([*found, *_of_amr(amr if isinstance(amr, list) else [])], default=None)


def _of_amr(values: Iterable[Any]) -> list[Strength]:
    return [BY_AMR.get(value, Strength.ONE_FACTOR) for value in values if isinstance(value, str)]
