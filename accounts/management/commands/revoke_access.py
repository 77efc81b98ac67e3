from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import access
from accounts.access import Reason
from accounts.models import User


class Command(BaseCommand):
    help = "Ends everything that a person is signed in with, at once. They can sign in again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="one of the person's addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_address(options["email"]).first()
        if user is None:
            raise CommandError("Nobody has this address.")
        ended = access.revoke(user, reason=Reason.ADMINISTRATOR, actor=None)
        for name, count in ended.items():
            self.stdout.write(f"{name}: {count}")
        self.stdout.write(self.style.SUCCESS(f"All access of {user.email} has ended."))
