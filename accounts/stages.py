"""Stages of a sign-in that this app offers; settings.SIGN_IN_STAGES puts them in order."""

from allauth.account.adapter import get_adapter
from django.http import HttpResponse

from accounts.allauth_compat import LoginStage


class ActiveAccountStage(LoginStage):  # type: ignore[misc]
    """Asked again at the end: the account may have been disabled while an earlier stage was waiting."""

    key = "active_account"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.is_active:
            return None, True
        return get_adapter().respond_user_inactive(self.request, user), False
