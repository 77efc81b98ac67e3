"""What policies are made of. Each reads as a part of a sentence; of what is not known, none of them holds."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orgs.decisions.policies import Condition, Question
from orgs.decisions.strength import Strength
from orgs.decisions.surroundings import Address
from orgs.permissions import EVERYTHING

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Hours:
    """From one time of the day to another, on these days. Past midnight they are still those of the evening before."""

    begin: time
    end: time
    zone: ZoneInfo
    days: frozenset[str] = frozenset(DAYS)

    def include(self, moment: datetime) -> bool:
        try:
            here = moment.astimezone(self.zone)
            now, overnight = here.time(), self.end <= self.begin
            if overnight and now < self.end:
                here -= timedelta(days=1)
        except OverflowError:
            # On the first or the last day of all, which is the day before or after elsewhere.
            return False
        within = (now >= self.begin or now < self.end) if overnight else self.begin <= now < self.end
        return within and DAYS[here.weekday()] in self.days


def is_among(address: Address | None, networks: Iterable[Network]) -> bool:
    return address is not None and any(address in network for network in networks)


def action_is(*names: str) -> Condition:
    return Condition(lambda question: question.asked.action.name in names)


def resource_is(*types: str) -> Condition:
    return Condition(lambda question: question.asked.resource.type in types)


def has_role(*names: str) -> Condition:
    """A built-in role or one of the organization's own, by themselves or by a team."""
    wanted = {name.lower() for name in names}
    return Condition(lambda question: bool(question.subject.roles & wanted))


def is_in_team(*names: str) -> Condition:
    wanted = {name.lower() for name in names}
    return Condition(lambda question: bool(question.subject.teams & wanted))


def in_organization(*slugs: str) -> Condition:
    return Condition(lambda question: question.organization.slug in slugs)


def from_network(*networks: str) -> Condition:
    parsed = [ipaddress.ip_network(network) for network in networks]
    return Condition(lambda question: is_among(question.around.address, parsed))


def within_hours(begin: str, end: str, *, zone: str, days: Iterable[str] = DAYS) -> Condition:
    if not set(days) <= set(DAYS):
        raise ValueError(f"days are written {', '.join(DAYS)}")
    hours = Hours(time.fromisoformat(begin), time.fromisoformat(end), ZoneInfo(zone), frozenset(days))
    return Condition(lambda question: question.around.at is not None and hours.include(question.around.at))


def proved_by(least: Strength) -> Condition:
    return Condition(lambda question: (question.around.proved or 0) >= least)


def _owns_resource(question: Question) -> bool:
    owner = question.properties.get("owner")
    return isinstance(owner, str) and owner.lower() in question.subject.names


owns_resource = Condition(_owns_resource)
# What is asked is of the application's making, and none of our permissions.
is_of_application = Condition(lambda question: question.asked.action.name not in EVERYTHING)
