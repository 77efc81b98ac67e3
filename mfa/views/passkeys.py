"""Passkeys: adding, renaming, removing, and signing in with one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import pipeline, reauthentication
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client, errors, redirects
from mfa import limits, webauthn
from mfa.errors import LastFactor, PasskeyRefused
from mfa.factors import passkeys, registry
from mfa.flows import arrival, changes
from mfa.forms import NameForm
from mfa.models import Passkey
from mfa.views import recovery

PAGE = "mfa:factors"
# The field that a script fills with what the device answered.
ANSWER = "code"


@login_not_required
@require_POST
def question(request: HttpRequest) -> HttpResponse:
    """For the sign-in page, once a script is there that can put it to the browser."""
    limits.before_question(request)
    return JsonResponse(passkeys.question_to_anybody())


@login_not_required
@sensitive_post_parameters(ANSWER)
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    limits.before_passkey(request)
    passkey = arrival.show_passkey(answer=answer_in(request), facts=client.facts(request))
    after = redirects.next_address(request) or ""
    if passkey is None:
        page = reverse("account_login")
        return refused(request, redirects.with_next(page, after) if after else page)
    return pipeline.sign_in(
        request, user=passkey.user, method=passkeys.METHOD, next_address=after, passkey=passkey.pk
    )


@sensitive_post_parameters(ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def add(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        limits.before_passkey(request)
        facts = client.facts(request)
        added = changes.add_passkey(user=request.user, answer=answer_in(request), facts=facts)
        return _added(request, added) if added else refused(request, reverse("mfa:add-passkey"))
    if passkeys.of(request.user).count() >= passkeys.AT_MOST:
        messages.error(request, _("That is as many passkeys as one account can have. Remove one first."))
        return redirect(PAGE)
    return render(request, "mfa/add_passkey.html", {"question": passkeys.begin(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def rename(request: SignedInRequest, pk: int) -> HttpResponse:
    passkey = _passkey(request, pk)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": passkey.name})
    if not form.is_valid():
        return render(request, "mfa/rename.html", {"form": form, "factor": passkey})
    name = form.cleaned_data["name"]
    changes.rename_passkey(user=request.user, pk=pk, name=name, facts=client.facts(request))
    messages.success(request, _("Saved."))
    return redirect(PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    passkey = _passkey(request, pk)
    if request.method != "POST":
        is_last = registry.is_last(request.user, of_kind=passkeys.of(request.user).count())
        return render(request, "mfa/remove_passkey.html", {"passkey": passkey, "is_last": is_last})
    try:
        changes.remove_passkey(user=request.user, pk=pk, facts=client.facts(request))
    except LastFactor as refusal:
        if errors.wants_json(request):
            raise
        messages.error(request, str(refusal.detail))
        return redirect(PAGE)
    except changes.LastWayIn:
        messages.error(request, _("It is the only way into your account. Choose a password first."))
        return redirect(PAGE)
    still_on = registry.protects(request.user)
    text = _("%(name)s is removed.") % {"name": passkey.name} if still_on else _("The second step is off.")
    messages.success(request, text)
    return redirect(PAGE)


def answer_in(request: HttpRequest) -> webauthn.Answer:
    try:
        return webauthn.read(request.POST.get(ANSWER, ""))
    except webauthn.Malformed:
        raise errors.BadInput from None


def refused(request: HttpRequest, page: str) -> HttpResponse:
    refusal = PasskeyRefused()
    if errors.wants_json(request):
        raise refusal
    messages.error(request, str(refusal.detail))
    return redirect(page)


def _added(request: SignedInRequest, added: changes.Added) -> HttpResponse:
    # The device has just asked who holds it: nobody is asked for it again at once.
    reauthentication.confirmed(request, method=passkeys.METHOD)
    if added.codes:
        messages.success(request, _("The second step is on."))
        return recovery.page(request, added.codes)
    messages.success(request, _("%(name)s is added.") % {"name": added.name})
    return redirect(PAGE)


def _passkey(request: SignedInRequest, pk: int) -> Passkey:
    passkey = passkeys.of(request.user).filter(pk=pk).first()
    if passkey is None:
        raise Http404
    return passkey
