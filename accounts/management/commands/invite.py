from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.addresses import validated
from accounts.flows import invitations


class Command(BaseCommand):
    help = (
        "Mails somebody an invitation to sign up, whatever REGISTRATION says. It works once, for three days."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="+", help="whom to invite")

    def handle(self, *args: Any, **options: Any) -> None:
        """All addresses are checked before the first mail is queued."""
        try:
            addresses = [validated(email) for email in options["email"]]
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for email in addresses:
            try:
                invitations.invite(email=email, actor=None)
            except invitations.AlreadyHere:
                self.stderr.write(f"{email} already has an account.")
            else:
                self.stdout.write(self.style.SUCCESS(f"{email} is invited."))
