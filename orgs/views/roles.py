"""Which role may do what, and roles of an organization's own."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from core.intake import repeated_parameters_allowed
from orgs import actor
from orgs.door import Place, member_page
from orgs.errors import NameTaken
from orgs.flows import roles
from orgs.forms import RoleForm
from orgs.models import Role
from orgs.permissions import BuiltIn, Permission
from orgs.views.pages import show

LIST = "orgs:roles"


@require_safe
@member_page(Permission.ORGANIZATION_VIEW)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    """The matrix: a line for each permission, a column for each role."""
    own = list(Role.objects.of(place.organization).order_by("name"))
    built_in = place.authority.built_in
    columns = [built_in[role] for role in BuiltIn.values] + [frozenset(role.permissions) for role in own]
    context = {
        "built_in": [role.label for role in BuiltIn],
        "own": own,
        "lines": [(permission, [permission in column for column in columns]) for permission in Permission],
    }
    return show(request, place, "roles", context)


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.ROLES_MANAGE, back_to=LIST, fresh=True)
def new(request: SignedInRequest, place: Place) -> HttpResponse:
    form = RoleForm(request.POST if request.method == "POST" else None, by=place.authority)
    if form.is_valid():
        try:
            roles.create(organization=place.organization, by=actor.member(request), **form.cleaned_data)
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            messages.success(request, _("The role is there. Give it to a member or a team."))
            return redirect(LIST, place.organization.slug)
    return show(request, place, "role", {"form": form})


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.ROLES_MANAGE, back_to=LIST, fresh=True)
def edit(request: SignedInRequest, place: Place, role: int) -> HttpResponse:
    found = _find(place, role)
    initial = {"name": found.name, "permissions": found.permissions}
    data = request.POST if request.method == "POST" else None
    form = RoleForm(data, initial=initial, by=place.authority, present=found.permissions)
    if form.is_valid():
        try:
            roles.edit(role=found, by=actor.member(request), **form.cleaned_data)
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            messages.success(request, _("The role is changed, for everybody who has it."))
            return redirect(LIST, place.organization.slug)
    return show(request, place, "role", {"form": form, "role": found})


@require_POST
@member_page(Permission.ROLES_MANAGE, back_to=LIST, fresh=True)
def delete(request: SignedInRequest, place: Place, role: int) -> HttpResponse:
    roles.delete(role=_find(place, role), by=actor.member(request))
    messages.success(request, _("The role is deleted. Who had it keeps their other roles."))
    return redirect(LIST, place.organization.slug)


def _find(place: Place, role: int) -> Role:
    found = Role.objects.of(place.organization).select_related("organization").filter(pk=role).first()
    if found is None:
        raise Http404
    return found
