"""Why a program does not get past the second step, or cannot change what somebody shows there.

MfaRequired          401  the second factor is still to be shown; the sign-in waits under `challenge`
EnrolmentRequired    401  this person has to have one, and sets it up on the site
FactorRefused        401  wrong, used already, or too old
AppNotConfirmed      401  not the code of the key that was asked for
NothingToConfirm     409  the key of the app was not asked for, or too long ago
TooManyFactors       409
"""

from typing import Self

from django.utils.translation import gettext_lazy as _

from accounts.api.problems import CodeRefused
from accounts.sign_in.programs import CHALLENGE_EXAMPLE, Demand
from core.errors import Problem


class MfaRequired(Demand):
    code = "mfa_required"
    title = _("The second step is still to come")
    detail = _("Show one of `methods` with this challenge at login/mfa; then the tokens come.")

    @classmethod
    def example(cls) -> Self:
        return cls(challenge=CHALLENGE_EXAMPLE, methods=["passkey", "app", "recovery"])


class EnrolmentRequired(Demand):
    code = "enrolment_required"
    title = _("This account has to have a second step")
    detail = _("Sign in once on the site and set it up; then sign in here again.")
    page = "account_login"


class FactorRefused(CodeRefused):
    detail = _("This code is not right, or it was used already.")


class AppNotConfirmed(CodeRefused):
    detail = _("This is not the code of that key. Check that the clock of the phone is right, and try again.")


class NothingToConfirm(Problem):
    status = 409
    code = "nothing_to_confirm"
    title = _("There is no key to confirm")
    detail = _("None was asked for in this sign-in, or it was more than a quarter of an hour ago.")


class TooManyFactors(Problem):
    status = 409
    code = "too_many_factors"
    title = _("That is as many as one account can have")
    detail = _("Remove one first.")
