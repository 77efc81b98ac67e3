"""Why the latest sign-ins and trials by it came to nothing: for whoever sets it up and sees no log of ours."""

from dataclasses import dataclass
from datetime import datetime

from audit.actions import Action
from audit.models import Event
from sso.models import Connection

SHOWN = 5


@dataclass(frozen=True)
class Refusal:
    at: datetime
    reason: str


def latest(connection: Connection) -> list[Refusal]:
    rows = Event.objects.filter(
        organization=connection.organization.public_id,
        action__in=[Action.SIGN_IN_REFUSE, Action.CONNECTION_REFUSE],
        data__provider=connection.slug,
    ).order_by("-pk")[:SHOWN]
    return [Refusal(row.at, row.data.get("reason", "")) for row in rows]
