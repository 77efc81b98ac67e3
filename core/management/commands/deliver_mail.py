import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.outbox import delivery


class Command(BaseCommand):
    help = "Sends the mail that is due, without a Celery worker. For small sites, and for the night the broker is down."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on for ever, pausing this long")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            self.stdout.write(f"{delivery.deliver()} sent")
            if options["every"] is None:
                return
            time.sleep(options["every"])
