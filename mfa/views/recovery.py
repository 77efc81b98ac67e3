"""Recovery codes: shown in the answer to the request that made them, and never again."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client, errors
from core.intake import repeated_parameters_allowed
from mfa.factors import recovery
from mfa.flows import changes

PAGE = "mfa:factors"


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def renew(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "mfa/renew_codes.html", {"left": recovery.left(request.user).count()})
    codes = changes.renew_codes(user=request.user, facts=client.facts(request))
    return page(request, codes) if codes else redirect(PAGE)


@repeated_parameters_allowed
@sensitive_post_parameters("code")
@require_POST
@fresh_sign_in_required(back_to=PAGE)
def download(request: SignedInRequest) -> HttpResponse:
    """The page brings them along, since nobody else has them; what is not a code of this person's is not echoed."""
    return file(request.user, request.POST.getlist("code"))


def file(user: User, codes: list[str]) -> HttpResponse:
    if not codes or not recovery.are_of(user, codes):
        raise errors.BadInput
    title = _("Recovery codes for %(account)s at %(site)s. Each works once.") % {
        "account": user.email,
        "site": settings.SITE_NAME,
    }
    text = "\r\n".join([title, settings.BASE_URL, "", *codes, ""])
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


def page(request: SignedInRequest, codes: list[str]) -> HttpResponse:
    # The address of this answer would make new ones.
    return render(request, "mfa/recovery_codes.html", {"codes": codes, "page_address": reverse(PAGE)})
