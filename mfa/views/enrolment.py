"""Getting a second factor for whoever has to have one: inside a sign-in that waits for it, or when signed in."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Proof, User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in import stages
from accounts.sign_in.allauth_compat import LoginStage, LoginStageController, record_authentication
from core import client, redirects
from core.intake import repeated_parameters_allowed
from mfa import codes, enrolment, limits, qr, requirement
from mfa.factors import authenticator, passkeys, registry
from mfa.flows import changes, reset
from mfa.forms import AddAppForm
from mfa.stages import BY_RESET, EnrolmentStage
from mfa.views import recovery
from mfa.views.passkeys import ANSWER, answer_in, refused

PAGE = "mfa:enrol"
# In the session: which waiting sign-in has got its factor.
ENROLLED = "enrolled_while_signing_in"


class Waiting(NamedTuple):
    """A sign-in that has come this far; `is_done` once it has got its factor, `link` where a reset brought it here."""

    stage: LoginStage
    user: User
    is_done: bool
    link: Proof | None


def waiting(request: HttpRequest) -> Waiting | HttpResponse:
    """For each page of it. Whoever has not come that far, or has been overtaken, is sent to the beginning."""
    stage = LoginStageController.enter(request, EnrolmentStage.key)
    if stage is None or stage.login.user is None:
        return redirect("account_login")
    user: User = stage.login.user
    ended, has_factor = stages.refusal(stage), registry.protects(user)
    is_done = has_factor and request.session.get(ENROLLED) == _name(stage)
    by_reset = BY_RESET in stage.login.state
    link = reset.opened_in(request, user) if by_reset else None
    if ended is not None or (link is None and (by_reset or (has_factor and not is_done))):
        # It got a factor elsewhere meanwhile: that one has to be shown, which a new sign-in asks for.
        stage.abort()
        return ended or stages.begin_again(request)
    return Waiting(stage, user, is_done, link)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Says who asks for it, and what to do. Until its day has come, it may be put off until the next sign-in."""
    found = waiting(request)
    if isinstance(found, HttpResponse):
        return found
    required = requirement.of(found.user, request)
    if found.is_done:
        return render(request, "mfa/enrolled.html")
    may_pass = required is None or (request.method == "POST" and not required.is_due)
    if may_pass and found.link is None:
        return _go_on(found)
    ways = [
        {"offer": way.offer(), "hint": way.hint(), "address": reverse(way.while_signing_in)}
        for way in enrolment.ways()
    ]
    context = {"required": required, "ways": ways, "waiting": True, "anew": found.link is not None}
    return render(request, "mfa/enrol.html", context)


@login_not_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def app(request: HttpRequest) -> HttpResponse:
    found = waiting(request)
    if isinstance(found, HttpResponse):
        return found
    if found.is_done:
        return redirect(PAGE)
    initial = {"name": authenticator.default_name()}
    form = AddAppForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        add = functools.partial(
            changes.add_app,
            user=found.user,
            session=request.session,
            typed=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            facts=client.facts(request),
            only_as_first=True,
        )
        added = _add(request, found, add)
        if added is not None:
            return _enrolled(request, found, added, method=authenticator.METHOD)
        form.refuse()
    secret = authenticator.begin(request.session, found.user)
    address = authenticator.address(secret, found.user)
    context = {"form": form, "qr": qr.drawn(address), "key": codes.grouped(secret), "address": address}
    return render(request, "mfa/enrol_app.html", context)


@login_not_required
@sensitive_post_parameters(ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    found = waiting(request)
    if isinstance(found, HttpResponse):
        return found
    if found.is_done:
        return redirect(PAGE)
    if request.method == "POST":
        limits.before_passkey(request)
        answer, facts = answer_in(request), client.facts(request)
        add = functools.partial(
            changes.add_passkey, user=found.user, answer=answer, facts=facts, only_as_first=True
        )
        added = _add(request, found, add)
        if added is None:
            return refused(request, reverse("mfa:enrol-passkey"))
        return _enrolled(request, found, added, method=passkeys.METHOD)
    return render(request, "mfa/enrol_passkey.html", {"question": passkeys.begin(found.user)})


@login_not_required
@repeated_parameters_allowed
@sensitive_post_parameters("code")
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    found = waiting(request)
    if isinstance(found, HttpResponse):
        return found
    return recovery.file(found.user, request.POST.getlist("code"))


@login_not_required
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """The recovery codes were shown; now the sign-in goes on. Without a factor it does not."""
    found = waiting(request)
    if isinstance(found, HttpResponse):
        return found
    return _go_on(found) if found.is_done else redirect(PAGE)


@require_safe
def required(request: SignedInRequest) -> HttpResponse:
    """For sessions from before the rule, and at the door of an organization that asks for it."""
    after = redirects.next_address(request) or reverse("accounts:home")
    if registry.protects(request.user):
        return redirect(after)
    ways = [
        {"offer": way.offer(), "hint": way.hint(), "address": reverse(way.signed_in)}
        for way in enrolment.ways()
    ]
    context = {"required": requirement.of(request.user, request), "ways": ways}
    return render(request, "mfa/enrol.html", context)


def _add(
    request: HttpRequest, found: Waiting, add: Callable[[], changes.Added | None]
) -> changes.Added | None:
    return reset.finish(link=found.link, facts=client.facts(request), add=add) if found.link else add()


def _enrolled(request: HttpRequest, found: Waiting, added: changes.Added, *, method: str) -> HttpResponse:
    shown = {"codes": added.codes, "account": found.user.email}
    if found.link is not None:
        # All access has just ended, and this sign-in with it.
        found.stage.abort()
        request.session.pop(reset.OPENED, None)
        return render(request, "mfa/enrolled.html", {**shown, "again": True})
    record_authentication(request, found.user, method=method)
    request.session[ENROLLED] = _name(found.stage)
    return render(request, "mfa/enrolled.html", shown)


def _name(stage: LoginStage) -> list[object]:
    return [stage.login.user.pk, stage.login.initiated_at]


def _go_on(found: Waiting) -> HttpResponse:
    response: HttpResponse = found.stage.exit()
    return response
