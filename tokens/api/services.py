"""Service accounts of an organization: programs that act for it and for no person."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from accounts.api.scopes import OF_SERVICES
from core.api.fields import Choice, Figures, Input, Items, Object, Output, Text, Whole, invalid_value
from core.api.problems import Invalid
from orgs import actor
from orgs.api.door import inside
from orgs.door import Place
from orgs.errors import AboveYourself, NameTaken
from orgs.forms import plain_name
from orgs.permissions import Permission
from tokens import public_keys
from tokens.api.keys import end_of
from tokens.errors import CredentialLimit, ServiceLimit
from tokens.flows import services
from tokens.models import ServiceAccount, ServiceCredential
from tokens.public_keys import UnusableKey

# Of RFC 8037, appendix A.2.
PUBLIC_JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
LONGEST_GRACE = int(services.LONGEST_GRACE.total_seconds()) // 60


class Scopes(Items):
    def __init__(self, **how: Any) -> None:
        super().__init__(**{"child": Choice(choices=sorted(OF_SERVICES)), **how})


class ServiceFacts(Output):
    sample: ClassVar = {"name": "Directory sync", "scopes": ["members.view"], "disabled_at": None}

    id = serializers.UUIDField(help_text="The client_id, with which it asks for tokens.")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    disabled_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_blank=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = serializers.CharField(allow_blank=True)


class CredentialFacts(Output):
    sample: ClassVar = {"kind": "secret", "hint": "ids_1b3D"}

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ServiceCredential.Kind.choices)
    hint = serializers.CharField(help_text="How the secret begins, or the name of the key.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class MadeFacts(CredentialFacts):
    client_id = serializers.UUIDField()
    secret = serializers.CharField(required=False, help_text="Of a secret: shown this once, and never again.")


class ServiceInput(Input):
    samples: ClassVar = {"Request": {"name": "Directory sync", "scopes": ["members.view"]}}

    name = Text(max_length=60)
    scopes = Scopes(allow_empty=True)


class CredentialInput(Input):
    samples: ClassVar = {
        "A secret": {"kind": "secret", "expires_in_days": 90},
        "A public key": {"kind": "key", "public_jwk": PUBLIC_JWK, "expires_in_days": 365},
    }

    kind = Choice(choices=ServiceCredential.Kind.choices)
    public_jwk = Object(required=False, help_text="Of a key: the public half, as a JWK.")
    expires_in_days = Whole(
        required=False, min_value=1, max_value=3650, help_text="Left out: the longest that this site allows."
    )


class GraceInput(Input):
    grace_minutes = Whole(required=False, min_value=0, max_value=LONGEST_GRACE)


class GraceQuery(Input):
    grace_minutes = Figures(required=False, min_value=0, max_value=LONGEST_GRACE)


class Services(Endpoint):
    @inside("See the service accounts", Permission.SERVICES_MANAGE, gives=ServiceFacts, many=True)
    def get(self, request: ApiRequest, place: Place) -> list[dict[str, Any]]:
        return [_service(row) for row in services.of(place.organization)]

    @inside(
        "Make a service account",
        Permission.SERVICES_MANAGE,
        fresh=True,
        takes=ServiceInput,
        gives=ServiceFacts,
        status=201,
        refuses=[AboveYourself, NameTaken, ServiceLimit],
    )
    def post(self, request: ApiRequest, place: Place, data: dict[str, Any]) -> dict[str, Any]:
        """With scopes that one holds oneself. It opens nothing until it has a credential."""
        made = services.create(
            organization=place.organization,
            name=_plain(data["name"]),
            scopes=set(data["scopes"]),
            by=actor.program(request),
        )
        return _service(made)


class ServiceView(Endpoint):
    @inside("See a service account", Permission.SERVICES_MANAGE, gives=ServiceFacts)
    def get(self, request: ApiRequest, place: Place, service: UUID) -> dict[str, Any]:
        return _service(services.find(place.organization, service))

    @inside(
        "Change a service account",
        Permission.SERVICES_MANAGE,
        fresh=True,
        takes=ServiceInput,
        gives=ServiceFacts,
        refuses=[AboveYourself, NameTaken],
    )
    def patch(self, request: ApiRequest, place: Place, data: dict[str, Any], service: UUID) -> dict[str, Any]:
        """What is left out stays as it is. What is taken away is gone at once, also from tokens in hand."""
        services.edit(
            service=services.find(place.organization, service),
            name=_plain(data["name"]) if "name" in data else None,
            scopes=set(data["scopes"]) if "scopes" in data else None,
            by=actor.program(request),
        )
        return _service(services.find(place.organization, service))

    @inside("Delete a service account", Permission.SERVICES_MANAGE, fresh=True, status=204)
    def delete(self, request: ApiRequest, place: Place, service: UUID) -> None:
        """With its credentials and tokens."""
        services.delete(service=services.find(place.organization, service), by=actor.program(request))


class Disable(Endpoint):
    @inside("Disable a service account", Permission.SERVICES_MANAGE, fresh=True, gives=ServiceFacts)
    def post(self, request: ApiRequest, place: Place, service: UUID) -> dict[str, Any]:
        """It opens nothing with its next request, and loses nothing."""
        services.disable(service=services.find(place.organization, service), by=actor.program(request))
        return _service(services.find(place.organization, service))


class Enable(Endpoint):
    @inside(
        "Enable a service account again",
        Permission.SERVICES_MANAGE,
        fresh=True,
        gives=ServiceFacts,
        refuses=[AboveYourself],
    )
    def post(self, request: ApiRequest, place: Place, service: UUID) -> dict[str, Any]:
        services.enable(service=services.find(place.organization, service), by=actor.program(request))
        return _service(services.find(place.organization, service))


class Credentials(Endpoint):
    @inside(
        "See the credentials of a service account",
        Permission.SERVICES_MANAGE,
        gives=CredentialFacts,
        many=True,
    )
    def get(self, request: ApiRequest, place: Place, service: UUID) -> list[dict[str, Any]]:
        """Those that are good."""
        return [
            _credential(row) for row in services.credentials_of(services.find(place.organization, service))
        ]

    @inside(
        "Make a credential for a service account",
        Permission.SERVICES_MANAGE,
        fresh=True,
        takes=CredentialInput,
        gives=MadeFacts,
        status=201,
        refuses=[AboveYourself, CredentialLimit],
    )
    def post(self, request: ApiRequest, place: Place, data: dict[str, Any], service: UUID) -> dict[str, Any]:
        """A secret, which is shown this once, or the public half of a key that signs assertions. Two at most, so that
        one can take the place of the other."""
        found = services.find(place.organization, service)
        made = services.add_credential(
            service=found, public_jwk=_public_jwk(data), expires_at=_end(data), by=actor.program(request)
        )
        shown = {"secret": made.text} if made.text else {}
        return {**_credential(made.credential), "client_id": found.public_id, **shown}


class CredentialView(Endpoint):
    @inside(
        "End a credential of a service account",
        Permission.SERVICES_MANAGE,
        fresh=True,
        takes=GraceInput,
        query=GraceQuery,
        status=204,
    )
    def delete(
        self,
        request: ApiRequest,
        place: Place,
        data: dict[str, Any],
        query: dict[str, Any],
        service: UUID,
        credential: UUID,
    ) -> None:
        """At once, with the tokens that it got, or after so many minutes as `grace_minutes` says, in the body or the
        address."""
        row = services.find_credential(services.find(place.organization, service), credential)
        minutes = {**query, **data}.get("grace_minutes", 0)
        services.end_credential(credential=row, grace=timedelta(minutes=minutes), by=actor.program(request))


def _plain(name: str) -> str:
    """It stands in mails."""
    try:
        plain_name(name)
    except ValidationError as error:
        raise invalid_value("name", error) from error
    return name


def _end(data: dict[str, Any]) -> datetime:
    longest = settings.SERVICE_CREDENTIAL_LIFETIME
    life = timedelta(days=data["expires_in_days"]) if "expires_in_days" in data else longest
    return end_of(life, longest=longest)


def _public_jwk(data: dict[str, Any]) -> dict[str, Any] | None:
    is_key = data["kind"] == ServiceCredential.Kind.KEY
    if is_key is not ("public_jwk" in data):
        raise Invalid.field("public_jwk", "required", _("A key needs it, and a secret has none."))
    if not is_key:
        return None
    try:
        return public_keys.checked(data["public_jwk"])
    except UnusableKey as error:
        raise Invalid.field("public_jwk", error.code, error.text) from error


def _service(row: ServiceAccount) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "scopes": row.scope.split(),
        "disabled_at": row.disabled_at,
        "created_at": row.created_at,
        "created_by": row.created_by.get_full_name() if row.created_by else "",
        "last_used_at": row.last_used_at,
        "last_used_from": row.last_used_from,
    }


def _credential(row: ServiceCredential) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "kind": row.kind,
        "hint": row.hint,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
    }
