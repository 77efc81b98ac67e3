"""Staff open the admin site with a second factor, also in a session from before they had to."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from core import errors, redirects
from mfa import requirement
from mfa.errors import FactorNeeded
from mfa.factors import registry


class StaffFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match, user = request.resolver_match, request.user
        if match is None or "admin" not in match.app_names or match.view_name == "admin:logout":
            return None
        if not isinstance(user, User) or not (user.is_staff or user.is_superuser):
            return None
        if requirement.was_shown(request):
            return None
        if errors.wants_json(request):
            return errors.respond(request, FactorNeeded())
        after = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        page = "mfa:prove" if registry.protects(user) else "mfa:required"
        return redirect(redirects.with_next(reverse(page), after))
