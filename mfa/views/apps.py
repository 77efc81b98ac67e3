"""Authenticator apps: adding, renaming, removing."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.pages.requests import SignedInRequest
from accounts.sign_in import reauthentication
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client, errors
from mfa import codes, qr
from mfa.errors import LastFactor
from mfa.factors import authenticator, registry
from mfa.flows import changes
from mfa.forms import AddAppForm, NameForm
from mfa.models import Authenticator
from mfa.views import recovery

PAGE = "mfa:factors"


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def add(request: SignedInRequest) -> HttpResponse:
    user = request.user
    if authenticator.of(user).count() >= authenticator.AT_MOST:
        messages.error(request, _("That is as many apps as one account can have. Remove one first."))
        return redirect(PAGE)
    initial = {"name": authenticator.default_name()}
    form = AddAppForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        added = changes.add_app(
            user=user,
            session=request.session,
            typed=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            facts=client.facts(request),
        )
        if added is not None:
            return _added(request, added)
        form.refuse()
    secret = authenticator.begin(request.session, user)
    address = authenticator.address(secret, user)
    context = {"form": form, "qr": qr.drawn(address), "key": codes.grouped(secret), "address": address}
    return render(request, "mfa/add_app.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def rename(request: SignedInRequest, pk: int) -> HttpResponse:
    app = _app(request, pk)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": app.name})
    if not form.is_valid():
        return render(request, "mfa/rename.html", {"form": form, "factor": app})
    name = form.cleaned_data["name"]
    changes.rename_app(user=request.user, pk=pk, name=name, facts=client.facts(request))
    messages.success(request, _("Saved."))
    return redirect(PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    app = _app(request, pk)
    if request.method != "POST":
        is_last = registry.is_last(request.user, of_kind=authenticator.of(request.user).count())
        return render(request, "mfa/remove_app.html", {"app": app, "is_last": is_last})
    try:
        removed = changes.remove_app(user=request.user, pk=pk, facts=client.facts(request))
    except LastFactor as refusal:
        if errors.wants_json(request):
            raise
        messages.error(request, str(refusal.detail))
        return redirect(PAGE)
    if removed is not None:
        if registry.protects(request.user):
            messages.success(request, _("%(name)s is removed.") % {"name": app.name})
        else:
            messages.success(request, _("The second step is off."))
    return redirect(PAGE)


def _added(request: SignedInRequest, added: changes.Added) -> HttpResponse:
    # The code just now was the factor, shown: nobody is asked for it again at once.
    reauthentication.confirmed(request, method=authenticator.METHOD)
    if added.codes:
        messages.success(request, _("The second step is on."))
        return recovery.page(request, added.codes)
    messages.success(request, _("%(name)s is added.") % {"name": added.name})
    return redirect(PAGE)


def _app(request: SignedInRequest, pk: int) -> Authenticator:
    app = authenticator.of(request.user).filter(pk=pk).first()
    if app is None:
        raise Http404
    return app
