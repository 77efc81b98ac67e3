"""What `make run` says when everything is up."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from identity.local.provider.people import PEOPLE
from identity.local.screen import paint

DORA = PEOPLE["dora"]


class Person(TypedDict):
    role: str
    email: str
    password: str


def text(address: str, people: Sequence[Person], provider: str) -> str:
    return "\n".join(["", *_lines(address, people, provider), ""])


def _lines(address: str, people: Sequence[Person], provider: str) -> Iterator[str]:
    yield f"  {paint('The site is up:', 'bold')}  {paint(address + '/', 'green')}"
    yield ""
    yield from _table(people)
    yield ""
    yield "  The administrator sets up a second step first: any authenticator app will do."
    yield ""
    yield "  By an organization's own provider, which asks for no password and may also be where you begin:"
    yield ""
    yield f"  Sign in as      {DORA.email} at {address}/account/sso/"
    yield f"  The provider    {provider}/"
    yield ""
    yield f"  Mail it sends   {address}/dev/mailbox/"
    yield f"  Administration  {address}/admin/"
    yield "  Logs            var/log/web.log, var/log/worker.log, var/log/provider.log"
    yield "  Stop            Ctrl-C"


def _table(people: Sequence[Person]) -> Iterator[str]:
    width = max((len(person["email"]) for person in people), default=0)
    for person in people:
        yield f"  {person['role']:<14}  {person['email']:<{width}}  {paint(person['password'], 'bold')}"
