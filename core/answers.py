"""How answers leave: in one piece, if all of it is there already."""

from typing import Any

from core.intake import WSGIApplication


def in_one_piece(application: WSGIApplication) -> WSGIApplication:
    """granian sends a list with its length, and anything else in chunks, for each of which one more thread wakes up.

    What Django keeps until an answer is closed ends a moment earlier; nothing of it is needed to send a text.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        response = application(environ, start_response)
        if getattr(response, "streaming", True):
            return response
        try:
            return [response.content]
        finally:
            response.close()

    return wrapped
