"""Teams of an organization."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from core.intake import repeated_parameters_allowed
from orgs import actor, roster
from orgs.door import Place, member_page
from orgs.errors import NameTaken
from orgs.flows import teams
from orgs.forms import TeamForm, TeamMemberForm
from orgs.models import Grant, Membership, Team, TeamMember
from orgs.permissions import Permission
from orgs.views.pages import show

LIST, TEAM = "orgs:teams", "orgs:team"
PAGE_SIZE = 100


@require_safe
@member_page(Permission.ORGANIZATION_VIEW)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    rows = Team.objects.of(place.organization).annotate(size=Count("team_members")).order_by("name")
    return show(request, place, "teams", {"rows": rows})


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.TEAMS_MANAGE, back_to=LIST)
def new(request: SignedInRequest, place: Place) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = TeamForm(data, organization=place.organization, by=place.authority)
    if form.is_valid():
        try:
            team = teams.create(organization=place.organization, by=actor.member(request), **_chosen(form))
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            return redirect("orgs:team", place.organization.slug, team.pk)
    return show(request, place, "team_edit", {"form": form})


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.TEAMS_MANAGE, back_to=TEAM, keeps="team")
def edit(request: SignedInRequest, place: Place, team: int) -> HttpResponse:
    found = _find(place, team)
    own = Grant.objects.of(place.organization).filter(team=found).values_list("role", flat=True)
    initial = {"name": found.name, "makes_admin": found.makes_admin, "roles": list(own)}
    data = request.POST if request.method == "POST" else None
    form = TeamForm(data, initial=initial, organization=place.organization, by=place.authority, team=found)
    if form.is_valid():
        try:
            teams.edit(team=found, by=actor.member(request), **_chosen(form))
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            messages.success(request, _("Saved."))
            return redirect("orgs:team", place.organization.slug, team)
    return show(request, place, "team_edit", {"form": form, "team": found})


@require_safe
@member_page(Permission.MEMBERS_VIEW)
def detail(request: SignedInRequest, place: Place, team: int) -> HttpResponse:
    return _page(request, place, _find(place, team), TeamMemberForm())


@require_POST
@member_page(Permission.TEAMS_MANAGE, back_to=TEAM, keeps="team")
def add_member(request: SignedInRequest, place: Place, team: int) -> HttpResponse:
    found = _find(place, team)
    form = TeamMemberForm(request.POST)
    if not form.is_valid():
        return _page(request, place, found, form)
    rows = Membership.objects.of(place.organization).select_related("user")
    membership = rows.filter(user__email=form.cleaned_data["email"]).first()
    if membership is None:
        form.add_error("email", _("No member has this address. Invite them first."))
        return _page(request, place, found, form)
    teams.add_member(team=found, membership=membership, by=actor.member(request))
    return redirect("orgs:team", place.organization.slug, team)


@require_POST
@member_page(Permission.TEAMS_MANAGE, back_to=TEAM, keeps="team")
def remove_member(request: SignedInRequest, place: Place, team: int, person: UUID) -> HttpResponse:
    membership = roster.find(place.organization, person)
    teams.remove_member(team=_find(place, team), membership=membership, by=actor.member(request))
    return redirect("orgs:team", place.organization.slug, team)


@require_POST
@member_page(Permission.TEAMS_MANAGE, back_to=LIST)
def delete(request: SignedInRequest, place: Place, team: int) -> HttpResponse:
    teams.delete(team=_find(place, team), by=actor.member(request))
    messages.success(request, _("The team is deleted. Its people stay members."))
    return redirect(LIST, place.organization.slug)


def _page(request: SignedInRequest, place: Place, team: Team, form: TeamMemberForm) -> HttpResponse:
    rows = TeamMember.objects.of(place.organization).filter(team=team).select_related("membership__user")
    shown = rows.order_by("membership__user__email")
    after = request.GET.get("after", "")
    if after:
        shown = shown.filter(membership__user__email__gt=after)
    found = list(shown[: PAGE_SIZE + 1])
    context = {
        "team": team,
        "form": form,
        "roles": Grant.objects.of(place.organization).filter(team=team).select_related("role"),
        "rows": found[:PAGE_SIZE],
        "following": found[PAGE_SIZE - 1].membership.user.email if len(found) > PAGE_SIZE else "",
        "page_address": reverse("orgs:team", args=[place.organization.slug, team.pk]),
    }
    return show(request, place, "team", context)


def _chosen(form: TeamForm) -> dict[str, Any]:
    return {**form.cleaned_data, "roles": list(form.cleaned_data["roles"])}


def _find(place: Place, team: int) -> Team:
    found = Team.objects.of(place.organization).select_related("organization").filter(pk=team).first()
    if found is None:
        raise Http404
    return found
