from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import rotation
from core.crypto import DecryptionError


class Command(BaseCommand):
    help = (
        "Encrypts anew, under the first key of FIELD_ENCRYPTION_KEYS, everything that an older key still protects. "
        "Safe while the site is running, and safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rotation.rotate()
        except DecryptionError as error:
            raise CommandError(
                f"{error}. Put the missing key back, behind the new one, and run this again."
            ) from error
        for name, count in done.items():
            self.stdout.write(f"{count:>8}  {name}")
        self.stdout.write(self.style.SUCCESS("Everything is encrypted with the newest key."))
