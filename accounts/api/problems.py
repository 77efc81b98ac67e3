"""Why a program does not come further on its way in.

WrongCredentials     401  whichever of the two it was, and whether or not there is such an account
CodeRefused          401  wrong, used, too old, or nobody's
LinkOver             410  a link from a mail that is not good, or no longer
NewPasswordNeeded    422  an account that somebody else may have prepared
SignUpClosed         403
AddressLimit         409
LastWayIn            409  nobody would get in any more
"""

from collections.abc import Mapping
from typing import Self

from django.utils.translation import gettext_lazy as _

from core.api.problems import REALM, Invalid
from core.errors import CsrfFailed, Forbidden, Problem


class WrongCredentials(Problem):
    status = 401
    code = "invalid_credentials"
    title = _("That does not open an account")
    detail = _("The address or the password is not right.")
    headers: Mapping[str, str] = {"WWW-Authenticate": REALM}


class CodeRefused(Problem):
    status = 401
    code = "invalid_code"
    title = _("This code is not right")
    detail = _("This code is not right, or no longer. Five wrong ones, and you need a new mail.")
    headers: Mapping[str, str] = {"WWW-Authenticate": REALM}


class LinkOver(Problem):
    status = 410
    code = "link_over"
    title = _("This link does not work any more")
    detail = _("It was used, a newer one was sent, or it is too old. Have a new one sent.")


class NewPasswordNeeded(Invalid):
    code = "new_password_required"
    title = _("Choose a new password")
    detail = _(
        "Somebody else may have begun this account with your address. Send `new_password`: it opens it from now on."
    )

    def __init__(self) -> None:
        super().__init__([{"field": "new_password", "code": "required", "detail": str(self.detail)}])

    @classmethod
    def example(cls) -> Self:
        return cls()


class OriginUnproved(CsrfFailed):
    title = _("It is not clear which page asks")
    detail = _(
        "With the transport `cookie`: get `csrf_token` from /api/auth/csrf and send it in the header X-CSRFToken, from "
        "a page of this site or of one that it lists."
    )


class SignUpClosed(Forbidden):
    code = "sign_up_closed"
    title = _("Nobody can sign up here")
    detail = _("Accounts on this site are made by invitation, or not at all.")


class AddressLimit(Problem):
    status = 409
    code = "too_many_addresses"
    title = _("That is as many addresses as one account can have")
    detail = _("Remove one first.")


class LastWayIn(Problem):
    status = 409
    code = "last_way_in"
    title = _("It is the only way into this account")
    detail = _("Set up another way to sign in first.")
