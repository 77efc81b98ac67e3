"""A JSON schema for people: each field with its type, its limits and what is in it."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NULL = {"type": "null"}
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Row:
    name: str
    type: str
    is_required: bool
    text: str = ""
    limits: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    default: str = ""
    parts: list["Row"] = field(default_factory=list)


def fields_of(document: dict[str, Any], schema: dict[str, Any]) -> list[Row]:
    """Of an object, or of each in a list of objects."""
    shape, _is_nullable = _resolved(document, schema)
    if shape.get("type") == "array":
        return fields_of(document, shape["items"])
    required = shape.get("required", [])
    return [
        row_of(document, name, part, is_required=name in required)
        for name, part in shape.get("properties", {}).items()
    ]


def row_of(document: dict[str, Any], name: str, schema: dict[str, Any], *, is_required: bool) -> Row:
    shape, is_nullable = _resolved(document, schema)
    item, _is_null = _resolved(document, shape["items"]) if "items" in shape else (shape, False)
    kind = _kind(shape, item)
    return Row(
        name=name,
        type=f"{kind} | null" if is_nullable else kind,
        is_required=is_required,
        text=schema.get("description", ""),
        limits=[*_limits(shape), *(_limits(item) if item is not shape else [])],
        choices=[str(choice) for choice in item.get("enum", []) if choice is not None],
        default=_spelled(shape.get("default")),
        parts=fields_of(document, item) if item.get("type") == "object" else [],
    )


def is_list(document: dict[str, Any], schema: dict[str, Any]) -> bool:
    return bool(_resolved(document, schema)[0].get("type") == "array")


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What it is, and whether it may be null."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    parts = schema.get("oneOf") or schema.get("allOf") or schema.get("anyOf")
    if parts:
        others = [part for part in parts if part != NULL]
        return _resolved(document, others[0])[0], NULL in parts
    kinds = schema.get("type")
    if isinstance(kinds, list):
        [kind] = [each for each in kinds if each != "null"]
        return {**schema, "type": kind}, "null" in kinds
    return schema, False


def _kind(shape: dict[str, Any], item: dict[str, Any]) -> str:
    """In the words of JSON Schema, in whatever language the rest is."""
    if item is not shape:
        return f"array of {_kind(item, item)}"
    kind = str(shape.get("type", "any"))
    return f"{kind} ({shape['format']})" if "format" in shape else kind


def _limits(shape: dict[str, Any]) -> list[str]:
    found = []
    if "minLength" in shape and "maxLength" in shape:
        span = {"least": shape["minLength"], "most": shape["maxLength"]}
        found.append(_("%(least)d to %(most)d characters") % span)
    elif "maxLength" in shape:
        most = shape["maxLength"]
        found.append(ngettext("at most %d character", "at most %d characters", most) % most)
    if "maxItems" in shape:
        most = shape["maxItems"]
        found.append(ngettext("at most %d entry", "at most %d entries", most) % most)
    # What is merely as large as a row can be is no limit to anybody.
    most = shape["maximum"] if shape.get("maximum", LARGEST) < LARGEST else None
    if "minimum" in shape and most is not None:
        found.append(_("from %(least)d to %(most)d") % {"least": shape["minimum"], "most": most})
    elif "minimum" in shape:
        found.append(_("at least %(least)d") % {"least": shape["minimum"]})
    return found


def _spelled(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
