"""Examples for the documentation, made from the fields themselves, so that none is forgotten or outlived."""

from typing import Any

from rest_framework import serializers

UUID = "6f1c9f0e-8a3b-4c52-9b7d-2f4f6f0d1a11"
MOMENT = "2026-11-28T09:30:00Z"
# By name, where a name says more than its type; the longest name that a field's ends with.
BY_NAME: dict[str, Any] = {
    "email": "alice@example.org",
    "password": "an untold story of nine lamps",
    "new_password": "another story of ten lamps",
    "name": "Alice Arden",
    "language": "en",
    "time_zone": "Europe/Berlin",
    "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI2ZjFjIn0.c2lnbmF0dXJl",
    "refresh_token": "rt_GL--aEZ8Tsq07ALJ1naL-wAAAAF_RNUVEkf7ph57OiOd_Rnm_gkqzKTBxADWCSzk_4q1tg",
    "expires_in": 600,
    "token_type": "Bearer",
    "scope": "profile.read members.view",
    "scopes": ["profile.read"],
    "code": "BCDF-GHJK",
    "challenge": "gr16jqz581azrt9rv9igj2nc535nhw1e",
    "key": "idk_1b3D5f7H9j1L3n5P7r9T1v3X5z7B9d1F3h5J7l9N0Q2wEr",
    "secret": "ids_1b3D5f7H9j1L3n5P7r9T1v3X5z7B9d1F3h5J7l9N0Q2wEr",
    "grant_type": "client_credentials",
    "client_id": UUID,
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
    "role": "member",
    "provider": "acme",
    "iss": "https://id.example.org",
    "aud": "https://id.example.org",
}


def of(shape: type[serializers.BaseSerializer[Any]]) -> Any:
    return _of_fields(shape())


def _of_fields(shape: Any) -> dict[str, Any]:
    return {name: _of_field(name, field) for name, field in shape.fields.items()}


def _of_field(name: str, field: Any) -> Any:
    if isinstance(field, serializers.ListSerializer):
        return [_of_fields(field.child)]
    if isinstance(field, serializers.Serializer):
        return _of_fields(field)
    if isinstance(field, serializers.ChoiceField):
        named = BY_NAME.get(name)
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
        named = BY_NAME.get(name, 30)
        return named if isinstance(named, int) else 30
    if isinstance(field, serializers.DictField | serializers.JSONField):
        return {}
    return BY_NAME.get(name, "example")


def _of_list(name: str, child: Any) -> list[Any]:
    if isinstance(child, serializers.ChoiceField):
        return [next(iter(child.choices))]
    found: list[Any] = BY_NAME.get(name, [_of_field("", child)])
    return found
