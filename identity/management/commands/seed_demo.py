import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.flows import provision
from accounts.models import User
from identity.local.provider import people
from orgs.actor import SHELL, Actor
from orgs.flows import domains, members, organizations, roles, teams
from orgs.models import Organization, Team
from orgs.permissions import BuiltIn, Permission
from sso.enterprise import connections, fetching
from sso.enterprise.connections import Brings
from sso.models import Connection

PASSWORD = "lamps along the winter canal"  # noqa: S105 - printed by `make run`, refused outside development
PEOPLE = [
    ("administrator", "admin@example.org", "Ada Admin"),
    ("person", "alice@example.org", "Alice Arden"),
    ("person", "bob@example.org", "Bob Brown"),
    ("person", "charlie@example.org", "Charlie Clark"),
]


ORGANIZATION = ("acme", "Acme Lamps")
TEAM = "People"


class Command(BaseCommand):
    help = (
        "Creates three demo people, an administrator and an organization. Development only; running it again "
        "changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider",
            default="",
            metavar="URL",
            help="where the organization's demo provider is, for `make run`",
        )
        parser.add_argument("--json", action="store_true", help="print who can sign in, for `make run`")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo people have a well-known password: this works with DEBUG=true only.")
        with transaction.atomic():
            for role, email, name in PEOPLE:
                if not User.objects.filter(email=email).exists():
                    provision.create_person(
                        email=email, name=name, password=PASSWORD, administrator=role == "administrator"
                    )
            _organization()
            if options["provider"]:
                _connect(options["provider"])
        if options["json"]:
            shown = [{"role": role, "email": email, "password": PASSWORD} for role, email, _name in PEOPLE]
            self.stdout.write(json.dumps(shown))


def _organization() -> None:
    """Alice owns it, Bob is a member; Charlie is not, and sees nothing of it."""
    slug, name = ORGANIZATION
    if Organization.objects.filter(slug=slug).exists():
        return
    alice, bob = (User.objects.get(email=f"{name}@example.org") for name in ("alice", "bob"))
    organization = organizations.create(slug=slug, name=name, owner=alice, by=SHELL)
    by = Actor(alice)
    membership = members.add(organization=organization, user=bob, role=BuiltIn.MEMBER, by=SHELL)
    recruiter = roles.create(
        organization=organization, name="Recruiter", permissions=[Permission.MEMBERS_INVITE], by=by
    )
    team = teams.create(organization=organization, name=TEAM, makes_admin=False, roles=[recruiter], by=by)
    teams.add_member(team=team, membership=membership, by=by)


def _connect(url: str) -> None:
    """Signing in at the demo provider. Its address may be another than the last time."""
    organization = Organization.objects.get(slug=ORGANIZATION[0])
    connection = Connection.objects.with_slug(people.SLUG).first()
    if connection is None:
        connection = connections.create(
            organization=organization, slug=people.SLUG, name=people.NAME, by=SHELL
        )
        connections.edit(connection=connection, allow_idp_initiated=True, by=SHELL)
        domains.vouch(organization=organization, name=people.DOMAIN, by=SHELL)
        team = Team.objects.of(organization).filter(name=TEAM).first()
        if team is not None:
            connections.add_group(
                connection=connection, group=people.GROUP, brings=Brings(team=team), by=SHELL
            )
    elif connection.idp_entity_id != people.ENTITY_ID:
        # Somebody tries another one.
        return
    address = f"{url}/metadata"
    provider = fetching.provider_at(address, by_operator=True)
    connections.believe(connection=connection, provider=provider, url=address, by=SHELL)
