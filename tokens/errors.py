"""Why no new tokens are given.

RefreshRefused       401  the refresh token opens nothing
├── InvalidRefresh        none of ours
├── SignInEnded           by its owner, an administrator, or all access at once
├── SignInExpired         it paused for too long, or has had its time
├── RefreshRepeated       the same request came twice at once; nothing else happened
└── TokenReused           somebody has a copy, so that sign-in has ended
ClientRefused        401  a service account that did not prove who it is (RFC 6749, § 5.2)
TokenRefused         400  what RFC 6749, § 5.2, calls by a name of its own
├── InvalidRequest
├── InvalidScope
└── UnsupportedGrant
NotTrusted           403  the site does not vouch for the organization of whoever asks
KeyLimit             409  as many keys as one person may have
KeyReplaced          409  once is enough
ServiceLimit         409  as many service accounts as one organization may have
CredentialLimit      409  two for each service account, so that one can take the place of the other
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.api.problems import InvalidToken
from core.errors import BadInput, Forbidden, Problem


class RefreshRefused(InvalidToken):
    @property
    def reason(self) -> str:
        return self.code


class InvalidRefresh(RefreshRefused):
    code = "invalid_token"
    detail = _("This is no refresh token of this site. Sign in again.")


class SignInEnded(RefreshRefused):
    code = "sign_in_ended"
    title = _("This sign-in has ended")
    detail = _("It was ended by its owner or an administrator, or gave way to newer ones. Sign in again.")


class SignInExpired(RefreshRefused):
    code = "sign_in_expired"
    title = _("This sign-in has had its time")
    detail = _("It was not used for too long, or has lasted as long as it may. Sign in again.")


class RefreshRepeated(RefreshRefused):
    code = "refresh_repeated"
    title = _("This was asked twice at once")
    detail = _("The other request has the new tokens. Nothing was ended.")


class TokenReused(RefreshRefused):
    code = "token_reused"
    title = _("This token was used before")
    detail = _("Somebody may have a copy of it, so this sign-in has ended. Sign in again.")


class ClientRefused(Problem):
    status = 401
    code = "invalid_client"
    title = _("This program is not known here")
    detail = _("The service account, its secret or its signed assertion is not good, or no longer.")
    headers: Mapping[str, str] = {"WWW-Authenticate": 'Basic realm="api"'}
    # The name that RFC 6749 gives it, for programs that know nothing else.
    members = {"error": "invalid_client"}


class TokenRefused(BadInput):
    def __init__(self, detail: str | Promise | None = None) -> None:
        super().__init__(detail)
        self.members = {"error": self.code}


class InvalidRequest(TokenRefused):
    code = "invalid_request"
    detail = _("Something is missing or there twice: the grant_type, or one way to prove who is asking.")


class InvalidScope(TokenRefused):
    code = "invalid_scope"
    title = _("Not that much")
    detail = _("The service account was not given all of the scopes that were asked for.")


class UnsupportedGrant(TokenRefused):
    code = "unsupported_grant_type"
    title = _("Not in exchange for that")
    detail = _("Only client_credentials is taken here. People sign in at /api/auth/login.")


class NotTrusted(Forbidden):
    detail = _("Only service accounts of organizations that this site vouches for may ask about tokens.")


class KeyLimit(Problem):
    status = 409
    code = "too_many_keys"
    title = _("That is as many keys as one account can have")
    detail = _("End one that is not used any more.")


class KeyReplaced(Problem):
    status = 409
    code = "key_replaced"
    title = _("That key was replaced already")
    detail = _(
        "It works for an hour after that, beside the one that took its place, which can be replaced in turn."
    )


class ServiceLimit(Problem):
    status = 409
    code = "too_many_services"
    title = _("That is as many service accounts as one organization can have")
    detail = _("Delete one that is not used any more.")


class CredentialLimit(Problem):
    status = 409
    code = "too_many_credentials"
    title = _("A service account has two credentials at most")
    detail = _("End the older one once nothing uses it any more.")
