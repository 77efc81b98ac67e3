"""Who belongs to an organization, and what they may do in it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from core.intake import repeated_parameters_allowed
from orgs import actor, authority, roster
from orgs.door import Place, member_page
from orgs.flows import members
from orgs.forms import MemberFilterForm, MemberRolesForm
from orgs.models import Grant, Membership
from orgs.permissions import Permission
from orgs.views.pages import show

PAGE_SIZE = 50
LIST, MEMBER = "orgs:members", "orgs:member"


@require_safe
@member_page(Permission.MEMBERS_VIEW)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    """A page at a time, by address: the last one on a page is where the next one begins."""
    chosen = place.organization
    form = MemberFilterForm(request.GET, organization=chosen)
    is_valid = form.is_valid()
    rows = roster.filtered(chosen, form.cleaned_data) if is_valid else Membership.objects.of(chosen).none()
    found, last = roster.page(chosen, rows, after=request.GET.get("after", ""), size=PAGE_SIZE)
    following = ""
    if last:
        query = request.GET.copy()
        query["after"] = last
        following = query.urlencode()
    context = {"form": form, "rows": found, "total": rows.count(), "following": following}
    return show(request, place, "members", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.MEMBERS_VIEW)
def detail(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    """What one member may do, with the reasons; the forms are there for whoever may change it."""
    membership = roster.find(place.organization, person)
    theirs = authority.of(membership)
    own = Grant.objects.of(place.organization).filter(membership=membership).values_list("role", flat=True)
    context = {
        "membership": membership,
        "reasons": [(permission, theirs.reasons.get(permission, [])) for permission in Permission],
        "form": MemberRolesForm(
            membership=membership,
            by=place.authority,
            initial={"role": membership.role, "own_roles": list(own)},
        ),
        "is_above": not place.authority.stands_over(theirs),
        "is_you": membership.user_id == request.user.pk,
    }
    return show(request, place, "member", context)


@repeated_parameters_allowed
@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person", fresh=True)
def change_roles(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    membership = roster.find(place.organization, person)
    form = MemberRolesForm(request.POST, membership=membership, by=place.authority)
    if not form.is_valid():
        messages.error(request, _("Those roles are not there any more. Nothing was changed."))
    elif members.change_role(
        membership=membership,
        role=form.cleaned_data["role"],
        own_roles=list(form.cleaned_data["own_roles"]),
        by=actor.member(request),
    ):
        messages.success(request, _("Their roles are changed, and they are told."))
    return redirect("orgs:member", place.organization.slug, person)


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person")
def pause(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    members.pause(membership=roster.find(place.organization, person), by=actor.member(request))
    messages.success(request, _("Their access is paused from now on, and they are told."))
    return redirect("orgs:member", place.organization.slug, person)


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person")
def resume(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    members.resume(membership=roster.find(place.organization, person), by=actor.member(request))
    messages.success(request, _("They have access again."))
    return redirect("orgs:member", place.organization.slug, person)


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person", fresh=True)
def remove(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    membership = roster.find(place.organization, person)
    members.remove(membership=membership, by=actor.member(request))
    messages.success(request, _("%(name)s is removed.") % {"name": membership.user.get_full_name()})
    return redirect(LIST, place.organization.slug)
