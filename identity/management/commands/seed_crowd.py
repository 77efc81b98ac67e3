import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection

from identity.local import inhabitants
from identity.local.progress import Progress


def number(text: str) -> int:
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError("at least one")
    return found


class Command(BaseCommand):
    help = (
        "Fills the database with people who have lived here for two months: sessions, sign-ins of programs, keys, "
        "mails, organizations, and a log of more than two events for each. Development only. Running it again goes "
        "on where it was interrupted, or up to a larger number. `make clean` deletes them again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=number, default=1_000_000, metavar="N", help="how many in all")

    def handle(self, *args: Any, people: int, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "Invented people have no place among real ones: this works with DEBUG=true only."
            )
        bar = Progress(people, "People", sys.stderr)
        bar.reach(min(inhabitants.settled(), people))
        try:
            made = inhabitants.settle(people, bar.reach)
        except ProgrammingError as error:
            raise CommandError(f"The database's user has to be a superuser: {error}") from error
        if made:
            lately = min(inhabitants.LATELY, made)
            inhabitants.sign_in_lately(Progress(lately, "Lately", sys.stderr).reach, lately)
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute("VACUUM (ANALYZE)")
        self.stdout.write(f"{made:,} people were added; {inhabitants.settled():,} are here.")
