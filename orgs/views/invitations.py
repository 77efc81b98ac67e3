"""Inviting people, and the page that an invitation opens."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.flows import unproved
from accounts.forms import AddressForm, InvitedForm
from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import limits as sign_in_limits
from accounts.sign_in import methods, pipeline
from core import client, paging, redirects
from orgs import actor, limits, names
from orgs.actor import Actor
from orgs.door import Place, leave_evidence, member_page
from orgs.errors import AlreadyMember, Conflict, OutsideDomains
from orgs.flows import invitations
from orgs.forms import InviteForm
from orgs.models import Invitation, Membership, Team
from orgs.permissions import BuiltIn, Permission
from orgs.views.pages import show

LIST = "orgs:invitations"
SHOWN = 100
GONE = 410


@require_safe
@member_page(Permission.MEMBERS_INVITE)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    return _page(request, place, _form(place))


@require_POST
@member_page(Permission.MEMBERS_INVITE, back_to=LIST)
def invite(request: SignedInRequest, place: Place) -> HttpResponse:
    form = _form(place, request.POST)
    if not form.is_valid():
        return _page(request, place, form)
    wanted = form.cleaned_data
    limits.before_invitation(actor.member(request), place.organization, wanted["email"])
    try:
        invitations.invite(
            organization=place.organization,
            email=wanted["email"],
            role=wanted["role"],
            team=wanted.get("team"),
            for_anybody=wanted["for_anybody"],
            by=actor.member(request),
        )
    except (AlreadyMember, OutsideDomains) as refusal:
        leave_evidence(request, actor.member(request), place.organization.slug, refusal)
        form.add_error("email", str(refusal.detail))
        return _page(request, place, form)
    messages.success(request, _("%(email)s is invited.") % {"email": wanted["email"]})
    return redirect(LIST, place.organization.slug)


@require_POST
@member_page(Permission.MEMBERS_INVITE, back_to=LIST)
def resend(request: SignedInRequest, place: Place, invitation: UUID) -> HttpResponse:
    found = _find(place, invitation)
    limits.before_invitation(actor.member(request), place.organization, found.email)
    invitations.resend(invitation=found, by=actor.member(request))
    messages.success(request, _("The mail is on its way again. The link in the former one has ended."))
    return redirect(LIST, place.organization.slug)


@require_POST
@member_page(Permission.MEMBERS_INVITE, back_to=LIST)
def withdraw(request: SignedInRequest, place: Place, invitation: UUID) -> HttpResponse:
    invitations.withdraw(invitation=_find(place, invitation), by=actor.member(request))
    messages.success(request, _("That invitation no longer works."))
    return redirect(LIST, place.organization.slug)


@login_not_required
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing, so that a mail scanner may do it; joining takes a press."""
    found = invitations.find(token)
    if found is None or not found.is_open or not found.organization.is_active:
        return _over(request, found)
    if isinstance(request.user, User):
        return _accept_signed_in(request, found)
    if found.for_anybody:
        return _claim(request, found, token)
    has_account = unproved.has_owner(found.email)
    if has_account or not invitations.may_sign_up(found):
        return _page_of(request, found, has_account=has_account, sign_in=_sign_in_address(request))
    return _accept_as_new(request, found, token)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: SignedInRequest, invitation: UUID) -> HttpResponse:
    """The same page without the mail, from the list of one's organizations."""
    found = invitations.waiting_for(request.user).filter(public_id=invitation).first()
    if found is None:
        raise Http404
    return _accept_signed_in(request, found)


def _accept_signed_in(request: HttpRequest, found: Invitation) -> HttpResponse:
    by = actor.member(request)
    is_member = Membership.objects.of(found.organization).filter(user=by.user).exists()
    if is_member:
        messages.info(request, _("You are a member already."))
        return redirect("orgs:overview", found.organization.slug)
    is_for_you = by.user is not None and invitations.is_for(found, by.user)
    if request.method != "POST" or not is_for_you:
        return _page_of(request, found, is_for_you=is_for_you, is_wrong_account=not is_for_you)
    try:
        invitations.accept(invitation=found, by=by)
    except Conflict as refusal:
        return _page_of(request, found, refusal=refusal.detail, status=refusal.status)
    messages.success(request, _("Welcome to %(name)s.") % {"name": found.organization.name})
    return redirect("orgs:overview", found.organization.slug)


def _accept_as_new(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    form = InvitedForm(User(email=found.email), request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page_of(request, found, form=form, sign_in=_sign_in_address(request))
    sign_in_limits.before_sign_up(request)
    try:
        user = invitations.accept_as_new(
            token=token,
            password=form.cleaned_data["new_password"],
            name=form.cleaned_data["name"],
            by=Actor(None, client.facts(request)),
        )
    except OutsideDomains as refusal:
        return _page_of(request, found, refusal=refusal.detail, status=refusal.status)
    except Conflict:
        return _over(request, invitations.find(token))
    after = reverse("orgs:overview", args=[found.organization.slug])
    return pipeline.sign_in(request, user=user, method="password", next_address=after, signed_up=True)


def _claim(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    """Whoever brings the link need not be whom it was mailed to: their own mailbox has to be asked."""
    sign_in = _sign_in_address(request)
    if not invitations.may_open_accounts(found):
        return _page_of(request, found, sign_in=sign_in)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page_of(request, found, address_form=form, sign_in=sign_in)
    email = form.cleaned_data["email"]
    sign_in_limits.before_sign_up(request)
    limits.before_claim(found.organization, email)
    try:
        invitations.claim(token=token, email=email, by=Actor(None, client.facts(request)))
    except OutsideDomains as refusal:
        return _page_of(request, found, refusal=refusal.detail, status=refusal.status)
    except Conflict:
        return _over(request, invitations.find(token))
    return _page_of(request, found, mailed_to=email)


def _page_of(request: HttpRequest, found: Invitation, status: int = 200, **context: Any) -> HttpResponse:
    policy = found.organization.policy
    ways = methods.in_words(policy.ways)
    # Whoever reads it may be a stranger to them.
    context["inviter"] = names.of_person(found.invited_by) if found.invited_by else ""
    shown = {"found": found, "organization": found.organization, "policy": policy, "ways": ways, **context}
    return render(request, "orgs/accept_invitation.html", shown, status=status)


def _over(request: HttpRequest, found: Invitation | None) -> HttpResponse:
    return render(request, "orgs/accept_invitation.html", {"found": found, "over": True}, status=GONE)


def _sign_in_address(request: HttpRequest) -> str:
    return redirects.with_next(reverse("account_login"), request.path)


def _form(place: Place, data: Any = None) -> InviteForm:
    roles = [role for role in BuiltIn.values if place.authority.may_give(role)]
    return InviteForm(data, roles=roles, teams=Team.objects.of(place.organization).order_by("name"))


def _page(request: SignedInRequest, place: Place, form: InviteForm) -> HttpResponse:
    rows = invitations.listed(place.organization)
    before = paging.before(request)
    found = list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])
    context = {
        "form": form,
        "rows": found[:SHOWN],
        "following": found[SHOWN - 1].pk if len(found) > SHOWN else None,
        "page_address": reverse(LIST, args=[place.organization.slug]),
    }
    return show(request, place, "invitations", context)


def _find(place: Place, invitation: UUID) -> Invitation:
    rows = Invitation.objects.of(place.organization).select_related("organization", "team__organization")
    found = rows.filter(public_id=invitation).first()
    if found is None:
        raise Http404
    return found
