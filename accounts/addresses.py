"""E-mail addresses in one spelling, so that no variation of case or Unicode makes a second account."""

import unicodedata
from typing import Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

LIMIT = 254
# Quoted, escaped or as a bare number, one mailbox can be written in any number of ways.
OTHER_SPELLINGS = ('"', "\\", "[")
# Nor is one to be found at a name that is good on one machine only.
_validate = EmailValidator(allowlist=[])


def canonical(address: str) -> str:
    """Lower case, one Unicode form, the domain as DNS spells it. Mail goes to this spelling and no other."""
    text = unicodedata.normalize("NFKC", address).strip().lower()
    local, at, domain = text.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return text
    return local + at + domain


def validated(address: str) -> str:
    """The canonical spelling of an address one can write to, or ValidationError."""
    spelled = canonical(address)
    _validate(spelled)
    if not spelled.isascii() or len(spelled) > LIMIT or any(mark in spelled for mark in OTHER_SPELLINGS):
        raise ValidationError(_("Enter a valid e-mail address."), code="invalid")
    return spelled


class AddressField(models.EmailField):  # type: ignore[type-arg]
    """Canonical when written and when looked up: `filter(email="A@X.org")` finds a@x.org."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": LIMIT, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = canonical(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return canonical(prepared) if isinstance(prepared, str) else prepared
