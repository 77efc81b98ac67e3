"""What a program is told when one of this app's stages stops its sign-in."""

from allauth.account.models import Login
from django.http import HttpRequest

from accounts.sign_in import programs
from mfa.api.problems import EnrolmentRequired, MfaRequired
from mfa.factors import registry
from mfa.stages import EnrolmentStage, SecondFactorStage


def register() -> None:
    programs.demands(SecondFactorStage.key, _second_factor)
    programs.demands(EnrolmentStage.key, lambda request, login: EnrolmentRequired())


def _second_factor(request: HttpRequest, login: Login) -> MfaRequired:
    methods = [factor.NAME for factor in registry.of(login.user)]
    return MfaRequired(challenge=programs.challenge_of(request), methods=methods)
