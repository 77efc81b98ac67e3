"""The API described: for machines as OpenAPI, for people as a page."""

import functools
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from accounts.api.endpoint import PUBLIC, Endpoint, operation, reply
from accounts.api.reference import chapters, problems, scope_rows
from accounts.api.scopes import Credential
from core.api.fields import Output
from core.errors import Missing


class OpenApi(Output):
    openapi = serializers.CharField()


class SchemaView(Endpoint):
    @operation("Get this description", PUBLIC, gives=OpenApi)
    def get(self, request: HttpRequest) -> HttpResponse:
        """OpenAPI 3.1, as JSON."""
        return reply(document())


class Nowhere(Endpoint):
    """Programs are told in their own way, wherever they look; also while Django would explain itself to developers."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        raise Missing


@functools.cache
def document() -> dict[str, Any]:
    """The same for everybody, and for as long as this process lives."""
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    language = translation.get_language() or settings.LANGUAGE_CODE
    return render(request, "api/docs.html", {"contents": _contents(language)})


@functools.cache
def _contents(language: str) -> str:
    """Long, and the same for everybody who reads this language."""
    described = document()
    with translation.override(language):
        context: dict[str, Any] = {
            "site_name": settings.SITE_NAME,
            "chapters": chapters(described),
            "scopes": scope_rows(),
            "kinds": list(Credential),
            "problems": problems(described),
        }
        return render_to_string("api/contents.html", context)
