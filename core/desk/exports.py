"""Lists to take away: as CSV that no spreadsheet executes, or a line of JSON for each row; row by row, however many.

What is exported is what the list shows, with the ids. The app that knows the log registers who notes it down.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, TextChoices
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

Row = Mapping[str, Any]
BATCH = 1000
# What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian scripts and after
# blanks; and not only where the cell begins: where numbers have a comma, files are taken apart at semicolons.
FORMULA = re.compile(r"(\A|(?<=[;\t\r\n]))(?=[^\S\t\r\n]*[=+\-@＝＋－＠])")


class Format(TextChoices):
    CSV = "csv", _("CSV, for spreadsheets")
    NDJSON = "ndjson", _("NDJSON, a line of JSON for each row")


CONTENT_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}


@dataclass(frozen=True)
class Export:
    """What somebody is about to take away."""

    what: str
    format: Format
    filters: Mapping[str, list[str]]
    rows: str


class Note(Protocol):
    def __call__(self, request: HttpRequest, export: Export) -> None: ...


_notes: list[Note] = []


def register(note: Note) -> None:
    _notes[:] = [note]


def answer(
    request: HttpRequest, export: Export, columns: Iterable[str], rows: Iterable[Row]
) -> StreamingHttpResponse:
    """Noted first: an export that breaks off has been one."""
    for note in _notes:
        note(request, export)
    write = WRITERS[export.format]
    response = StreamingHttpResponse(write(list(columns), rows), content_type=CONTENT_TYPES[export.format])
    name = f"{export.what}-{timezone.now():%Y-%m-%d-%H%M}.{export.format}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def as_csv(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells spreadsheets that it is UTF-8.
    yield "\ufeff" + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([cell(row[name]) for name in columns])


def as_ndjson(columns: list[str], rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield (
            json.dumps({name: row[name] for name in columns}, cls=DjangoJSONEncoder, ensure_ascii=False)
            + "\n"
        )


def cell(value: Any) -> str | int | float:
    """As text that stays text: an apostrophe before whatever would be a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = (
        value.isoformat()
        if isinstance(value, datetime)
        else value
        if isinstance(value, str)
        else json_text(value)
    )
    text = FORMULA.sub("'", text)
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) else text


def plain(value: Any) -> Any:
    """As it is kept, not as a page shows it: no markup, and an object by its name."""
    if isinstance(value, Model | Promise | UUID):
        return str(value)
    return strip_tags(value) if isinstance(value, SafeString) else value


def json_text(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return str(value)


WRITERS: dict[Format, Callable[[list[str], Iterable[Row]], Iterator[str]]] = {
    Format.CSV: as_csv,
    Format.NDJSON: as_ndjson,
}


class _Line:
    """Hands back what the writer writes."""

    def write(self, text: str) -> str:
        return text
