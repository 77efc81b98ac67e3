"""What an endpoint refuses before it does anything.

Invalid              422  fields that are missing, unknown or not what they should be; `errors` names each
Unauthenticated      401  no credential, or one that opens nothing
MethodNotAllowed     405
UnsupportedMedia     415  a body that is not JSON
ScopeMissing         403  the credential was not given this
CredentialNotAllowed 403  another kind of credential does this
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.utils.translation import gettext_lazy as _

from core.errors import Forbidden, NotInThisWay, Problem

REALM = 'Bearer realm="api"'


class Invalid(Problem):
    status = 422
    code = "invalid"
    title = _("Some of this is not valid")
    detail = _("Nothing was changed. `errors` says which fields, and what is wrong with each.")

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__()
        self.members = {"errors": list(errors)}

    @classmethod
    def example(cls) -> Self:
        return cls([{"field": "email", "code": "required", "detail": str(_("This field is required."))}])

    @classmethod
    def field(cls, name: str, code: str, detail: Any) -> "Invalid":
        return cls([{"field": name, "code": code, "detail": str(detail)}])


class Unauthenticated(Problem):
    status = 401
    code = "unauthenticated"
    title = _("Who is asking?")
    detail = _("Bring an access token or an API key in the header Authorization, as a bearer token.")
    headers: Mapping[str, str] = {"WWW-Authenticate": REALM}


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    title = _("This token opens nothing")
    detail = _("It is over, was ended, or is none of ours. Refresh it, or sign in again.")
    headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}


class MethodNotAllowed(NotInThisWay):
    title = _("Not in this way")
    detail = _("There is something at this address, but not for this method. `Allow` names those it takes.")

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(", ".join(allowed))

    @classmethod
    def example(cls) -> Self:
        return cls(["GET", "POST"])


class UnsupportedMedia(Problem):
    status = 415
    code = "unsupported_media_type"
    title = _("Only JSON is read here")
    detail = _("Send the body as JSON, with the header Content-Type: application/json.")


class CredentialNotAllowed(Forbidden):
    code = "credential_not_allowed"
    title = _("Not with this kind of credential")
    detail = _("The documentation says with which kinds of credentials this can be done.")


class ScopeMissing(Forbidden):
    code = "scope_missing"
    title = _("This credential was not given that")

    def __init__(self, scope: str) -> None:
        super().__init__(_("It needs the scope %(scope)s.") % {"scope": scope})
        self.headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}

    @classmethod
    def example(cls) -> Self:
        return cls("profile.read")
