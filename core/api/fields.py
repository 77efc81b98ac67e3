"""What programs send, taken at its word: a number is no text, "true" is no truth, and unknown fields are refused.

What they are told is said by texts of ours: DRF's translations are not installed, since they would take the place of
Django's on pages (docs/decisions/0011).
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import BaseValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from core.api.problems import Invalid

TEXT_LIMIT = 1000
# Names of the fields that go together, or fields with what is in them.
Sample = Sequence[str] | Mapping[str, Any]


class Field(serializers.Field[Any, Any, Any, Any]):
    """Whatever stands in an input."""

    default_error_messages = {
        "required": _("This field is required."),
        "null": _("This field may not be null."),
    }

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        for validator in self.validators:
            if isinstance(validator, BaseValidator) and validator.code in self.error_messages:
                # DRF's own puts it into words once, in the language of whoever was told first.
                limit = {validator.code: validator.limit_value}
                validator.message = format_lazy(self.error_messages[validator.code], **limit)


class Input(Field, serializers.Serializer[Any]):
    """The body of a request, or its query."""

    default_error_messages = {
        "unknown": _("There is no such field."),
        "invalid": _("An object is needed here, with its fields."),
    }
    # Names that go together; where there are any, one of them has to be there in full.
    alternatives: ClassVar[Sequence[Sequence[str]]] = ()
    # For the documentation, by name: where one made from all fields would not be taken.
    samples: ClassVar[Mapping[str, Sample]] = {}
    # Where a standard says so.
    ignores_unknown = False

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.alternatives and not any(all(name in attrs for name in way) for way in self.alternatives):
            begun = next(
                (way for way in self.alternatives if any(name in attrs for name in way)), self.alternatives[0]
            )
            missing = {name: [self.error_messages["required"]] for name in begun if name not in attrs}
            raise serializers.ValidationError(missing, code="required")
        return attrs

    def to_internal_value(self, data: Any) -> Any:
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping) and not self.ignores_unknown:
            said = str(self.error_messages["unknown"])
            unknown = {name: [ErrorDetail(said, "unknown")] for name in data if name not in self.fields}
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**cast(dict[str, Any], error.detail), **unknown}) from error
        if unknown:
            raise serializers.ValidationError(unknown)
        return found

    @classmethod
    def read(cls, data: Any, *, partial: bool = False) -> dict[str, Any]:
        """Its fields as they are meant. Raises Invalid."""
        try:
            found: dict[str, Any] = dict(_reader(cls, partial).run_validation(data))
        except serializers.ValidationError as error:
            raise Invalid(_flat(serializers.as_serializer_error(error))) from error
        return found


@functools.cache
def _reader(shape: type[Input], partial: bool) -> Input:
    """Made once: it holds nothing of what it reads, and making it costs more than reading."""
    return shape(partial=partial)


class Output(serializers.Serializer[Any]):
    """The shape of an answer, for the documentation and its tests."""

    # For the documentation, by field: where its name alone says too little.
    sample: ClassVar[Mapping[str, Any]] = {}


class Text(Field, serializers.CharField):
    """Trimmed, and at most a thousand characters unless it says otherwise."""

    default_error_messages = {
        "invalid": _("A text is needed here."),
        "blank": _("This field may not be empty."),
        "max_length": _("At most {max_length} characters."),
        "min_length": _("At least {min_length} characters."),
    }

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": TEXT_LIMIT, **how})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Line(Text):
    """What stands in lists and mails, where a line of its own would look like one of ours."""

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


class Secret(Text):
    """Exactly as it was sent: spaces are part of it."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **how})


class Flag(Field, serializers.BooleanField):
    default_error_messages = {"invalid": _("true or false is needed here.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Number(Field, serializers.IntegerField):
    default_error_messages = {
        "invalid": _("A whole number is needed here."),
        "max_value": _("At most {max_value}."),
        "min_value": _("At least {min_value}."),
        "max_string_length": _("This number is too long."),
    }


class Whole(Number):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Figures(Number):
    """In an address, in the digits that everybody's programs read alike."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", str(data)):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Choice(Field, serializers.ChoiceField):
    default_error_messages = {"invalid_choice": _("“{input}” is none of the choices.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Id(Field, serializers.UUIDField):
    default_error_messages = {"invalid": _("A UUID is needed here.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Day(Field, serializers.DateField):
    default_error_messages = {
        "invalid": _("A day is needed here, such as 2026-11-28."),
        "datetime": _("A day is needed here, without a time."),
    }


class Object(Field, serializers.DictField):
    """Whatever is in it: who takes it apart says what is wrong."""

    default_error_messages = {
        "not_a_dict": _("An object is needed here."),
        "empty": _("This object may not be empty."),
    }


class Items(Field, serializers.ListField):
    """At most a hundred, unless it says otherwise."""

    default_error_messages = {
        "not_a_list": _("A list is needed here."),
        "empty": _("This list may not be empty."),
        "max_length": _("At most {max_length} entries."),
        "min_length": _("At least {min_length} entries."),
    }

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_length": 100, **how})


class Texts(Items):
    def __init__(self, **how: Any) -> None:
        super().__init__(**{"child": Text(), **how})


def invalid_form(errors: Mapping[str, list[Any]], names: Mapping[str, str] | None = None) -> Invalid:
    """What one of our forms says, with its fields by the names that programs know them under."""
    renamed = names or {}
    return Invalid(
        [
            {
                "field": renamed.get(name, name) if name != "__all__" else "",
                "code": str(error.code or "invalid"),
                "detail": " ".join(error.messages),
            }
            for name, listed in errors.items()
            for error in listed
        ]
    )


def invalid_value(name: str, error: DjangoValidationError) -> Invalid:
    """What a validator of Django's says of one field."""
    return Invalid(
        [
            {"field": name, "code": str(each.code or "invalid"), "detail": " ".join(each.messages)}
            for each in error.error_list
        ]
    )


def _flat(errors: Any, path: str = "") -> list[dict[str, str]]:
    """One entry for each thing that is wrong; of nested fields the path, as in `items.0.name`."""
    if isinstance(errors, Mapping):
        return [
            entry
            for name, inner in errors.items()
            for entry in _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".strip("."))
        ]
    found: list[dict[str, str]] = []
    for number, error in enumerate(errors):
        if isinstance(error, Mapping):
            found += _flat(error, f"{path}.{number}".strip("."))
        else:
            found.append(
                {"field": path, "code": str(getattr(error, "code", "invalid")), "detail": str(error)}
            )
    return found
