"""Stages of a sign-in that this app offers; settings.SIGN_IN_STAGES puts them in order."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.flows import registration
from accounts.sign_in.allauth_compat import EmailVerificationStage, LoginStage


class ProvedAddressStage(EmailVerificationStage):  # type: ignore[misc]
    """allauth's, which looks the address up once more: not where the password was just checked by that address."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.proof_asked_at is not None:
            # It is their main address that has to be proved anew, whatever they came with.
            self.login.email = user.email
        elif vars(user or self).get("proved_address"):
            return None, True
        found: tuple[HttpResponse | None, bool] = super().handle()
        return found


class ActiveAccountStage(LoginStage):  # type: ignore[misc]
    """Asked again at the end: the account may have been disabled while an earlier stage was waiting."""

    key = "active_account"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.is_active:
            return None, True
        return get_adapter().respond_user_inactive(self.request, user), False


class NotRevokedStage(LoginStage):  # type: ignore[misc]
    """A sign-in that waited, say for a second factor, while all access was ended, has ended with it."""

    key = "not_revoked"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        revoked_at = getattr(self.login.user, "access_revoked_at", None)
        if revoked_at is None or self.login.initiated_at > revoked_at.timestamp():
            return None, True
        return begin_again(self.request), False


class LockedAccountStage(LoginStage):  # type: ignore[misc]
    """Its owner said that somebody else was in: only a new password, chosen by mail, opens it again."""

    key = "locked_account"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and user.locked_at is None:
            return None, True
        return redirect("accounts:locked"), False


class TermsStage(LoginStage):  # type: ignore[misc]
    """Asks whoever has not accepted the present version of the terms, however they signed in."""

    key = "terms"
    urlname = "account_terms"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if self.login.user is None or not registration.has_to_accept(self.login.user):
            return None, True
        return redirect(self.urlname), True


def refusal(stage: LoginStage) -> HttpResponse | None:
    """What the last stages would say, for one that asks the person something: nobody has to answer for nothing.

    The sign-in then stands at the one that refused, as it would have in the end.
    """
    for last in (ActiveAccountStage, LockedAccountStage, NotRevokedStage):
        response, goes_on = last(stage.controller, stage.request, stage.login).handle()
        if not goes_on:
            stage.controller.set_current(last.key)
            return response
    return None


def begin_again(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("That sign-in is no longer good. Please begin again."))
    return redirect("account_login")


def waiting_address(stage: LoginStage) -> str:
    """Which address waits for its proof: the one that was typed, whoever's it is."""
    return str(stage.login.email or getattr(stage.login.user, "email", ""))
