from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tokens import keys
from tokens.models import SigningKey


class Command(BaseCommand):
    help = (
        "Makes a new key to sign tokens with. It is published at once and signs an hour later, so that nobody who "
        "checks tokens is surprised; what the old one signed is believed until it ends."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--algorithm", choices=SigningKey.Algorithm.values, default="")
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="for a key that somebody else may have: nothing that older keys signed is believed any more",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = keys.rotate(at_once=options["at_once"], algorithm=options["algorithm"])
        self.stdout.write(self.style.SUCCESS(f"{key.kid} signs from {key.signs_from:%Y-%m-%d %H:%M} UTC."))
