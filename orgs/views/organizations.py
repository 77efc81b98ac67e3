"""The organizations of a person, and the life of one."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import methods
from orgs import actor, branding, door, limits, overview, stages
from orgs.door import Place, member_page
from orgs.errors import Conflict, NameTaken
from orgs.flows import invitations, members, organizations
from orgs.forms import DescriptionForm, NewOrganizationForm
from orgs.models import Invitation, Membership, Team
from orgs.permissions import Permission
from orgs.views.pages import show


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    context = {
        "memberships": overview.of_person(request.user),
        "may_create": overview.may_create(request.user),
        "waiting": invitations.waiting_for(request.user),
    }
    return render(request, "orgs/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    if not overview.may_create(request.user):
        raise PermissionDenied
    form = NewOrganizationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        limits.before_new(actor.member(request))
        try:
            organization = organizations.create(
                slug=form.cleaned_data["slug"],
                name=form.cleaned_data["name"],
                owner=request.user,
                by=actor.member(request),
            )
        except NameTaken as refusal:
            form.add_error("slug", str(refusal.detail))
        else:
            messages.success(
                request, _("%(name)s is there. Invite its people next.") % {"name": organization.name}
            )
            return redirect("orgs:overview", organization.slug)
    return render(request, "orgs/new.html", {"form": form})


@require_safe
@member_page(Permission.ORGANIZATION_VIEW)
def organization(request: SignedInRequest, place: Place) -> HttpResponse:
    chosen = place.organization
    context = {
        "members": Membership.objects.of(chosen).count(),
        "teams": Team.objects.of(chosen).count(),
        "invitations": Invitation.objects.open_of(chosen).count()
        if place.may(Permission.MEMBERS_INVITE)
        else 0,
    }
    return show(request, place, "overview", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.ORGANIZATION_UPDATE)
def settings(request: SignedInRequest, place: Place) -> HttpResponse:
    # A copy, since a form writes into what it is given: the page around it shows what is stored.
    data, described = request.POST if request.method == "POST" else None, copy(place.organization)
    form = DescriptionForm(data, instance=described)
    if form.is_valid():
        organizations.describe(organization=place.organization, by=actor.member(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("orgs:settings", place.organization.slug)
    return show(request, place, "settings", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.ORGANIZATION_CLOSE, fresh=True)
def close(request: SignedInRequest, place: Place) -> HttpResponse:
    """The short name has to be typed: it cannot be undone by whoever does it."""
    slug = place.organization.slug
    typed = request.POST.get("slug", "").strip()
    if request.method == "POST" and typed == slug:
        organizations.close(organization=place.organization, by=actor.member(request))
        messages.success(request, _("%(name)s is closed.") % {"name": place.organization.name})
        return redirect("orgs:index")
    return show(request, place, "close", {"is_wrong": request.method == "POST"})


@require_POST
def leave(request: SignedInRequest, slug: str) -> HttpResponse:
    """Not through the door: nobody is kept in, also not by a pause, a suspension or a rule about signing in."""
    membership = door.membership_of(request.user, slug)
    try:
        members.leave(membership=membership, by=actor.member(request))
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        left = _("You are no longer a member of %(name)s.") % {"name": membership.organization.name}
        messages.success(request, left)
    return redirect("orgs:index")


@require_safe
@cache_control(private=True, max_age=300)
@member_page(Permission.ORGANIZATION_VIEW)
def brand(request: SignedInRequest, place: Place) -> HttpResponse:
    if not place.organization.accent:
        raise Http404
    return HttpResponse(branding.stylesheet(place.organization.accent), content_type="text/css")


@login_not_required
@require_safe
def other_way(request: HttpRequest) -> HttpResponse:
    """Where somebody ends whose organization does not take the way they signed in by."""
    refusing = stages.refused_by(request)
    if not refusing:
        return redirect("account_login")
    context = {
        "demands": [
            {"name": policy.organization.name, "ways": methods.in_words(policy.ways)} for policy in refusing
        ],
        "pages": methods.pages(dict.fromkeys(way for policy in refusing for way in policy.ways)),
    }
    return render(request, "orgs/other_way.html", context, status=403)
