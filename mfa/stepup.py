"""For what the password alone must not open: whoever has a second factor shows it, and lately."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import More, View
from core import errors
from mfa.errors import PasskeyNeeded
from mfa.factors import registry
from mfa.factors.registry import Factor


def fresh_factor_required(*, back_to: str = "", phishing_resistant: bool = False) -> Callable[[View], View]:
    """As `fresh_sign_in_required`, which asks for a second factor as well, with a choice of which.

    `phishing_resistant` takes a passkey and nothing else; who has none is led to where one is added.
    """
    wanted = registry.PHISHING_RESISTANT if phishing_resistant else registry.FACTORS

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if phishing_resistant and not registry.resist_phishing(request.user):
                return _lead_to_one(request)
            if proved_factor_lately(request, wanted):
                return view(request, *args, **kwargs)
            return reauthentication.ask(request, back_to=reverse(back_to) if back_to else "")

        return guarded

    return decorate


def ask_at_desk(request: HttpRequest, back_to: str) -> HttpResponseBase | None:
    """See core.desk.step_up: none is asked who has shown a factor lately."""
    if proved_factor_lately(request):
        return None
    return reauthentication.ask(request, back_to=back_to)


def proved_factor_lately(request: HttpRequest, wanted: Iterable[Factor] = registry.FACTORS) -> bool:
    """Whoever has a second factor has shown one; everybody else has proved who they are by whatever they have."""
    protected = registry.protects(cast(SignedInRequest, request).user)
    accepted = {factor.METHOD for factor in wanted} if protected else None
    return reauthentication.is_fresh(request, methods=accepted)


def register() -> None:
    page = "mfa:prove"
    reauthentication.ask_for_more(
        More(is_proved=proved_factor_lately, page=lambda user: page if registry.protects(user) else "")
    )


def _lead_to_one(request: SignedInRequest) -> HttpResponseBase:
    if errors.wants_json(request):
        raise PasskeyNeeded
    messages.info(request, str(PasskeyNeeded.detail))
    return redirect("mfa:add-passkey")
