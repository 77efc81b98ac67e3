"""Refuses what no form or endpoint should have to think about: too long, not UTF-8, control characters, twice.

Runs before the session, so that a refused request costs no query and changes nothing.
"""

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from core.errors import API_PREFIX, BadInput, NotSecure, TooLarge, respond
from core.requests import READS

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
FORMS = (FORM, MULTIPART)
JSON = "application/json"
# Tab, line feed and carriage return may stand in a text; no other control character has a business in one.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FIELDS_LIMIT = 200
CHARSET_KEY = "identity.charset"
JSON_DEPTH_LIMIT = 20

WSGIApplication = Callable[[dict[str, Any], Any], Any]
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def repeated_parameters_allowed(view: View) -> View:
    """For views with multiple choices, where one name comes several times."""
    view.repeated_parameters_allowed = True  # type: ignore[attr-defined]
    return view


def without_charset(application: WSGIApplication) -> WSGIApplication:
    """Django looks a request's charset up before any middleware runs, and fails on some; ours is always UTF-8."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        charset = parameters.pop("charset", None)
        if charset is not None:
            environ["CONTENT_TYPE"] = "; ".join(
                [kind, *(f'{name}="{text}"' for name, text in parameters.items())]
            )
            environ[CHARSET_KEY] = str(charset)
        return application(environ, start_response)

    return wrapped


def with_length(application: WSGIApplication) -> WSGIApplication:
    """Django takes a body without a length for none. Whoever does not know it beforehand sends it in chunks, or by
    HTTP/2, and is read to the end here: a request must not do half of what was asked.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Any:
        may_have_one = environ["REQUEST_METHOD"] not in READS or "HTTP_TRANSFER_ENCODING" in environ
        if may_have_one and not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read(settings.REQUEST_BODY_LIMIT + 1)
            environ["CONTENT_LENGTH"], environ["wsgi.input"] = str(len(body)), BytesIO(body)
        return application(environ, start_response)

    return wrapped


class IntakeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            _check_scheme(request)
            _check_host(request)
            _check_charset(request)
            _check_address(request)
            _check_body(request)
        except (BadInput, TooLarge) as problem:
            return respond(request, problem)
        except (BadRequest, MultiPartParserError):
            # Django's own parser gave up on a multipart body.
            return respond(request, BadInput())
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not _repeats(request) or _may_repeat(request, view):
            return None
        return respond(request, BadInput(_("One of the fields was sent more than once.")))


def _check_scheme(request: HttpRequest) -> None:
    """A program that is led to HTTPS never learns that it has told its secrets to everybody on the way: ASVS 4.1.2."""
    if settings.SECURE_SSL_REDIRECT and request.path_info.startswith(API_PREFIX) and not request.is_secure():
        raise NotSecure


def _check_host(request: HttpRequest) -> None:
    """Of pages Django's own middleware asks it: another site may not lead its visitors here under its own name."""
    # Nearly always it is the site's own; Django's way to find that out is a long one.
    is_own = request.META.get("HTTP_HOST") == urlsplit(settings.BASE_URL).netloc
    if not is_own and request.path_info.startswith(API_PREFIX):
        try:
            request.get_host()
        except DisallowedHost:
            raise BadInput(_("This site is not known under that name.")) from None


def _check_charset(request: HttpRequest) -> None:
    charset = request.META.get(CHARSET_KEY) or (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise BadInput(_("Requests are accepted in UTF-8 only."))


def _check_address(request: HttpRequest) -> None:
    _text(request.path_info.encode("utf-8", "surrogatepass"))
    _text(unquote_to_bytes(request.META.get("QUERY_STRING", "").replace("+", " ")))
    if request.META.get("QUERY_STRING", "").count("&") >= FIELDS_LIMIT:
        raise BadInput


def _check_body(request: HttpRequest) -> None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadInput from None
    if "CONTENT_LENGTH" not in request.META and "HTTP_TRANSFER_ENCODING" in request.META:
        # Behind a server that does not say where such a body ends.
        raise BadInput(_("Say how long the body is: Content-Length."))
    of_program = request.path_info.startswith(API_PREFIX)
    if length > (settings.API_BODY_LIMIT if of_program else settings.REQUEST_BODY_LIMIT):
        raise TooLarge
    if not length:
        return
    if request.content_type == FORM:
        _check_form(request)
    elif request.content_type == JSON:
        request.json = _read_json(request.body)  # type: ignore[attr-defined]
    elif request.content_type == MULTIPART:
        for _name, values in request.POST.lists():
            for value in values:
                _text(value.encode("utf-8", "surrogatepass"))


def _check_form(request: HttpRequest) -> None:
    if request.body.count(b"&") >= FIELDS_LIMIT:
        raise BadInput
    _text(unquote_to_bytes(request.body.replace(b"+", b" ")))


def _read_json(body: bytes) -> Any:
    text = _text(body)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadInput(_("The body is not valid JSON, or names something twice.")) from None
    _check_value(value, depth=0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members with one name each reader would believe another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(name: str) -> Any:
    """NaN and Infinity, which Python reads and the standard does not know."""
    raise ValueError(name)


def _check_value(value: Any, *, depth: int) -> None:
    if depth > JSON_DEPTH_LIMIT:
        raise BadInput
    if isinstance(value, str):
        _text(value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, list):
        for item in value:
            _check_value(item, depth=depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_value(name, depth=depth + 1)
            _check_value(item, depth=depth + 1)


def _text(raw: bytes) -> str:
    """The text these bytes spell; surrogates are no UTF-8, so they are refused with the rest."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadInput(_("Part of what was sent is not valid text.")) from None
    if CONTROL.search(text):
        raise BadInput(_("Part of what was sent contains characters that no text has."))
    return text


def _may_repeat(request: HttpRequest, view: Callable[..., Any]) -> bool:
    match = request.resolver_match
    return getattr(view, "repeated_parameters_allowed", False) or (
        match is not None and "admin" in match.app_names
    )


def _repeats(request: HttpRequest) -> bool:
    # What is not there need not be taken apart: programs mostly send neither.
    in_address = bool(request.META.get("QUERY_STRING")) and _any_twice(request.GET)
    return in_address or (request.content_type in FORMS and _any_twice(request.POST))


def _any_twice(fields: QueryDict) -> bool:
    return any(len(values) > 1 for _name, values in fields.lists())
