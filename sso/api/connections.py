"""One's connected accounts: seeing, connecting and disconnecting them."""

from typing import Any, ClassVar

from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint, by, freshly, operation, reply
from accounts.api.problems import LastWayIn
from accounts.api.scopes import Scope
from core import client
from core.api.fields import Output
from core.errors import Missing, TooMany
from sso.api.arrival import Attempt, IdTokenInput, ProviderInput, arrive, begun
from sso.api.problems import IdentityRefused
from sso.linking import Purpose, Verdict
from sso.social import connections
from sso.social.connections import Removal
from sso.social.errors import AnswerRefused, Expired, ProviderDown


class ConnectionFacts(Output):
    sample: ClassVar = {"name": "Google"}

    id = serializers.IntegerField()
    provider = serializers.CharField()
    name = serializers.CharField(help_text="What the provider is called.")
    account = serializers.CharField(allow_blank=True, help_text="The address there, when it was last used.")
    usable = serializers.BooleanField(help_text="Whether the provider is still offered.")
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()


class Connections(Endpoint):
    @operation("See one's connected accounts", by(Scope.CONNECTIONS_READ), gives=ConnectionFacts, many=True)
    def get(self, request: ApiRequest) -> list[dict[str, Any]]:
        return [_connection(row) for row in connections.of(request.user)]

    @operation(
        "Connect an account with its ID token",
        freshly(Scope.CONNECTIONS_WRITE),
        takes=IdTokenInput,
        gives=ConnectionFacts,
        status=201,
        refuses=[Expired, AnswerRefused, ProviderDown, IdentityRefused, TooMany],
        also={200: "It was connected already."},
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> HttpResponse:
        """From then on it opens this account."""
        person = str(request.user.public_id)
        found, identity = arrive(request, data, purpose=Purpose.CONNECT, person=person)
        connection = connections.find(identity)
        if connection is None:
            # Disconnected again by another request.
            raise Missing
        return reply(_connection(connection), 201 if found.verdict is Verdict.CONNECT else 200)


class ConnectionOptions(Endpoint):
    @operation(
        "Begin to connect an account",
        freshly(Scope.CONNECTIONS_WRITE),
        takes=ProviderInput,
        gives=Attempt,
        refuses=[ProviderDown, TooMany],
    )
    def post(self, request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
        return begun(request, data, purpose=Purpose.CONNECT, person=str(request.user.public_id))


class ConnectionView(Endpoint):
    @operation(
        "Disconnect an account",
        freshly(Scope.CONNECTIONS_WRITE),
        status=204,
        refuses=[LastWayIn, Missing],
    )
    def delete(self, request: ApiRequest, pk: int) -> None:
        removal = connections.remove(user=request.user, connection_id=pk, facts=client.facts(request))
        if removal is Removal.LAST_WAY_IN:
            raise LastWayIn
        if removal is Removal.GONE:
            raise Missing


def _connection(row: SocialAccount) -> dict[str, Any]:
    return {
        "id": row.pk,
        "provider": row.provider,
        "name": connections.label(row.provider),
        "account": row.extra_data.get("email", ""),
        "usable": connections.is_usable(row.provider),
        "created_at": row.date_joined,
        "last_used_at": row.last_login,
    }
