"""Model fields that keep their value encrypted."""

from typing import Any

from django.db import models

from core import crypto


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text that the database sees only as ciphertext, bound to its table and column."""

    description = "Encrypted text"

    @property
    def context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, bytes):
            return value
        return crypto.encrypt(str(value).encode(), context=self.context)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else crypto.decrypt(bytes(value), context=self.context).decode()

    def to_python(self, value: Any) -> Any:
        return value
