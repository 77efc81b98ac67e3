"""One's own API keys, and the end of one that somebody found."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import PUBLIC, Endpoint, by, freshly, operation, reply
from accounts.api.scopes import OF_KIND, Credential, Scope
from core import client, ratelimit
from core.api.fields import Input, Line, Output, Secret, Texts, Whole
from core.api.problems import Invalid, ScopeMissing
from core.errors import Missing, TooMany
from tokens.errors import KeyLimit, KeyReplaced
from tokens.flows import keys, services
from tokens.flows.keys import Made
from tokens.models import ApiKey


class KeyInput(Input):
    samples: ClassVar = {
        "Request": {"name": "Nightly report", "scopes": ["profile.read"], "expires_in_days": 90}
    }

    name = Line(max_length=100)
    scopes = Texts(allow_empty=False, help_text="Those that an API key can have.")
    expires_in_days = Whole(min_value=1, max_value=3650, help_text="This site sets a maximum.")


class KeyFacts(Output):
    sample: ClassVar = {"name": "Nightly report", "replaced": False}

    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="How the key begins.")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = serializers.CharField(allow_blank=True)
    replaced = serializers.BooleanField(help_text="There is a new one in its place; it ends soon.")


class NewKey(KeyFacts):
    key = serializers.CharField(help_text="Shown this once.")


class ReportInput(Input):
    key = Secret(max_length=100)


def end_of(life: timedelta, *, longest: timedelta) -> datetime:
    """Of something that begins now, as long as the site allows it."""
    if life > longest:
        raise Invalid.field("expires_in_days", "max_value", _("At most %(days)d.") % {"days": longest.days})
    return timezone.now() + life


class Keys(Endpoint):
    @operation("See one's API keys", by(Scope.KEYS_READ), gives=KeyFacts, many=True)
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        return [_facts(key) for key in keys.of(request.user)]

    @operation(
        "Make an API key",
        freshly(Scope.KEYS_WRITE),
        takes=KeyInput,
        gives=NewKey,
        status=201,
        refuses=[ScopeMissing, KeyLimit],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> HttpResponse:
        """What it opens is what its owner may do at that moment, and of it only what its scopes name."""
        scopes = _scopes(request, data["scopes"])
        made = keys.create(
            user=request.user,
            name=data["name"],
            scopes=scopes,
            expires_at=end_of(timedelta(days=data["expires_in_days"]), longest=settings.API_KEY_LIFETIME),
            facts=client.facts(request),
        )
        return reply(_new(made), 201)


class KeyView(Endpoint):
    @operation("See one of one's API keys", by(Scope.KEYS_READ), gives=KeyFacts, refuses=[Missing])
    def get(self, request: ApiRequest, public_id: UUID) -> dict[str, Any]:
        key = keys.of(request.user).filter(public_id=public_id).first()
        if key is None:
            raise Missing
        return _facts(key)

    @operation("End an API key", by(Scope.KEYS_WRITE), status=204, refuses=[Missing])
    def delete(self, request: ApiRequest, public_id: UUID) -> None:
        """At once, and for good."""
        if not keys.end(user=request.user, public_id=public_id, facts=client.facts(request)):
            raise Missing


class KeyRotate(Endpoint):
    @operation(
        "Replace an API key by a new one",
        freshly(Scope.KEYS_WRITE),
        gives=NewKey,
        status=201,
        refuses=[Missing, ScopeMissing, KeyLimit, KeyReplaced],
    )
    def post(self, request: ApiRequest, public_id: UUID) -> HttpResponse:
        """The old one works for one more hour. With a sign-in that was given whatever the key opens."""
        key = keys.of(request.user).filter(public_id=public_id).first()
        if key is None:
            raise Missing
        _require(request, keys.allowed(set(key.scope.split())))
        made = keys.rotate(user=request.user, public_id=public_id, facts=client.facts(request))
        if made is None:
            raise KeyReplaced
        return reply(_new(made), 201)


class KeyReport(Endpoint):
    @operation("Report a key that leaked", PUBLIC, takes=ReportInput, status=204, refuses=[TooMany])
    def post(self, request: HttpRequest, data: dict[str, Any]) -> None:
        """Whoever finds one ends it by this, and its owner is told. The answer is the same if it was none of ours.

        Keys look like `idk_`, forty letters and digits, and six more that are the CRC-32 of the forty in base 62;
        secrets of service accounts the same behind `ids_`.
        """
        ratelimit.enforce("key-report.address", client.address(request), on_error="deny")
        text, facts = data["key"].strip(), client.facts(request)
        if not keys.report(text=text, facts=facts):
            services.report(text=text, facts=facts)


def _scopes(request: ApiRequest, asked: list[str]) -> set[str]:
    unknown = sorted(set(asked) - OF_KIND[Credential.KEY])
    if unknown:
        raise Invalid.field("scopes", "invalid_choice", " ".join(unknown))
    _require(request, asked)
    return set(asked)


def _require(request: ApiRequest, scopes: Collection[str]) -> None:
    """A sign-in that was given little gets no key that opens more."""
    missing = sorted(set(scopes) - request.caller.scope)
    if missing:
        raise ScopeMissing(missing[0])


def _facts(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.public_id,
        "name": key.name,
        "hint": key.hint,
        "scopes": key.scope.split(),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "last_used_from": key.last_used_from,
        "replaced": key.end == ApiKey.End.ROTATED,
    }


def _new(made: Made) -> dict[str, Any]:
    return {**_facts(made.key), "key": made.text}
