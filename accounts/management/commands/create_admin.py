from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.addresses import validated
from accounts.flows import password, provision, unproved
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Creates an owner of the site, and prints a link with which they choose their password: it works once, for "
        "half an hour. Run again for somebody who has never signed in, it prints a new one, and the old one ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address to sign in with; it counts as verified")
        parser.add_argument("--name", default="", help="how the person is called")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            email = validated(options["email"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            link = password.link_to_set_up(self._owner(email, options["name"]))
        self.stdout.write(
            self.style.SUCCESS(f"{email} owns the site. To choose the password, open within half an hour:")
        )
        self.stdout.write(link)
        self.stdout.write("The first time they sign in, the site asks to set up a second step.")

    def _owner(self, email: str, name: str) -> User:
        unused = User.objects.filter(email=email, is_superuser=True, is_active=True, last_login=None).first()
        if unused is not None:
            return unused
        if unproved.has_owner(email):
            raise CommandError(
                f"{email} already has an account. An owner of the site can make it another one."
            )
        return provision.create_person(email=email, name=name, administrator=True)
