"""What the admin site shows of organizations; what may be done to them are the flows, with their evidence."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from core.desk import filters, lists, search
from core.desk.base import DeskAdmin, action
from core.desk.permissions import SitePermission, reach
from orgs import actor
from orgs.flows import organizations
from orgs.forms import NewOrganizationForm
from orgs.models import Membership, Organization

# What to type, to find what belongs to an organization.
NAMED = _("short name or name")


class OrganizationForm(NewOrganizationForm):
    owner = forms.CharField(
        label=_("Owner's address"), max_length=254, help_text=_("Somebody with an account.")
    )

    def clean_owner(self) -> User:
        owner = User.objects.with_address(self.cleaned_data["owner"]).first()
        if owner is None:
            raise forms.ValidationError(_("Nobody has this address."))
        return owner


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Whom to ask. All members are found in the list of people."""

    model = Membership
    template = "admin/orgs/organization/members.html"
    verbose_name_plural = _("Owners and admins")
    fields = readonly_fields = ("user", "role", "joined_at", "paused_at")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(role__in=["owner", "admin"]).select_related("user")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(reach(request.user, SitePermission.ORGANIZATIONS_VIEW))


class OfOrganization(filters.Typed):
    """Nobody learns by it who belongs to an organization that they do not see."""

    title = _("organization")
    parameter_name = "organization"
    example = NAMED

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        text = (self.value() or "").strip()
        if not text:
            return queryset
        found = Organization.objects.called(text)
        held = reach(request.user, SitePermission.ORGANIZATIONS_VIEW)
        if not held.everywhere:
            found = found.filter(public_id__in=held.organizations)
        if not found.exists():
            self.note = filters.unknown(text)
        members = Membership.across_organizations.filter(organization__in=found.values("pk"))
        return queryset.filter(pk__in=members.values("user"))


lists.narrow(User, OfOrganization)


@admin.register(Organization)
class OrganizationAdmin(DeskAdmin):
    view_permission = SitePermission.ORGANIZATIONS_VIEW
    add_permission = SitePermission.ORGANIZATIONS_MANAGE
    # What is made here is vouched for.
    is_form_dangerous = True
    list_display = ("name", "slug", "status", "is_trusted", "size", "created_at")
    list_filter = ("status", "is_trusted", filters.days("created_at", _("created")))
    finds = (
        search.public_id("public_id"),
        search.either(search.beginning("slug"), search.words("name")),
    )
    search_help_text = _("The beginning of its short name, words of its name, or its public id.")
    fields = ("public_id", "name", "slug", "status", "is_trusted", "website", "support_email", "created_at")
    form = OrganizationForm
    inlines = (MembershipInline,)
    actions = ("suspend", "resume", "vouch", "stop_vouching", "reopen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Counted for the rows of one page only: a join would count every membership there is."""
        rows: QuerySet[Organization] = super().get_queryset(request)
        here = Membership.across_organizations.filter(organization=OuterRef("pk")).order_by()
        counted = here.values("organization").annotate(number=Count("pk")).values("number")
        return rows.annotate(_size=Coalesce(Subquery(counted), 0))

    @admin.display(description=_("members"))
    def size(self, organization: Organization) -> int:
        return int(vars(organization)["_size"])

    def within(self, rows: QuerySet[Organization], organizations: Collection[UUID]) -> QuerySet[Organization]:
        return rows.filter(public_id__in=organizations)

    def get_inlines(self, request: HttpRequest, obj: Organization | None) -> Any:
        return self.inlines if obj else ()

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        return self.fields if obj else ("name", "slug", "owner")

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        return self.fields if obj else ()

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        made = organizations.create(
            slug=obj.slug, name=obj.name, owner=form.cleaned_data["owner"], by=actor.operator(request)
        )
        obj.pk = made.pk

    def in_question(self, row: Organization) -> str:
        return f"{row.name} ({row.slug})"

    @action(
        SitePermission.ORGANIZATIONS_MANAGE,
        _("Suspend"),
        explains=_("Nothing of it opens to its people any more, and nothing is lost. They are told."),
    )
    def suspend(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        by = actor.operator(request)
        self._say(request, sum(organizations.suspend(organization=row, by=by) for row in chosen))

    @action(
        SitePermission.ORGANIZATIONS_MANAGE,
        _("End the suspension"),
        explains=_("Its people come in again. They are told."),
    )
    def resume(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        by = actor.operator(request)
        self._say(request, sum(organizations.resume(organization=row, by=by) for row in chosen))

    @action(
        SitePermission.ORGANIZATIONS_MANAGE,
        _("Vouch for it"),
        explains=_("Its rules govern how its people sign in, wherever they go on this site."),
        is_dangerous=True,
    )
    def vouch(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        self._vouch(request, chosen, is_trusted=True)

    @action(
        SitePermission.ORGANIZATIONS_MANAGE,
        _("Vouch for it no longer"),
        explains=_("Its rules hold at its own door only."),
        is_dangerous=True,
    )
    def stop_vouching(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        self._vouch(request, chosen, is_trusted=False)

    @action(
        SitePermission.ORGANIZATIONS_MANAGE,
        _("Open a closed one again"),
        explains=_("Its members come in as before it was closed."),
    )
    def reopen(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        by = actor.operator(request)
        self._say(request, sum(organizations.reopen(organization=row, by=by) for row in chosen))

    def _vouch(self, request: HttpRequest, chosen: QuerySet[Organization], *, is_trusted: bool) -> None:
        by = actor.operator(request)
        done = [organizations.vouch(organization=row, is_trusted=is_trusted, by=by) for row in chosen]
        self._say(request, sum(done))

    def _say(self, request: HttpRequest, count: int) -> None:
        text = ngettext("Done for %(count)d organization.", "Done for %(count)d organizations.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
