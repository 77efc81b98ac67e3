"""What programs send, taken at its word: a number is no text, "true" is no truth, and unknown fields are refused."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from core.api.problems import Invalid

TEXT_LIMIT = 1000


class Input(serializers.Serializer[Any]):
    """The body of a request, or its query."""

    default_error_messages = {"unknown": _("There is no such field.")}
    # Names that go together; where there are any, one of them has to be there in full.
    alternatives: ClassVar[Sequence[Sequence[str]]] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.alternatives and not any(all(name in attrs for name in way) for way in self.alternatives):
            begun = next(
                (way for way in self.alternatives if any(name in attrs for name in way)), self.alternatives[0]
            )
            missing = {name: [_("This field is required.")] for name in begun if name not in attrs}
            raise serializers.ValidationError(missing, code="required")
        return attrs

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: [self.error_messages["unknown"]] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown")
        return super().to_internal_value(data)

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


class Text(serializers.CharField):
    """Trimmed, and at most a thousand characters unless it says otherwise."""

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


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Figures(serializers.IntegerField):
    """A number in an address, in the digits that everybody's programs read alike."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Id(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Object(serializers.DictField):
    """Whatever is in it: who takes it apart says what is wrong."""


class Texts(serializers.ListField):
    """At most a hundred."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"child": Text(), "max_length": 100, **how})


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
