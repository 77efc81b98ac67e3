"""What `make run` says when everything is up."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from identity.local.screen import paint


class Person(TypedDict):
    role: str
    email: str
    password: str


def text(address: str, people: Sequence[Person]) -> str:
    return "\n".join(["", *_lines(address, people), ""])


def _lines(address: str, people: Sequence[Person]) -> Iterator[str]:
    yield f"  {paint('The site is up:', 'bold')}  {paint(address + '/', 'green')}"
    yield ""
    yield from _table(people)
    yield ""
    yield "  The administrator sets up a second step first: any authenticator app will do."
    yield ""
    yield f"  Mail it sends   {address}/dev/mailbox/"
    yield f"  Administration  {address}/admin/"
    yield "  Logs            var/log/web.log, var/log/worker.log"
    yield "  Stop            Ctrl-C"


def _table(people: Sequence[Person]) -> Iterator[str]:
    width = max((len(person["email"]) for person in people), default=0)
    for person in people:
        yield f"  {person['role']:<14}  {person['email']:<{width}}  {paint(person['password'], 'bold')}"
