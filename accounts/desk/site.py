"""Django's admin behind the site's own front door."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import redirects
from core.desk import figures
from core.desk.permissions import SitePermission, reach


class SiteAdmin(AdminSite):
    site_title = site_header = _("Administration")
    index_title = _("What needs you?")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever may do something here, now: a role that has ended opens nothing."""
        user = request.user
        return isinstance(user, User) and user.is_active and bool(user.authority.permissions)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one door: whoever is signed in and not staff is told so, everybody else goes to sign in."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(redirects.next_address(request) or "/admin/")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        shown = {
            "figures": figures.figures_for(request.user),
            "sees_people": bool(reach(request.user, SitePermission.PEOPLE_VIEW)),
        }
        return super().index(request, {**shown, **(extra_context or {})})

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("accounts:home")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No form here completes names: Django would count all of them for it."""
        raise Http404
