"""Pages of other apps inside an organization × who asks × state: what their tables share with that of test_table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from orgs.actor import SHELL
from orgs.flows import members, roles
from orgs.models import Membership, Organization
from orgs.permissions import Permission
from tests.conftest import be, each, forget_when
from tests.orgs.conftest import join, person, signed_in
from tests.orgs.test_table import ask, found

MAY = ("admin", "owner", "by a role")
INSIDERS = ("member", *MAY)


@dataclass(frozen=True)
class Row:
    """One page or action; all of a table want the same permission. `is_guarded`: also a fresh proof."""

    name: str
    args: tuple[str, ...] = ()
    data: dict[str, Any] | None = None
    done: int = 302
    is_guarded: bool = True

    @property
    def is_post(self) -> bool:
        return self.data is not None

    def __str__(self) -> str:
        return f"{'POST' if self.is_post else 'GET'} {self.name}"


def get(name: str, *args: str, is_guarded: bool = False) -> Row:
    return Row(name, args, done=200, is_guarded=is_guarded)


def post(name: str, /, *args: str, done: int = 302, is_guarded: bool = True, **data: Any) -> Row:
    return Row(name, args, data, done, is_guarded)


@dataclass
class World:
    """Something of everything that the addresses of `namespace` are about."""

    namespace: str
    organization: Organization
    ids: dict[str, Any]

    def path(self, row: Row, slug: str = "") -> str:
        args = [slug or self.organization.slug, *(self.ids[arg] for arg in row.args)]
        return reverse(f"{self.namespace}:{row.name}", args=args)

    def with_ids(self, **others: Any) -> "World":
        return World(self.namespace, self.organization, {**self.ids, **others})


def give(membership: Membership, permissions: list[Permission]) -> None:
    """A role of the organization's own."""
    role = roles.create(organization=membership.organization, name="Own", permissions=permissions, by=SHELL)
    members.change_role(membership=membership, role="member", own_roles=[role], by=SHELL)


def cast_of(
    organization: Organization, *, owner: User, member: User, outsider: User, staff: User
) -> dict[str, Client]:
    """Signed-in browsers by who they are."""
    ada, paused, chosen = (
        join(organization, person(name), role)
        for name, role in (("ada", "admin"), ("paula", "member"), ("rita", "member"))
    )
    members.pause(membership=paused, by=SHELL)
    give(chosen, [*Permission])
    people = {
        "outsider": outsider,
        "staff": staff,
        "paused": paused.user,
        "member": member,
        "admin": ada.user,
        "owner": owner,
        "by a role": chosen.user,
    }
    browsers = {name: Client() for name in people}
    for name, user in people.items():
        be(browsers[name], user)
    return {"anonymous": Client(), **browsers}


def opens_to_whom_it_says(table: Iterable[Row], world: World, cast: dict[str, Client]) -> None:
    for row in each(table, *cast.values()):
        path = world.path(row)
        expected = {"anonymous": 302, "outsider": 404, "staff": 404, "paused": 403, "member": 403}
        expected.update(dict.fromkeys(MAY, row.done))
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="suspended")
        expected.update(dict.fromkeys(INSIDERS, 403))
        assert found(cast, row, path) == expected, row
        Organization.objects.update(status="closed")
        assert found(cast, row, path) == dict.fromkeys(cast, 404) | {"anonymous": 302}, row


def asks_once_more_who_it_is(table: Iterable[Row], world: World, owner: User) -> None:
    """Where it says so, and nowhere else."""
    client = signed_in(owner)
    forget_when(client, 3700)
    for row in each(table, client):
        answer = ask(client, row, world.path(row))
        asked = answer.status_code == 302 and answer.url.startswith("/account/reauthenticate/")
        assert asked == row.is_guarded, row


def is_nowhere(table: Iterable[Row], world: World, theirs: World, owner: User) -> None:
    """What another organization has, asked for by the owner of this one, and by way of this one."""
    client, before = signed_in(owner), Event.objects.count()
    for row in each([row for row in table if row.args], client):
        for foreign in row.args:
            mixed = world.with_ids(**{foreign: theirs.ids[foreign]})
            assert ask(client, row, mixed.path(row)).status_code == 404, (row, foreign)
        assert Event.objects.count() == before, row


def looks_like_nothing_to(outsider: User, table: Iterable[Row], world: World) -> None:
    """As an address where no organization is."""
    client = signed_in(outsider)
    for row in each(table, client):
        answers = [ask(client, row, path) for path in (world.path(row), world.path(row, slug="nothing-here"))]
        texts = [answer.content.decode().replace(answer.headers["X-Request-Id"], "") for answer in answers]
        assert texts[0] == texts[1], row
