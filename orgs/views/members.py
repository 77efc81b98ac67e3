"""Who belongs to an organization, and what they may do in it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from orgs import actor, authority
from orgs.door import Place, member_page
from orgs.flows import members
from orgs.forms import MemberFilterForm, MemberRolesForm
from orgs.models import Grant, Membership, Organization, TeamMember
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
    rows = _filtered(chosen, form) if form.is_valid() else Membership.objects.of(chosen).none()
    total = rows.count()
    after = request.GET.get("after", "")
    if after:
        rows = rows.filter(user__email__gt=after)
    found = list(_with_names(chosen, rows).order_by("user__email")[: PAGE_SIZE + 1])
    following = ""
    if len(found) > PAGE_SIZE:
        query = request.GET.copy()
        query["after"] = found[PAGE_SIZE - 1].user.email
        following = query.urlencode()
    context = {"form": form, "rows": found[:PAGE_SIZE], "total": total, "following": following}
    return show(request, place, "members", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(Permission.MEMBERS_VIEW)
def detail(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    """What one member may do, with the reasons; the forms are there for whoever may change it."""
    membership = find(place.organization, person)
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


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person", fresh=True)
def change_roles(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    membership = find(place.organization, person)
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
    members.pause(membership=find(place.organization, person), by=actor.member(request))
    messages.success(request, _("Their access is paused from now on, and they are told."))
    return redirect("orgs:member", place.organization.slug, person)


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person")
def resume(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    members.resume(membership=find(place.organization, person), by=actor.member(request))
    messages.success(request, _("They have access again."))
    return redirect("orgs:member", place.organization.slug, person)


@require_POST
@member_page(Permission.MEMBERS_MANAGE, back_to=MEMBER, keeps="person", fresh=True)
def remove(request: SignedInRequest, place: Place, person: UUID) -> HttpResponse:
    membership = find(place.organization, person)
    members.remove(membership=membership, by=actor.member(request))
    messages.success(request, _("%(name)s is removed.") % {"name": membership.user.get_full_name()})
    return redirect(LIST, place.organization.slug)


def find(organization: Organization, person: UUID) -> Membership:
    rows = authority.readable(Membership.objects.of(organization).select_related("user"))
    membership = rows.filter(user__public_id=person).first()
    if membership is None:
        raise Http404
    return membership


def _filtered(organization: Organization, form: MemberFilterForm) -> QuerySet[Membership]:
    rows, wanted = Membership.objects.of(organization), form.cleaned_data
    if wanted["q"]:
        rows = rows.filter(Q(user__email__icontains=wanted["q"]) | Q(user__name__icontains=wanted["q"]))
    if wanted["role"]:
        rows = rows.filter(role=wanted["role"])
    if wanted["team"]:
        rows = rows.filter(teams__team=wanted["team"])
    if wanted["state"]:
        rows = rows.filter(paused_at__isnull=wanted["state"] == "active")
    return rows


def _with_names(organization: Organization, rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """With the names of teams and roles beside each, in the same statement."""
    teams = TeamMember.objects.of(organization).filter(membership=OuterRef("pk")).order_by("team__name")
    grants = Grant.objects.of(organization).filter(membership=OuterRef("pk")).order_by("role__name")
    return rows.select_related("user").annotate(
        team_names=ArraySubquery(teams.values("team__name")),
        role_names=ArraySubquery(grants.values("role__name")),
    )
