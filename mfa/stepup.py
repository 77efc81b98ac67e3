"""For what the password alone must not open: whoever has a second factor shows it, and lately."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import ProveAgain, View, fresh_sign_in_required
from core import errors, redirects
from mfa.errors import PasskeyNeeded
from mfa.factors import registry


def fresh_factor_required(*, back_to: str = "", phishing_resistant: bool = False) -> Callable[[View], View]:
    """For a person without a second factor it is `fresh_sign_in_required`.

    `phishing_resistant` takes a passkey and nothing else; who has none is led to where one is added.
    """
    wanted = registry.PHISHING_RESISTANT if phishing_resistant else registry.FACTORS
    accepted = {factor.METHOD for factor in wanted}

    def decorate(view: View) -> View:
        by_sign_in = fresh_sign_in_required(back_to=back_to)(view)

        @functools.wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if phishing_resistant and not registry.resist_phishing(request.user):
                return _lead_to_one(request)
            if not registry.protects(request.user):
                return by_sign_in(request, *args, **kwargs)
            if reauthentication.is_fresh(request, methods=accepted):
                return view(request, *args, **kwargs)
            if errors.wants_json(request):
                raise ProveAgain
            after = reverse(back_to) if back_to else request.get_full_path()
            return redirect(redirects.with_next(reverse("mfa:prove"), after))

        return guarded

    return decorate


def _lead_to_one(request: SignedInRequest) -> HttpResponseBase:
    if errors.wants_json(request):
        raise PasskeyNeeded
    messages.info(request, str(PasskeyNeeded.detail))
    return redirect("mfa:add-passkey")
