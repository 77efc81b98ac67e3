"""The rules of an organization, and what happened in it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import methods, reauthentication
from core import paging
from core.intake import repeated_parameters_allowed
from orgs import actor
from orgs.door import Place, leave_evidence, member_page
from orgs.errors import WouldLockOwnersOut, WouldLockYouOut
from orgs.flows import activity, policy
from orgs.forms import PolicyForm
from orgs.permissions import Permission
from orgs.views.pages import show

PAGE = "orgs:policy"


@require_safe
@member_page(Permission.ORGANIZATION_VIEW)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    """Everybody may read the rules that hold for them."""
    return _page(request, place, PolicyForm(initial=PolicyForm.values_of(place.organization.policy)))


@repeated_parameters_allowed
@require_POST
@member_page(Permission.POLICY_MANAGE, back_to=PAGE, fresh=True)
def edit(request: SignedInRequest, place: Place) -> HttpResponse:
    form = PolicyForm(request.POST, initial=PolicyForm.values_of(place.organization.policy))
    if not form.is_valid():
        return _page(request, place, form)
    used = reauthentication.methods_used(request, organization=place.organization.public_id)
    try:
        policy.edit(
            organization=place.organization, by=actor.member(request), signed_in_by=used, **form.rules()
        )
    except (WouldLockYouOut, WouldLockOwnersOut) as refusal:
        leave_evidence(request, actor.member(request), place.organization.slug, refusal)
        form.add_error("ways", str(refusal.detail))
        return _page(request, place, form)
    messages.success(request, _("The rules are changed. They hold from now on."))
    return redirect(PAGE, place.organization.slug)


@require_safe
@member_page(Permission.ACTIVITY_VIEW)
def happenings(request: SignedInRequest, place: Place) -> HttpResponse:
    entries, following = activity.page(place.organization, before=paging.before(request))
    return show(request, place, "activity", {"entries": entries, "following": following})


def _page(request: SignedInRequest, place: Place, form: PolicyForm) -> HttpResponse:
    ways = methods.in_words(place.organization.policy.ways)
    context = {
        "form": form,
        "policy": place.organization.policy,
        "ways": ways,
        "page_address": reverse(PAGE, args=[place.organization.slug]),
    }
    return show(request, place, "policy", context)
