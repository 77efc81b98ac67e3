"""The stage of a sign-in that this app offers; settings.SIGN_IN_STAGES puts it in its place."""

from django.http import HttpResponse

from accounts.session.store import ORIGIN
from accounts.sign_in import pipeline
from accounts.sign_in.allauth_compat import LoginStage
from accounts.sign_in.stages import begin_again
from sso.models import Visit

# In the record of a sign-in by way of a connection.
VISIT = "visit"


class VisitStage(LoginStage):  # type: ignore[misc]
    """The last one. Says on which sign-in at a provider the session that begins now rests; on none, if on none."""

    key = "visit"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        proof = self.login.state.get(pipeline.PROOF) or {}
        self.request.session.pop(ORIGIN, None)
        if VISIT not in proof:
            return None, True
        if not Visit.objects.filter(origin=proof[VISIT]).exists():
            # The provider has signed them out again while an earlier stage was waiting.
            return begin_again(self.request), False
        self.request.session[ORIGIN] = proof[VISIT]
        return None, True
