"""Rules for passwords that Django does not bring."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import ngettext


class MaximumLengthValidator:
    """A limit far beyond any passphrase: hashing must not be a way to keep the site busy."""

    def __init__(self, max_length: int = 256) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return ngettext(
            "Your password can have %(limit)d character at most.",
            "Your password can have %(limit)d characters at most.",
            self.max_length,
        ) % {"limit": self.max_length}
