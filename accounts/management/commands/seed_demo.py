import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.flows import provision
from accounts.models import User

PASSWORD = "lamps along the winter canal"  # noqa: S105 - printed by `make run`, refused outside development
PEOPLE = [
    ("administrator", "admin@example.org", "Ada Admin"),
    ("person", "alice@example.org", "Alice Arden"),
    ("person", "bob@example.org", "Bob Brown"),
    ("person", "charlie@example.org", "Charlie Clark"),
]


class Command(BaseCommand):
    help = (
        "Creates three demo people and an administrator. Development only; running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
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
        if options["json"]:
            shown = [{"role": role, "email": email, "password": PASSWORD} for role, email, _name in PEOPLE]
            self.stdout.write(json.dumps(shown))
