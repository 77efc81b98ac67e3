from typing import Any

from django.conf import settings
from django.core import mail
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Sends one mail right now, past the outbox, and says what the mail server answered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", help="the address to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        server = (
            f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}" if settings.EMAIL_HOST else settings.EMAIL_BACKEND
        )
        try:
            mail.send_mail(
                f"Test mail from {settings.SITE_NAME}", f"{settings.BASE_URL}\n", None, [options["to"]]
            )
        except OSError as error:  # Every SMTPException is one.
            raise CommandError(f"{server}: {type(error).__name__}: {error}") from error
        self.stdout.write(self.style.SUCCESS(f"{server} accepted the mail to {options['to']}."))
