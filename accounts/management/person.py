"""What commands about one person have in common."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User


class PersonCommand(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="one of the person's addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_address(options["email"]).first()
        if user is None:
            raise CommandError("Nobody has this address.")
        self.act(user)

    def act(self, user: User) -> None:
        raise NotImplementedError
