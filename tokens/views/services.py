"""Service accounts on the pages of their organization."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.api.scopes import labels
from accounts.pages.requests import SignedInRequest
from core.errors import Problem
from core.intake import repeated_parameters_allowed
from core.site import absolute
from orgs import actor
from orgs.door import Place, member_page
from orgs.errors import NameTaken
from orgs.permissions import Permission
from orgs.views.pages import show
from tokens.errors import CredentialLimit, ServiceLimit
from tokens.flows import services
from tokens.forms import CredentialForm, EndCredentialForm, ServiceForm

LIST, ONE = "tokens:services", "tokens:service"
MANAGE = Permission.SERVICES_MANAGE


@require_safe
@member_page(MANAGE)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    return _show(request, place, "services", {"rows": services.of(place.organization)})


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(MANAGE, back_to=LIST, fresh=True)
def new(request: SignedInRequest, place: Place) -> HttpResponse:
    form = ServiceForm(request.POST if request.method == "POST" else None, by=place.authority)
    if form.is_valid():
        try:
            made = services.create(organization=place.organization, by=actor.member(request), **_chosen(form))
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        except ServiceLimit as refusal:
            form.add_error(None, _in_full(refusal))
        else:
            messages.success(request, _("Now give it a credential: until then it opens nothing."))
            return redirect(ONE, place.organization.slug, made.public_id)
    return _show(request, place, "service_edit", {"form": form})


@require_safe
@member_page(MANAGE)
def detail(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    found = services.find(place.organization, service)
    credentials = list(services.credentials_of(found))
    context = {
        "service": found,
        "may": labels(found.scope),
        "credentials": credentials,
        "has_room": len(credentials) < services.CREDENTIALS_AT_MOST,
        "end_form": EndCredentialForm(),
    }
    return _show(request, place, "service", context)


@repeated_parameters_allowed
@require_http_methods(["GET", "HEAD", "POST"])
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def edit(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    found = services.find(place.organization, service)
    present = found.scope.split()
    form = ServiceForm(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "scopes": present},
        by=place.authority,
        present=present,
    )
    if form.is_valid():
        try:
            services.edit(service=found, by=actor.member(request), **_chosen(form))
        except NameTaken as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            messages.success(request, _("Saved. What you took away is gone at once."))
            return redirect(ONE, place.organization.slug, service)
    return _show(request, place, "service_edit", {"form": form, "service": found})


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def disable(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    services.disable(service=services.find(place.organization, service), by=actor.member(request))
    messages.success(request, _("It opens nothing from now on, and has lost nothing."))
    return redirect(ONE, place.organization.slug, service)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def enable(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    services.enable(service=services.find(place.organization, service), by=actor.member(request))
    messages.success(request, _("It works again."))
    return redirect(ONE, place.organization.slug, service)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def delete(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    services.delete(service=services.find(place.organization, service), by=actor.member(request))
    messages.success(request, _("The service account is gone, with its credentials and tokens."))
    return redirect(LIST, place.organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def add_credential(request: SignedInRequest, place: Place, service: UUID) -> HttpResponse:
    found = services.find(place.organization, service)
    form = CredentialForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.add_credential(
                service=found,
                expires_at=form.end(),
                public_jwk=form.cleaned_data["public_key"] or None,
                by=actor.member(request),
            )
        except CredentialLimit as refusal:
            form.add_error(None, _in_full(refusal))
        else:
            if made.text:
                return _show(request, place, "service_secret", {"service": found, "made": made})
            messages.success(request, _("The key is there: the program can sign its assertions with it."))
            return redirect(ONE, place.organization.slug, service)
    return _show(request, place, "service_credential", {"form": form, "service": found})


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="service", fresh=True)
def end_credential(request: SignedInRequest, place: Place, service: UUID, credential: UUID) -> HttpResponse:
    row = services.find_credential(services.find(place.organization, service), credential)
    form = EndCredentialForm(request.POST)
    if form.is_valid():
        services.end_credential(credential=row, grace=form.pause(), by=actor.member(request))
        messages.success(request, _("That credential ends as you chose."))
    else:
        messages.error(request, _("Choose when it ends. Nothing was changed."))
    return redirect(ONE, place.organization.slug, service)


def _show(request: SignedInRequest, place: Place, name: str, context: dict[str, Any]) -> HttpResponse:
    addresses = {"token_address": absolute(reverse("tokens-api:token"))}
    return show(request, place, f"tokens/{name}.html", {**addresses, **context}, here=LIST)


def _chosen(form: ServiceForm) -> dict[str, Any]:
    return {"name": form.cleaned_data["name"], "scopes": set(form.cleaned_data["scopes"])}


def _in_full(refusal: Problem) -> str:
    return f"{refusal.title}. {refusal.detail}"
