import base64
import secrets
from typing import Any

from django.core.management.base import BaseCommand

from core import crypto


class Command(BaseCommand):
    help = "Prints fresh random values for SECRET_KEY and FIELD_ENCRYPTION_KEYS. Nothing is stored."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"SECRET_KEY={secrets.token_urlsafe(48)}")
        self.stdout.write(f"FIELD_ENCRYPTION_KEYS={base64.b64encode(crypto.new_key()).decode()}")
