"""How an organization's people sign in: its domains and its identity providers, to look at."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.caller import ApiRequest
from accounts.api.endpoint import Endpoint
from core.api.fields import Output
from orgs.api.door import inside
from orgs.door import Place
from orgs.models import Domain
from orgs.permissions import Permission
from sso.enterprise import trying
from sso.models import Connection


class DomainFacts(Output):
    sample: ClassVar = {"name": "acme.example"}

    name = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)


class OwnConnectionFacts(Output):
    sample: ClassVar = {"name": "Acme", "problems": []}

    slug = serializers.CharField(help_text="Part of its addresses.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Connection.Kind.choices)
    is_active = serializers.BooleanField()
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="What a sign-in would fail of; empty if of nothing."
    )


class OwnSignInFacts(Output):
    domains = DomainFacts(many=True)
    connections = OwnConnectionFacts(many=True)


class OwnSignIn(Endpoint):
    @inside("See how its people sign in", Permission.SSO_MANAGE, gives=OwnSignInFacts)
    def get(self, request: ApiRequest, place: Place) -> dict[str, Any]:
        rows = Connection.objects.of(place.organization).select_related("organization").order_by("slug")
        return {
            "domains": [
                {"name": domain.name, "verified_at": domain.verified_at}
                for domain in Domain.objects.of(place.organization).order_by("name")
            ],
            "connections": [
                {
                    "slug": row.slug,
                    "name": row.name,
                    "kind": row.kind,
                    "is_active": row.is_active,
                    "problems": [str(text) for text in trying.problems(row)],
                }
                for row in rows
            ],
        }
