"""Signing in with a code or link from a mail; only where the site offers it."""

import functools
import time
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.flows import mail_sign_in, proof
from accounts.forms import AddressForm, CodeForm
from accounts.models import User
from accounts.sign_in import limits, pipeline
from accounts.views.verification import GONE
from core import digests, redirects

View = Callable[..., HttpResponse]
# In the session of the browser that asked.
ASKED_FOR = "mail_sign_in"


class Asked(NamedTuple):
    """For which address, the secret that makes its mail worth something here, where to go then, and until when."""

    email: str
    secret: str
    after: str
    until: float


def _offered(view: View) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.SIGN_IN_BY_MAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@_offered
def ask(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("accounts:home")
    after = redirects.next_address(request)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/mail_sign_in.html", {"form": form, "next": after})
    limits.before_mail(request)
    asked = _remember(request, email=form.cleaned_data["email"], after=after or "")
    mail_sign_in.ask(request=request, email=asked.email, secret=asked.secret)
    return redirect("accounts:mail-sign-in-code")


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@_offered
def take_code(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    if asked is None:
        return redirect("accounts:mail-sign-in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        limits.before_code(request)
        user = mail_sign_in.by_code(email=asked.email, secret=asked.secret, code=form.cleaned_data["code"])
        if user is not None:
            return _go_on(request, user, asked)
        form.refuse()
    return render(request, "account/mail_sign_in_code.html", {"form": form, "email": asked.email})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@_offered
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """A GET, such as a mail scanner's, only shows a page: with a button here, with the code in any other browser."""
    found, asked = proof.find(token, mail_sign_in.PURPOSE), _asked(request)
    if found is None or not found.is_open:
        return render(request, "account/mail_sign_in_link.html", {"found": found}, status=GONE)
    if asked is None or not mail_sign_in.is_asked_by(found, asked.secret):
        if request.method == "POST":
            mail_sign_in.note_other_browser(found, request)
        code = proof.Secrets(token).readable_code
        return render(request, "account/mail_sign_in_link.html", {"found": found, "code": code})
    if request.method == "POST":
        user = mail_sign_in.by_link(token=token, secret=asked.secret)
        if user is not None:
            return _go_on(request, user, asked)
        found.refresh_from_db()
        return render(request, "account/mail_sign_in_link.html", {"found": found}, status=GONE)
    return render(request, "account/mail_sign_in_link.html", {"found": found, "here": True})


def _remember(request: HttpRequest, *, email: str, after: str) -> Asked:
    """The same secret again for the same address: of several mails, those that came late still work here."""
    earlier = _asked(request)
    secret = earlier.secret if earlier and earlier.email == email else digests.new_token()
    until = time.time() + proof.LIFETIME[mail_sign_in.PURPOSE].total_seconds()
    asked = Asked(email, secret, after, until)
    request.session[ASKED_FOR] = list(asked)
    return asked


def _asked(request: HttpRequest) -> Asked | None:
    kept = request.session.get(ASKED_FOR)
    asked = Asked(*kept) if kept else None
    return asked if asked and asked.until > time.time() else None


def _go_on(request: HttpRequest, user: User, asked: Asked) -> HttpResponse:
    del request.session[ASKED_FOR]
    return pipeline.sign_in(request, user=user, method=mail_sign_in.METHOD, next_address=asked.after)
