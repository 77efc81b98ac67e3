"""People: the list of them, with what is done to many, and the page of one, with everything about them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of
from accounts.desk import acts, panels, reach, why
from accounts.desk.acts import Act, Order
from accounts.desk.errors import DeskProblem, NotYourReach
from accounts.desk.forms import ReasonForm
from accounts.flows import bulk
from accounts.models import User
from core import client
from core.desk import filters, search, step_up
from core.desk.base import CONFIRMED, DeskAdmin, question
from core.desk.permissions import SitePermission

STATE = filters.choices(
    "state",
    _("state"),
    {
        "active": (_("Can sign in"), Q(is_active=True, locked_at__isnull=True)),
        "disabled": (_("Disabled"), Q(is_active=False)),
        "locked": (_("Locked until a new password is chosen"), Q(locked_at__isnull=False)),
    },
)
# Whose it is, also where it is not the one that they sign in with.
OTHER_ADDRESS = filters.typed(
    "address",
    _("any of their addresses"),
    lambda text: Q(pk__in=User.objects.with_address(text).values("pk")),
    "alice@example.org",
)


@admin.register(User)
class UserAdmin(DeskAdmin):
    """Nobody edits a person's row by hand; what may be done to it are acts that leave evidence."""

    view_permission = SitePermission.PEOPLE_VIEW
    list_display = ("email", "name", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = (
        STATE,
        filters.choices(
            "staff", _("staff"), {"yes": (_("Yes"), Q(is_staff=True)), "no": (_("No"), Q(is_staff=False))}
        ),
        filters.days("date_joined", _("joined")),
        OTHER_ADDRESS,
    )
    finds = (
        search.public_id("public_id"),
        search.domain("email"),
        search.either(search.beginning("email"), search.words("name")),
    )
    search_help_text = _(
        "The beginning of an address, beginnings of names, a public id, or @ and a domain for all addresses in it."
    )

    def within(self, rows: QuerySet[User], organizations: Collection[UUID]) -> QuerySet[User]:
        return reach.of_organizations(rows, organizations)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("<int:pk>/do/<slug:name>/", guarded(self.act_view), name="accounts_user_act"),
            path("<int:pk>/roles/", guarded(self.why_view), name="accounts_user_why"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        user, actor = self._user(request, object_id), actor_of(request)
        if request.method != "GET":
            raise PermissionDenied
        context = {
            **self._context(request, user, user.get_full_name()),
            "acts": acts.offered(actor, user),
            "panels": list(panels.shown(actor, user)),
            "sees_roles": bool(actor.reach(SitePermission.ROLES_VIEW)),
        }
        return TemplateResponse(request, "admin/accounts/user/person.html", context)

    def why_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Each permission that a person has, and why they have it."""
        if not actor_of(request).reach(SitePermission.ROLES_VIEW):
            raise PermissionDenied
        user = self._user(request, str(pk))
        title = _("What %(person)s may do, and why") % {"person": user.get_full_name()}
        context = {**self._context(request, user, title), "reasons": why.of(user)}
        return TemplateResponse(request, "admin/accounts/user/why.html", context)

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """First what will happen, with whatever has to be said; then it happens."""
        user, actor, act = self._user(request, str(pk)), actor_of(request), acts.find(name)
        if act is not None and request.method == "POST" and not actor.reach(act.needs):
            acts.note(NotYourReach(), act.name, actor, client.facts(request), user=user)
        if act is None or not actor.reach(act.needs):
            raise Http404
        page = reverse("admin:accounts_user_change", args=[user.pk])
        if act.is_dangerous and (asked := step_up.ask(request, back_to=request.get_full_path())):
            return asked
        form = _form_of(act, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._carry_out(request, act, user, form.cleaned_data) or redirect(page)
        context = {
            **self._context(request, user, act.label),
            "act": act,
            "form": form,
            "item": request.GET.get("item", ""),
            "back_to": page,
        }
        return TemplateResponse(request, "admin/accounts/user/act.html", context)

    def _carry_out(
        self, request: HttpRequest, act: Act, user: User, given: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Where it leads, if not back to the page of the person."""
        order = Order(
            user=user,
            actor=actor_of(request),
            facts=client.facts(request),
            reason=given.get("reason", ""),
            item=request.POST.get("item", ""),
            answers=given,
            request=request,
        )
        try:
            done = acts.carry_out(act, order)
        except DeskProblem as refusal:
            self.message_user(request, str(refusal.detail), messages.ERROR)
            return None
        if isinstance(done, HttpResponseBase):
            return done
        self.message_user(request, str(done), messages.SUCCESS)
        return redirect(act.leads_to) if act.leads_to else None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What may be done to many; it begins on a page that says what will happen."""
        if self.opts.model is not User or not request.user.is_authenticated:
            return {}
        offered = acts.for_many(actor_of(request))
        return {act.name: (_begin(act), act.name, str(act.label)) for act in offered}

    def _user(self, request: HttpRequest, key: str) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).filter(pk=key).first() if key.isdecimal() else None
        if found is None:
            raise Http404
        user: User = found
        return user

    def _context(self, request: HttpRequest, user: User, title: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "person": user,
        }


def _form_of(act: Act, data: Any) -> forms.Form:
    """The act's own questions, and the reason where it asks for one, as one form."""
    parts = [part for part in (act.form, ReasonForm if act.asks_reason else None) if part is not None]
    combined: type[forms.Form] = type("ActForm", (*parts, forms.Form) if parts else (forms.Form,), {})
    return combined(data)


def _begin(act: Act) -> Any:
    def begin(desk: UserAdmin, request: HttpRequest, people: QuerySet[User]) -> HttpResponseBase:
        back_to = request.get_full_path()
        if act.is_dangerous and (asked := step_up.ask(request, back_to=back_to)):
            return asked
        confirmed = CONFIRMED in request.POST
        form = _form_of(act, request.POST if confirmed else None)
        if confirmed and form.is_valid():
            return _begun(desk, request, act, people, form)
        shown = {"number": people.count(), "form": form}
        return question(desk, request, act.label, act.explains, shown, apart_from=form.fields)

    return begin


def _answer(request: HttpRequest, form: forms.Form, name: str) -> str:
    """As it was typed; but a time with the zone of whoever typed it, since a worker has another clock."""
    given = form.cleaned_data.get(name)
    return given.isoformat() if isinstance(given, datetime) else request.POST.get(name, "")


def _begun(
    desk: UserAdmin, request: HttpRequest, act: Act, people: QuerySet[User], form: forms.Form
) -> HttpResponseBase:
    answers = {name: _answer(request, form, name) for name in act.form.base_fields} if act.form else {}
    facts, actor = client.facts(request), actor_of(request)
    try:
        job = bulk.begin(
            act=act,
            people=people,
            actor=actor,
            facts=facts,
            reason=form.cleaned_data.get("reason", ""),
            answers=answers,
        )
    except DeskProblem as refusal:
        acts.note(refusal, act.name, actor, facts)
        desk.message_user(request, str(refusal.detail), messages.ERROR)
        return redirect(request.get_full_path())
    return redirect("admin:accounts_bulkjob_change", job.pk)
