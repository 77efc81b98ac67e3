"""Roles, what each allows, and who has them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.admin.actor import actor_of, say, whose
from accounts.desk import acts
from accounts.desk.acts import Order
from accounts.desk.errors import DeskProblem
from accounts.desk.forms import RoleForm
from accounts.flows import roles
from accounts.models import Impersonation, Role, RoleGrant
from accounts.roles import catalogue, organizations
from accounts.roles.catalogue import BuiltInRole
from core import client
from core.desk import search
from core.desk.base import DeskAdmin, action
from core.desk.lists import KeysetList
from core.desk.permissions import SitePermission


class RoleModelForm(forms.ModelForm):  # type: ignore[type-arg]
    permissions = RoleForm.base_fields["permissions"]

    class Meta:
        model = Role
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["permissions"] = [permission.value for permission in self.instance.holds]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if catalogue.is_built_in(name.lower()):
            raise forms.ValidationError(_("That is the name of a role that comes with the site."))
        return name


@admin.register(Role)
class RoleAdmin(DeskAdmin):
    view_permission = SitePermission.ROLES_VIEW
    add_permission = change_permission = SitePermission.ROLES_MANAGE
    is_form_dangerous = True
    list_display = ("name_in_words", "is_of_the_site")
    list_display_links = ("name_in_words",)
    order = ("name", "pk")
    form = RoleModelForm
    actions = ("remove",)
    change_list_template = "admin/accounts/role/change_list.html"

    @admin.display(description=_("role"))
    def name_in_words(self, role: Role) -> str:
        return str(role)

    @admin.display(boolean=True, description=_("comes with the site"))
    def is_of_the_site(self, role: Role) -> bool:
        return role.is_built_in

    def get_urls(self) -> list[URLPattern]:
        own = [path("matrix/", self.admin_site.admin_view(self.matrix), name="accounts_role_matrix")]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What comes with the site means the same everywhere; a role of one's own can be made beside it."""
        return super().has_change_permission(request, obj) and not (obj is not None and obj.is_built_in)

    def get_fields(self, request: HttpRequest, obj: Role | None = None) -> Any:
        changeable = obj is None or self.has_change_permission(request, obj)
        return ("name", "permissions") if changeable else ("name_in_words", "permissions_in_words")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> Any:
        changeable = obj is None or self.has_change_permission(request, obj)
        return () if changeable else ("name_in_words", "permissions_in_words")

    @admin.display(description=_("What it allows"))
    def permissions_in_words(self, role: Role) -> str:
        return ", ".join(str(permission.label) for permission in SitePermission if permission in role.holds)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DeskProblem as refusal:
            acts.note(refusal, "role", actor_of(request), client.facts(request))
            self.message_user(request, str(refusal.detail), messages.ERROR)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        wanted = {SitePermission(value) for value in form.cleaned_data["permissions"]}
        actor, facts = actor_of(request), client.facts(request)
        if change:
            roles.edit(role=obj, name=obj.name, permissions=wanted, actor=actor, facts=facts)
        else:
            obj.pk = roles.create(name=obj.name, permissions=wanted, actor=actor, facts=facts).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The flow has written the permissions as well."""

    @action(
        SitePermission.ROLES_MANAGE,
        _("Delete the chosen roles"),
        explains=_("Whoever has one of them has it no more. Roles that come with the site stay."),
        is_dangerous=True,
        only=lambda chosen: chosen.exclude(name__in=BuiltInRole.values),
    )
    def remove(self, request: HttpRequest, chosen: QuerySet[Role]) -> None:
        removed = 0
        for role in chosen:
            try:
                roles.delete(role=role, actor=actor_of(request), facts=client.facts(request))
            except DeskProblem as refusal:
                acts.note(refusal, "role", actor_of(request), client.facts(request))
                self.message_user(request, f"{role}: {refusal.detail}", messages.ERROR)
            else:
                removed += 1
        say(self, request, removed)

    def matrix(self, request: HttpRequest) -> HttpResponse:
        """Every permission with the roles that bring it."""
        self._require_view(request)
        every = list(Role.objects.prefetch_related("permissions").order_by("name"))
        held = {role.pk: {row.codename for row in role.permissions.all()} for role in every}
        rows = [
            (permission, [permission.value in held[role.pk] for role in every])
            for permission in SitePermission
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Roles and what they allow"),
            "opts": self.model._meta,
            "roles": every,
            "owner": catalogue.OWNER,
            "rows": rows,
        }
        return TemplateResponse(request, "admin/accounts/role/matrix.html", context)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


class GrantList(KeysetList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = {grant.organization for grant in self.result_list if grant.organization}
        names = organizations.directory().names(ids)
        for grant in self.result_list:
            vars(grant)["place"] = names.get(grant.organization, "")


@admin.register(RoleGrant)
class RoleGrantAdmin(DeskAdmin):
    """Who has which role, and who had it. They are given on the page of a person."""

    view_permission = SitePermission.ROLES_VIEW
    list_display = ("user", "role", "only_for", "given_by", "given_at", "ends_at", "ended_at")
    list_select_related = ("user", "role", "given_by")
    finds = (search.public_id("user__public_id"), search.beginning("user__email"))
    fields = ("user", "role", "only_for", "reason", "given_by", "given_at", "ends_at", "ended_at")
    actions = ("take",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[GrantList]:
        return GrantList

    @admin.display(description=_("only for the organization"))
    def only_for(self, grant: RoleGrant) -> str:
        if grant.organization is None:
            return ""
        return str(vars(grant).get("place") or organizations.name(grant.organization))

    def in_question(self, row: RoleGrant) -> str:
        place = self.only_for(row)
        return whose(row.user, row.role, place and _("only for %(organization)s") % {"organization": place})

    @action(
        SitePermission.ROLES_GIVE,
        _("Take the chosen roles"),
        explains=_("What they bring is gone with their next click. They are told."),
        is_dangerous=True,
    )
    def take(self, request: HttpRequest, grants: QuerySet[RoleGrant]) -> HttpResponseBase | None:
        act, taken = acts.named("take-role"), 0
        for grant in grants.select_related("user"):
            order = Order(grant.user, actor_of(request), client.facts(request), item=str(grant.pk))
            try:
                acts.carry_out(act, order)
            except DeskProblem as refusal:
                self.message_user(request, f"{grant.user}: {refusal.detail}", messages.ERROR)
            else:
                taken += 1
        say(self, request, taken)
        return None


@admin.register(Impersonation)
class ImpersonationAdmin(DeskAdmin):
    """Who acted in whose place, when and why."""

    view_permission = SitePermission.ROLES_VIEW
    list_display = ("actor", "user", "reason", "began_at", "ends_at", "ended_at")
    list_select_related = ("actor", "user")
    fields = ("actor", "user", "reason", "began_at", "ends_at", "ended_at")
