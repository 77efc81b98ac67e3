"""Lists that go on: where the page that is asked for begins."""

from django.http import HttpRequest

from core import errors

LONGEST = 18


def before(request: HttpRequest) -> int | None:
    """The number of the last row on the page before; None for the first page."""
    text = request.GET.get("before", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST:
        raise errors.BadInput
    return int(text)
