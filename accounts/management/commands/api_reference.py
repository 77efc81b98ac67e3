from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from accounts.api.documents import document
from accounts.api.reference import markdown


class Command(BaseCommand):
    help = "Writes docs/api-reference.md anew, from what the endpoints declare."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            Path(settings.ROOT, "docs", "api-reference.md").write_text(markdown(document()), encoding="utf-8")
        self.stdout.write(self.style.SUCCESS("docs/api-reference.md is up to date."))
