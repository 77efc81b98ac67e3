"""The stages of a sign-in that ask for the second factor, and that see to it that whoever must have one gets it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.sign_in import pipeline, programs, stages
from accounts.sign_in.allauth_compat import LoginStage
from audit import log
from audit.actions import Action
from core import client
from mfa import requirement, trust
from mfa.factors import registry
from mfa.flows import reset

# In the state of a sign-in that showed no factor, since it came by the link of a reset.
BY_RESET = "by_factor_reset"


class SecondFactorStage(LoginStage):  # type: ignore[misc]
    """Whoever has a second factor shows it, however the sign-in began."""

    key = "second_factor"
    urlname = "mfa:challenge"

    def is_resumable(self, request: HttpRequest) -> bool:
        """Whoever goes back to the sign-in page may sign in anew, also as somebody else."""
        return False

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None or not registry.protects(user):
            return None, True
        refused = stages.refusal(self)
        if refused is not None:
            return refused, False
        proof = self.login.state.get(pipeline.PROOF)
        if registry.covered_by(proof, user) or requirement.met_by(proof, user, self.request):
            return None, True
        if reset.opened_in(self.request, user):
            # The next stage has a new factor set up in place of it, and lets nobody pass: it reads this mark.
            self.login.state[BY_RESET] = True
            return None, True
        if trust.knows(self.request, user):
            log.record(
                Action.SECOND_FACTOR_SKIP,
                actor=user.public_id,
                person=user.public_id,
                facts=client.facts(self.request),
            )
            return None, True
        return redirect(self.urlname), True


class EnrolmentStage(LoginStage):  # type: ignore[misc]
    """Right after it: whoever must have a second factor and has none gets one before anything opens."""

    key = "enrolment"
    urlname = "mfa:enrol"

    def is_resumable(self, request: HttpRequest) -> bool:
        return False

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None or not self._is_for(user):
            return None, True
        refused = stages.refusal(self)
        if refused is not None:
            return refused, False
        return redirect(self.urlname), True

    def _is_for(self, user: User) -> bool:
        if requirement.met_by(self.login.state.get(pipeline.PROOF), user, self.request):
            return False
        required = requirement.is_missing(user, self.request)
        # Until its day has come it may be put off: people press a button for that, programs have none to press.
        if required is not None and (required.is_due or not programs.is_one(self.request)):
            return True
        # Whatever became of the reset meanwhile: the factor was not shown.
        return bool(self.login.state.get(BY_RESET))
