"""How a column is shown, in lists and on the page of one row, where that is not how it is kept."""

from datetime import datetime
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist
from django.core.validators import EMPTY_VALUES
from django.db.models import DateTimeField
from django.utils.html import format_html

from core.desk.moments import when


def shown(desk: Any, name: Any, *, empty: str | None) -> Any:
    """The name itself where Django shows it well; else what Django calls with the row. `empty` stands for nothing."""
    if callable(name) or not _is_ours(desk, name):
        return name
    spell = desk.in_words.get(name, _spelled)

    def column(row: Any) -> Any:
        value = spell(lookup_field(name, row, desk)[2])
        return empty if value in EMPTY_VALUES else value

    column.__name__ = name
    vars(column)["short_description"] = label_for_field(name, desk.model, desk)
    return column


def is_of_row(desk: Any, name: Any) -> bool:
    """Not so what is only typed into a form, such as a secret that nobody reads again."""
    return callable(name) or hasattr(desk, name) or hasattr(desk.model, name)


def _is_ours(desk: Any, name: str) -> bool:
    """Times, what is said in words, and what is no column of the table; but no marks for yes and no."""
    try:
        return name in desk.in_words or isinstance(desk.model._meta.get_field(name), DateTimeField)
    except FieldDoesNotExist:
        known = getattr(desk, name, None) or getattr(desk.model, name, None)
        return not getattr(known, "boolean", False) and name != "__str__"


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), when(value))
    return value
