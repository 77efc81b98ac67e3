"""API keys on the pages of one's account."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from accounts.sign_in.reauthentication import fresh_sign_in_required
from core import client
from core.intake import repeated_parameters_allowed
from tokens.errors import KeyLimit
from tokens.flows import keys
from tokens.forms import KeyForm

PAGE = "tokens:keys"


@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    return render(request, "tokens/keys.html", {"keys": keys.of(request.user)})


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required()
def make(request: SignedInRequest) -> HttpResponse:
    form = KeyForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "tokens/new_key.html", {"form": form})
    try:
        made = keys.create(
            user=request.user,
            name=form.cleaned_data["name"],
            scopes=set(form.cleaned_data["scopes"]),
            expires_at=form.end(),
            facts=client.facts(request),
        )
    except KeyLimit as refusal:
        form.add_error(None, f"{refusal.title}. {refusal.detail}")
        return render(request, "tokens/new_key.html", {"form": form})
    return render(request, "tokens/key.html", {"made": made})


@require_POST
@fresh_sign_in_required(back_to=PAGE)
def rotate(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    made = keys.rotate(user=request.user, public_id=public_id, facts=client.facts(request))
    if made is None:
        messages.info(request, _("That key was replaced already, or has ended."))
        return redirect(PAGE)
    return render(request, "tokens/key.html", {"made": made, "replaces": True})


@require_POST
def end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """A second press, or a key that ended meanwhile, is no mistake: it is over, which was the wish."""
    keys.end(user=request.user, public_id=public_id, facts=client.facts(request))
    messages.success(request, _("That key has ended."))
    return redirect(PAGE)
