"""Model fields that keep their value encrypted."""

import json
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


class EncryptedJSONField(EncryptedTextField):
    """The same for what JSON can hold."""

    def get_prep_value(self, value: Any) -> Any:
        # Ciphertext already, where Django asks a second time.
        return value if isinstance(value, bytes) else super().get_prep_value(json.dumps(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return None if text is None else json.loads(text)
