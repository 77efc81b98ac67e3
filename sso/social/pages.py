"""What people read when a provider's word is not enough, and the list of what they connected."""

from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import pipeline, reauthentication
from core import redirects
from sso.arrival import Attempt
from sso.linking import Purpose, Verdict
from sso.social import configuration
from sso.social import connections as connected
from sso.social.identity import Identity

FORBIDDEN = 403
Text = str | Promise


class Named(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Refusal:
    title: Text
    reason: Text
    button: Text
    # What to do instead: a URL name, and where to go after it.
    way_out: str = "account_login"
    after: str = ""


WORDS = {
    Verdict.REFUSE_KNOWN_ADDRESS: Refusal(
        title=_("You already have an account"),
        reason=_(
            "%(email)s belongs to an account here that %(provider)s is not connected with. Sign in once the "
            "way you did so far, and connect it then: so nobody can slip in by your address alone."
        ),
        button=_("Sign in and connect"),
        after="sso:connections",
    ),
    Verdict.REFUSE_LINKED_ELSEWHERE: Refusal(
        title=_("This account is taken"),
        reason=_(
            "That account at %(provider)s already opens another account here. If both are yours, sign in "
            "with it and disconnect it there first."
        ),
        button=_("Back to your connections"),
        way_out="sso:connections",
    ),
    Verdict.REFUSE_NOT_CONNECTED: Refusal(
        title=_("That is another account"),
        reason=_("You signed in at %(provider)s with an account that does not open this one."),
        button=_("Back to your account"),
        way_out="accounts:home",
    ),
    Verdict.REFUSE_OTHER_PERSON: Refusal(
        title=_("Somebody else is signed in here"),
        reason=_("This browser is signed in differently than when you left. Sign out and start again."),
        button=_("Sign out"),
        way_out="account_logout",
    ),
    Verdict.REFUSE_NOT_CONFIRMED: Refusal(
        title=_("This sign-in is not confirmed yet"),
        reason=_(
            "%(provider)s was set up or changed by somebody who may do less than you, so it does not open your "
            "account. Sign in another way; then an owner can look at the change, and confirm it."
        ),
        button=_("Sign in another way"),
    ),
    Verdict.REFUSE_NO_ADDRESS: Refusal(
        title=_("We need an e-mail address"),
        reason=_(
            "%(provider)s told us no address that we could write to. Allow it to share yours, or create an "
            "account with an address and a password."
        ),
        button=_("Create an account"),
        way_out="account_signup",
    ),
}
CLOSED = Refusal(
    title=_("New accounts are not open to everybody"),
    reason=_("Nobody here is connected with that account. If you have an account, sign in as you always do."),
    button=_("Sign in"),
)


def refusal(request: HttpRequest, provider: Named, verdict: Verdict, identity: Identity) -> HttpResponse:
    if verdict is Verdict.REFUSE_IN_SILENCE:
        return pipeline.as_if_signed_up(request, email=identity.email)
    if verdict is Verdict.REFUSE_DISABLED:
        return redirect("account_inactive")
    return _page(request, words(provider, verdict, identity))


def ask_again(request: HttpRequest, choices: dict[str, str]) -> HttpResponse:
    """Where somebody may show that it is still them: names, and where their buttons lead."""
    context = {
        "choices": [{"name": name, "address": address} for name, address in choices.items()],
        "after": redirects.next_address(request) or "",
    }
    return render(request, "sso/reauthenticate.html", context)


def ended(
    request: HttpRequest, attempt: Attempt, verdict: Verdict, *, method: str, **how: Any
) -> HttpResponse | None:
    """Where a way ends that leads into no session; None where one begins now."""
    match verdict:
        case Verdict.NOTHING_TO_DO if attempt.purpose is Purpose.SIGN_IN:
            return redirect(attempt.next_address or "accounts:home")
        case Verdict.NOTHING_TO_DO:
            messages.info(request, _("That account is connected already."))
            return redirect("sso:connections")
        case Verdict.CONNECT:
            messages.success(request, _("Connected. From now on that account opens this one."))
            return redirect("sso:connections")
        case Verdict.CONFIRM:
            reauthentication.confirmed(cast(SignedInRequest, request), method=method, **how)
            return redirect(attempt.next_address or "accounts:home")
    return None


def words(provider: Named, verdict: Verdict, identity: Identity) -> Refusal:
    said = WORDS[verdict]
    return replace(said, reason=said.reason % {"provider": provider.name, "email": identity.email})


def closed(request: HttpRequest) -> HttpResponse:
    return _page(request, CLOSED)


def connections(request: SignedInRequest) -> HttpResponse:
    context = {
        "connections": [_row(account) for account in connected.of(request.user)],
        "providers": configuration.providers(),
        "of_organizations": connected.offered(request.user),
    }
    return render(request, "sso/connections.html", context)


def _row(account: SocialAccount) -> dict[str, Any]:
    of_organization = connected.of_organization(account.provider)
    return {
        "pk": account.pk,
        "name": of_organization.name if of_organization else connected.label(account.provider),
        "organization": of_organization.organization.name if of_organization else "",
        "account": account.extra_data.get("email", ""),
        "used": account.last_login,
        "usable": of_organization.is_usable if of_organization else connected.is_usable(account.provider),
    }


def _page(request: HttpRequest, said: Refusal) -> HttpResponse:
    # The address of this page brings an answer that is spent: no link or form may lead there again.
    context = {"refusal": said, "page_address": reverse(said.way_out)}
    return render(request, "sso/refused.html", context, status=FORBIDDEN)
