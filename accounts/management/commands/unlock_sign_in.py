from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.flows import desk
from accounts.models import User


class Command(BaseCommand):
    help = "Ends every wait that wrong passwords have brought upon a person, from whatever network."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="one of the person's addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_address(options["email"]).first()
        if user is None:
            raise CommandError("Nobody has this address.")
        ended = desk.unlock(user=user, actor=None)
        self.stdout.write(self.style.SUCCESS(f"{ended} ended; {user.email} can sign in."))
