"""What an endpoint accepts: an access token of a person or of a service account, or an API key."""

from typing import Any
from uuid import UUID

from rest_framework.authentication import BaseAuthentication

from accounts.api.caller import Caller
from accounts.api.scopes import Credential, given
from core import client
from tokens import jwt, standing
from tokens.flows import keys
from tokens.session import FamilySession


class Bearer(BaseAuthentication):
    """`settings.REST_FRAMEWORK` names it; accounts.api.endpoint asks it."""

    def authenticate(self, request: Any) -> tuple[None, Caller] | None:
        token = jwt.bearer(request)
        if not token:
            return None
        caller = _by_key(request, token) if token.startswith(keys.PREFIX) else _by_token(token)
        return None if caller is None else (None, caller)


def by_access(access: jwt.Access) -> Caller | None:
    """Whoever an access token speaks for, if what is behind it still stands."""
    return _by_service(access) if access.client_id else _by_sign_in(access)


def _by_token(token: str) -> Caller | None:
    try:
        return by_access(jwt.read(token))
    except jwt.Refused:
        return None


def _by_sign_in(access: jwt.Access) -> Caller | None:
    found = standing.sign_in(access)
    if found is None:
        return None
    return Caller(
        Credential.SIGN_IN,
        id=access.sid,
        scope=given(access.scope, Credential.SIGN_IN),
        user=found.user,
        session=FamilySession(pk=found.pk, public_id=access.sid),
        since=found.since,
    )


def _by_service(access: jwt.Access) -> Caller | None:
    # What it was given since the token was made adds nothing; what was taken is gone.
    return service(access.sid, access.subject, within=given(access.scope, Credential.SERVICE))


def service(credential: UUID, name: UUID, *, within: frozenset[str] | None = None) -> Caller | None:
    found = standing.service(credential, name)
    if found is None:
        return None
    scope = given(found.scope, Credential.SERVICE)
    return Caller(
        Credential.SERVICE,
        id=credential,
        scope=scope if within is None else scope & within,
        service=found,
        since=found.since,
    )


def _by_key(request: Any, key: str) -> Caller | None:
    found = keys.opened(key, address=client.address(request))
    if found is None:
        return None
    return Caller(
        Credential.KEY,
        id=found.public_id,
        scope=given(found.scope, Credential.KEY),
        user=found.user,
        since=found.since,
    )
