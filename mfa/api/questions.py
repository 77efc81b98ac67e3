"""What a browser is asked for a passkey, in the JSON that its PublicKeyCredential reads."""
# ruff: noqa: N815 - the names are those of the standard.

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.models import User
from core.api.fields import Output
from core.errors import Missing
from mfa.ceremonies import Purpose
from mfa.factors import passkeys, registry


class Descriptor(Output):
    sample: ClassVar = {"id": "YSBwYXNza2V5IG9mIEFsaWNl"}

    type = serializers.CharField()
    id = serializers.CharField()
    transports = serializers.ListField(child=serializers.CharField())


class RequestOptions(Output):
    """As navigator.credentials.get() takes it, in JSON (WebAuthn Level 3, § 5.1.9)."""

    rpId = serializers.CharField()
    challenge = serializers.CharField()
    timeout = serializers.IntegerField()
    allowCredentials = Descriptor(many=True)
    userVerification = serializers.CharField()


class RelyingParty(Output):
    sample: ClassVar = {"id": "id.example.org", "name": "Acme"}

    id = serializers.CharField()
    name = serializers.CharField()


class Account(Output):
    sample: ClassVar = {"id": "bxyfDoo7TFKbfS9Pbw0aEQ", "name": "alice@example.org"}

    id = serializers.CharField()
    name = serializers.CharField()
    displayName = serializers.CharField(allow_blank=True)


class Algorithm(Output):
    sample: ClassVar = {"alg": -8}

    type = serializers.CharField()
    alg = serializers.IntegerField()


class Selection(Output):
    sample: ClassVar = {"residentKey": "required"}

    residentKey = serializers.CharField()
    requireResidentKey = serializers.BooleanField()
    userVerification = serializers.CharField()


class CreationOptions(Output):
    """As navigator.credentials.create() takes it, in JSON (WebAuthn Level 3, § 5.1.8)."""

    sample: ClassVar = {"attestation": "none", "extensions": {"credProps": True}}

    rp = RelyingParty()
    user = Account()
    challenge = serializers.CharField()
    pubKeyCredParams = Algorithm(many=True)
    timeout = serializers.IntegerField()
    excludeCredentials = Descriptor(many=True)
    authenticatorSelection = Selection()
    attestation = serializers.CharField()
    extensions = serializers.DictField()


def question_to(user: User, purpose: Purpose) -> dict[str, Any]:
    if passkeys not in registry.of(user):
        raise Missing
    return passkeys.question(user, purpose)
