"""For what the password alone must not open: whoever has a second factor shows it, and lately."""

import functools
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import Question, View
from core import errors
from mfa.errors import PasskeyNeeded
from mfa.factors import registry


def register() -> None:
    question = Question(is_answered=proved_factor_lately, page=page_for, methods=methods_for)
    reauthentication.ask_instead(question)


def proved_factor_lately(request: HttpRequest) -> bool:
    """Whoever has a second factor has shown one; everybody else has proved who they are by whatever they have."""
    protected = registry.protects(cast(SignedInRequest, request).user)
    return reauthentication.is_fresh(request, methods=registry.METHODS if protected else None)


def page_for(user: User) -> str:
    return "mfa:prove" if registry.protects(user) else reauthentication.PAGE


def methods_for(user: User) -> list[str]:
    return [factor.NAME for factor in registry.of(user)] or reauthentication.by_password(user)


def fresh_passkey_required(view: View) -> View:
    """As `fresh_sign_in_required`, but only a passkey will do; who has none is led to where one is added."""
    methods = {factor.METHOD for factor in registry.PHISHING_RESISTANT}

    @functools.wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not registry.resist_phishing(request.user):
            return _lead_to_one(request)
        if reauthentication.is_fresh(request, methods=methods):
            return view(request, *args, **kwargs)
        return reauthentication.ask(request)

    return guarded


def _lead_to_one(request: SignedInRequest) -> HttpResponseBase:
    if errors.wants_json(request):
        raise PasskeyNeeded
    messages.info(request, str(PasskeyNeeded.detail))
    return redirect("mfa:add-passkey")
