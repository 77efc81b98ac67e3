"""What an operation answers instead of what it gives: what it declares, and what any of its kind may answer."""

from collections.abc import Iterable, Iterator

from accounts.api.endpoint import Operation
from accounts.sign_in.programs import Demand
from accounts.sign_in.reauthentication import ProveAgain
from core.api.problems import (
    CredentialNotAllowed,
    Invalid,
    InvalidToken,
    MethodNotAllowed,
    ScopeMissing,
    Unauthenticated,
    UnsupportedMedia,
)
from core.errors import BadInput, Missing, NotSecure, Problem, TooLarge, TooMany, Unavailable
from core.requests import READS

OF_CALLERS = (Unauthenticated, InvalidToken, CredentialNotAllowed)
OF_BODIES = (TooLarge, UnsupportedMedia)
OF_ANY = (Invalid, BadInput, NotSecure, Missing, MethodNotAllowed, TooMany, Unavailable)
# The same of every operation that can be meant.
COMMON = (*OF_CALLERS, ScopeMissing, *OF_BODIES, *OF_ANY)


def of(declared: Operation, method: str) -> Iterator[type[Problem]]:
    """Everything that this operation answers instead of what it gives."""
    if declared.access.kinds:
        yield from OF_CALLERS
        if declared.access.scope is not None:
            yield ScopeMissing
        if declared.access.recently is not None:
            yield ProveAgain
    yield from declared.refuses
    if declared.demands:
        yield from _below(Demand)
    if method not in READS:
        yield from OF_BODIES
    yield from OF_ANY


def grouped(problems: Iterable[type[Problem]]) -> dict[int, list[type[Problem]]]:
    """By status, each code once."""
    found: dict[int, dict[str, type[Problem]]] = {}
    for problem in problems:
        found.setdefault(problem.status, {}).setdefault(problem.code, problem)
    return {status: list(codes.values()) for status, codes in sorted(found.items())}


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
