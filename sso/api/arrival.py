"""What the endpoints have in common that take an ID token."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.problems import SignUpClosed
from core.api.fields import Input, Output, Secret, Text
from core.api.problems import Invalid
from sso import arrival
from sso.api.problems import IdentityRefused
from sso.arrival import Arrival, OfTheSite
from sso.linking import Purpose, Verdict
from sso.social import attempts, configuration, limits, openid
from sso.social.configuration import Kind, Provider
from sso.social.errors import SignInFailed
from sso.social.identity import Identity


class ProviderInput(Input):
    provider = Text(max_length=50, help_text="As in the address of its button on the sign-in page.")


class IdTokenInput(ProviderInput):
    samples: ClassVar = {"Request": ("provider", "challenge", "id_token")}

    challenge = Text(max_length=64)
    id_token = Secret(max_length=10_000, help_text="For this site's client there, and with the nonce.")


class Attempt(Output):
    sample: ClassVar = {"client_id": "7d1c.apps.googleusercontent.com", "scope": "openid email profile"}

    challenge = serializers.CharField(help_text="Goes with the ID token; tell it to nobody else.")
    nonce = serializers.CharField(help_text="For the provider, which puts it into the ID token.")
    client_id = serializers.CharField()
    issuer = serializers.CharField()
    authorization_endpoint = serializers.CharField()
    scope = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until it has to be begun again.")


def begun(
    request: HttpRequest, data: dict[str, Any], *, purpose: Purpose, person: str = ""
) -> dict[str, Any]:
    provider = _provider(data["provider"])
    limits.before_start(request)
    begun = attempts.begin(request, provider, purpose=purpose, person=person)
    return {
        "challenge": begun.challenge,
        "nonce": begun.nonce,
        "client_id": provider.client_id,
        "issuer": provider.issuer,
        "authorization_endpoint": begun.authorization_endpoint,
        "scope": " ".join(openid.SCOPE),
        "expires_in": int(attempts.LIFETIME.total_seconds()),
    }


def arrive(
    request: HttpRequest, data: dict[str, Any], *, purpose: Purpose, person: str = ""
) -> tuple[Arrival, Identity]:
    """What was decided; the caller answers what is left in silence, and who is disabled."""
    limits.before_return(request)
    provider, attempt = _provider(data["provider"]), None
    try:
        attempt = attempts.resume(provider, challenge=data["challenge"], purpose=purpose, person=person)
        identity = attempts.identify(provider, attempt, id_token=data["id_token"])
    except SignInFailed as failure:
        arrival.refuse(request, OfTheSite(provider.slug), attempt, failure.reason, failure)
    found = arrival.arrive(request, OfTheSite(provider.slug), attempt, identity)
    if found.is_closed:
        raise SignUpClosed
    if found.verdict in _SAID:
        raise IdentityRefused(provider, found.verdict, identity)
    return found, identity


_SAID = arrival.REFUSALS - {Verdict.REFUSE_IN_SILENCE, Verdict.REFUSE_DISABLED}


def _provider(slug: str) -> Provider:
    provider = configuration.find(slug)
    if provider is None:
        raise Invalid.field("provider", "invalid_choice", _("There is no such provider here."))
    if provider.kind == Kind.GITHUB:
        raise Invalid.field("provider", "no_id_token", _("It makes no ID tokens: use the page."))
    return provider
