"""How applications ask, in few words."""

from typing import Any

from accounts.models import User
from tests.api import Program


def about(user: User) -> dict[str, Any]:
    return {"type": "user", "id": str(user.public_id)}


def question(who: Any, action: str, resource: Any, **more: Any) -> dict[str, Any]:
    """`resource` is one, or its type and id in one word."""
    subject = about(who) if isinstance(who, User) else who
    if isinstance(resource, str):
        kind, _, name = resource.partition(":")
        resource = {"type": kind, "id": name}
    return {"subject": subject, "action": {"name": action}, "resource": resource, **more}


def document(**properties: Any) -> dict[str, Any]:
    """Of an application."""
    return {"type": "document", "id": "plan", "properties": properties}


def ask(program: Program, *args: Any, **more: Any) -> dict[str, Any]:
    answer = program.post("authorize", question(*args, **more))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def verdict(answer: dict[str, Any]) -> str:
    """The policy that decided, or why none did; what is denied with a minus before it."""
    why = answer["context"]
    assert why["reason_user"]
    named = str(why.get("policy", why["reason"]))
    return named if answer["decision"] else f"-{named}"
