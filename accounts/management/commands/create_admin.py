import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.addresses import validated
from accounts.flows import provision, unproved
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Creates an administrator of the site. The password is asked for, or read from standard input when that is "
        "not a terminal: it is never an argument, because arguments show in the list of processes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address to sign in with; it counts as verified")
        parser.add_argument("--name", default="", help="how the person is called")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            email = validated(options["email"])
            if unproved.has_owner(email):
                raise CommandError(f"{email} already has an account.")
            password = self._password()
            validate_password(password, User(email=email, name=options["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        provision.create_person(email=email, name=options["name"], password=password, administrator=True)
        self.stdout.write(
            self.style.SUCCESS(
                f"{email} can now sign in; the first time, the site asks to set up a second step."
            )
        )

    def _password(self) -> str:
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\n")
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise CommandError("The two passwords differ.")
        return password
