"""Examples for the documentation, made from the fields themselves, so that none is forgotten or outlived.

Where the fields do not go together, or their names say too little, the class says what is sent (`Input.samples`) or
answered (`Output.sample`). Tests send all of them to the site.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.sign_in.programs import CHALLENGE_EXAMPLE
from core.api.fields import Input, Output, Sample

UUID = "6f1c9f0e-8a3b-4c52-9b7d-2f4f6f0d1a11"
MOMENT = "2026-11-28T09:30:00Z"
NUMBER = 30
NAME = "Request"
# What browsers answer for a passkey that is shown, and for a new one: cut short.
PASSKEY_ID = "YSBwYXNza2V5IG9mIEFsaWNl"
PASSKEY_ANSWER = {
    "type": "public-key",
    "id": PASSKEY_ID,
    "rawId": PASSKEY_ID,
    "response": {
        "clientDataJSON": (
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZEdobElIRjFaWE4wYVc5dSIsIm9yaWdpbiI6Imh0"
            "dHBzOi8vaWQuZXhhbXBsZS5vcmcifQ"
        ),
        "authenticatorData": "d2hhdCB0aGUgZGV2aWNlIHNheXM",
        "signature": "c2lnbmVkIGJ5IHRoZSBkZXZpY2U",
    },
}
NEW_PASSKEY_ANSWER = {
    "type": "public-key",
    "id": PASSKEY_ID,
    "rawId": PASSKEY_ID,
    "response": {
        "clientDataJSON": (
            "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZEdobElIRjFaWE4wYVc5dSIsIm9yaWdpbiI6"
            "Imh0dHBzOi8vaWQuZXhhbXBsZS5vcmcifQ"
        ),
        "attestationObject": "dGhlIGtleSBhbmQgd2hvIG1hZGUgdGhlIGRldmljZQ",
        "transports": ["internal"],
    },
}
ACCESS_TOKEN = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI2ZjFjIn0.c2lnbmF0dXJl"  # noqa: S105 - opens nothing
# By name, where a name says more than its type; the longest that a field's name ends with.
BY_NAME: dict[str, Any] = {
    "email": "alice@example.org",
    "password": "an untold story of nine lamps",
    "new_password": "another story of ten lamps",
    "name": "Alice Arden",
    "displayName": "Alice Arden",
    "invited_by": "Bob Brown",
    "created_by": "Bob Brown",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "access_token": ACCESS_TOKEN,
    "refresh_token": "rt_GL--aEZ8Tsq07ALJ1naL-wAAAAF_RNUVEkf7ph57OiOd_Rnm_gkqzKTBxADWCSzk_4q1tg",
    "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJub25jZSI6IjFhNWY0YSJ9.c2lnbmF0dXJl",
    "csrf_token": "mB3zVZQ0uXbT7c1kq5n9sW2eYpLrDhGfJxAv8oKi4NtUgMzR6yPdQwEaHjSlCbF0",
    "token": "Zk3Jq0n5xWb8Tt1mYv6uRc9sLh2gPdFa4eKiNoQjXyU",
    "expires_in": 600,
    "token_type": "Bearer",
    "scope": "profile.read members.view",
    "scopes": ["profile.read"],
    "permissions": ["organization.view", "members.view"],
    "code": "BCDF-GHJK",
    "recovery_codes": ["BCDFG-HJKLM", "NPQRS-TVWXZ"],
    "challenge": CHALLENGE_EXAMPLE,
    "nonce": "n-0S6WzA2Mj",
    "key": "idk_1b3D5f7H9j1L3n5P7r9T1v3X5z7B9d1F3h5J7l9N0Q2wEr",
    "secret": "ids_1b3D5f7H9j1L3n5P7r9T1v3X5z7B9d1F3h5J7l9N0Q2wEr",
    "grant_type": "client_credentials",
    "client_id": UUID,
    "sub": UUID,
    "sid": UUID,
    "jti": UUID,
    "exp": 1795858800,
    "iat": 1795858200,
    "hint": "idk_1b3D",
    "address": "203.0.113.9",
    "last_used_from": "203.0.113.9",
    "device": "Firefox on Windows",
    "methods": ["password", "totp"],
    "method": "password",
    "slug": "acme",
    "website": "https://acme.example",
    "accent": "#1a5f4a",
    "kind": "program",
    "what": "Signed in",
    "action": "organization:change",
    "role": "member",
    "own_roles": ["Reviewer"],
    "teams": ["Platform"],
    "provider": "google",
    "account": "alice@gmail.com",
    "issuer": "https://accounts.google.com",
    "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
    "iss": "https://id.example.org",
    "aud": "https://id.example.org",
    "rpId": "id.example.org",
    "type": "public-key",
    "transports": ["internal"],
    "userVerification": "required",
    "openapi": "3.1.0",
}


def requests_of(shape: type[Input]) -> dict[str, dict[str, Any]]:
    """By name, each of which is taken."""
    if not shape.samples:
        return {NAME: of(shape)}
    return {name: _filled(shape, sample) for name, sample in shape.samples.items()}


def of(shape: type[serializers.BaseSerializer[Any]]) -> Any:
    return _of_fields(shape())


def _filled(shape: type[Input], sample: Sample) -> dict[str, Any]:
    """Either names of fields, or fields with what is in them."""
    if isinstance(sample, Mapping):
        return dict(sample)
    fields = shape().fields
    return {name: _of_field(name, fields[name]) for name in sample}


def _of_fields(shape: Any) -> dict[str, Any]:
    said = shape.sample if isinstance(shape, Output) else {}
    return {
        name: said[name] if name in said else _of_field(name, field) for name, field in shape.fields.items()
    }


def _of_field(name: str, field: Any) -> Any:
    if isinstance(field, serializers.ListSerializer):
        return [_of_fields(field.child)]
    if isinstance(field, serializers.Serializer):
        return _of_fields(field)
    if isinstance(field, serializers.ChoiceField):
        named = _named(name)
        return named if named in field.choices else next(iter(field.choices))
    if isinstance(field, serializers.BooleanField):
        return True
    if isinstance(field, serializers.UUIDField):
        return UUID
    if isinstance(field, serializers.DateTimeField | serializers.DateField):
        return MOMENT if isinstance(field, serializers.DateTimeField) else MOMENT.partition("T")[0]
    if isinstance(field, serializers.ListField):
        return _of_list(name, field.child)
    if isinstance(field, serializers.IntegerField):
        named = _named(name)
        return named if isinstance(named, int) else NUMBER
    if isinstance(field, serializers.DictField | serializers.JSONField):
        return {}
    return _named(name) or "example"


def _of_list(name: str, child: Any) -> list[Any]:
    if isinstance(child, serializers.ChoiceField):
        return [next(iter(child.choices))]
    named = _named(name)
    return named if isinstance(named, list) else [_of_field("", child)]


def _named(name: str) -> Any:
    fitting = [known for known in BY_NAME if name == known or name.endswith(f"_{known}")]
    return BY_NAME[max(fitting, key=len)] if fitting else None
