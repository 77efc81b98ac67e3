"""The pages on which an organization sets up its own sign-in, step by step."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.pages.requests import SignedInRequest
from core.errors import Missing
from orgs import actor
from orgs.door import Place, member_page
from orgs.errors import NoDomain
from orgs.flows import domains
from orgs.models import Domain
from orgs.permissions import Permission
from orgs.views.pages import show
from sso.enterprise import connections, fetching, limits, refusals, standing, trying
from sso.enterprise.connections import SlugTaken
from sso.enterprise.forms import (
    ByHandForm,
    ChoicesForm,
    DomainForm,
    GroupForm,
    MetadataForm,
    NewConnectionForm,
    OpenIdForm,
)
from sso.linking import Purpose
from sso.models import Connection, GroupRule
from sso.openid import views as openid
from sso.saml import keys, metadata
from sso.saml import views as saml
from sso.saml.metadata import MetadataRefused

LIST = "sso-organization:index"
ONE = "sso-organization:connection"
MANAGE = Permission.SSO_MANAGE


@require_safe
@member_page(MANAGE)
def index(request: SignedInRequest, place: Place) -> HttpResponse:
    return _list(request, place, DomainForm())


@require_POST
@member_page(MANAGE, back_to=LIST, fresh=True)
def add_domain(request: SignedInRequest, place: Place) -> HttpResponse:
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            domains.add(
                organization=place.organization, name=form.cleaned_data["name"], by=actor.member(request)
            )
        except NoDomain as refusal:
            form.add_error("name", str(refusal.detail))
        else:
            messages.success(request, _("Now put its record into the DNS, then let us look for it."))
            return redirect(LIST, place.organization.slug)
    return _list(request, place, form)


@require_POST
@member_page(MANAGE, back_to=LIST, fresh=True)
def check_domain(request: SignedInRequest, place: Place, domain: int) -> HttpResponse:
    found = _domain(place, domain)
    limits.before_dns(place.organization)
    domains.check(domain=found, by=actor.member(request))
    messages.success(request, _("%(name)s is proved to be yours.") % {"name": found.name})
    return redirect(LIST, place.organization.slug)


@require_POST
@member_page(MANAGE, back_to=LIST, fresh=True)
def remove_domain(request: SignedInRequest, place: Place, domain: int) -> HttpResponse:
    domains.remove(domain=_domain(place, domain), by=actor.member(request))
    messages.success(request, _("The domain is removed."))
    return redirect(LIST, place.organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(MANAGE, back_to=LIST, fresh=True)
def new(request: SignedInRequest, place: Place) -> HttpResponse:
    suggested = {"name": place.organization.name, "slug": place.organization.slug}
    form = NewConnectionForm(request.POST if request.method == "POST" else None, initial=suggested)
    if form.is_valid():
        try:
            made = connections.create(
                organization=place.organization, by=actor.member(request), **form.cleaned_data
            )
        except SlugTaken as refusal:
            form.add_error("slug", str(refusal.detail))
        else:
            messages.success(request, _("Now tell your identity provider about us."))
            return redirect(ONE, place.organization.slug, made.slug)
    return _show(request, place, "new", {"form": form})


@require_safe
@member_page(MANAGE)
def connection(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    return _one(request, place, _find(place, connection))


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def provider(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    form = MetadataForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            content, url = form.content(), form.cleaned_data["url"]
            known = metadata.read(content) if content is not None else fetching.provider_at(url)
            connections.believe(connection=found, provider=known, url=url, by=actor.member(request))
        except MetadataRefused as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            return _saved(request, place, found)
    return _one(request, place, found, metadata_form=form)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def by_hand(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    form = ByHandForm(request.POST)
    if form.is_valid():
        connections.believe(connection=found, provider=form.provider(), by=actor.member(request))
        return _saved(request, place, found)
    return _one(request, place, found, by_hand_form=form)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def openid_provider(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    form = OpenIdForm(request.POST)
    if form.is_valid():
        try:
            connections.set_openid(connection=found, by=actor.member(request), **form.cleaned_data)
        except MetadataRefused as refusal:
            form.add_error("issuer", str(refusal.detail))
        else:
            return _saved(request, place, found)
    return _one(request, place, found, openid_form=form)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def choices(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    form = ChoicesForm(request.POST, is_saml=found.is_saml)
    if form.is_valid():
        connections.edit(connection=found, by=actor.member(request), **form.choices())
        return _saved(request, place, found)
    return _one(request, place, found, choices_form=form)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection")
def try_out(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    """To the provider and back: what it says of oneself, and nobody is signed in by it."""
    found = _find(place, connection)
    if not found.is_usable:
        messages.error(request, _("Something is still missing: see what it says above."))
        return redirect(ONE, place.organization.slug, found.slug)
    person = str(request.user.public_id)
    after = reverse(ONE, args=[place.organization.slug, found.slug])
    leave = saml.leave if found.is_saml else openid.leave
    return leave(request, found, Purpose.TRY_OUT, after, person, by_page=True)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def add_group(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    form = GroupForm(request.POST, organization=place.organization)
    if form.is_valid():
        connections.add_group(
            connection=found,
            group=form.cleaned_data["group"],
            brings=form.what(),
            by=actor.member(request),
        )
        return _saved(request, place, found)
    return _one(request, place, found, group_form=form)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def remove_group(request: SignedInRequest, place: Place, connection: str, rule: int) -> HttpResponse:
    found = _find(place, connection)
    rules = GroupRule.objects.of(place.organization).select_related("connection__organization")
    chosen = rules.filter(connection=found, pk=rule).first()
    if chosen is None:
        raise Missing
    connections.remove_group(rule=chosen, by=actor.member(request))
    return _saved(request, place, found)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def roll_key(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    connections.roll_key(connection=found, by=actor.member(request))
    return _saved(request, place, found)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def confirm(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    found = _find(place, connection)
    seen = request.POST.get("seen", "")
    if connections.confirm(connection=found, by=actor.member(request), seen=seen):
        return _saved(request, place, found)
    messages.error(request, _("Somebody who may do more than you has to confirm it."))
    return redirect(ONE, place.organization.slug, found.slug)


@require_POST
@member_page(MANAGE, back_to=ONE, keeps="connection", fresh=True)
def remove(request: SignedInRequest, place: Place, connection: str) -> HttpResponse:
    connections.remove(connection=_find(place, connection), by=actor.member(request))
    messages.success(request, _("The connection is gone. Whoever had come in by it is signed out."))
    return redirect(LIST, place.organization.slug)


def _list(request: SignedInRequest, place: Place, form: DomainForm) -> HttpResponse:
    rows = Connection.objects.of(place.organization).select_related("organization").order_by("name")
    context = {
        "domain_form": form,
        "domains": [
            {"row": row, "record": domains.record_name(row), "value": domains.record_value(row)}
            for row in Domain.objects.of(place.organization).order_by("name")
        ],
        "connections": [{"row": row, "problems": trying.problems(row)} for row in rows],
        "page_address": reverse(LIST, args=[place.organization.slug]),
    }
    return _show(request, place, "index", context)


def _one(request: SignedInRequest, place: Place, found: Connection, **forms: Any) -> HttpResponse:
    context = {
        "connection": found,
        "problems": trying.problems(found),
        "may_confirm": standing.of_actor(place.authority, actor.member(request)) > found.opens_up_to,
        "version": connections.version(found),
        "certificates": found.certificates.order_by("not_after"),
        "own_keys": keys.published(found) if found.is_saml else [],
        "rules": GroupRule.objects.of(place.organization)
        .filter(connection=found)
        .select_related("role", "team"),
        "refusals": refusals.latest(found),
        "metadata_form": MetadataForm(initial={"url": found.metadata_url}),
        "openid_form": OpenIdForm(initial={"issuer": found.issuer, "client_id": found.client_id}),
        "by_hand_form": ByHandForm(initial={"idp_entity_id": found.idp_entity_id, "sso_url": found.sso_url}),
        "choices_form": ChoicesForm(initial=ChoicesForm.values_of(found), is_saml=found.is_saml),
        "group_form": GroupForm(organization=place.organization),
        "page_address": reverse(ONE, args=[place.organization.slug, found.slug]),
        **forms,
    }
    return _show(request, place, "connection", context)


def _show(request: SignedInRequest, place: Place, name: str, context: dict[str, Any]) -> HttpResponse:
    return show(request, place, f"sso/organization/{name}.html", context, here=LIST)


def _saved(request: SignedInRequest, place: Place, found: Connection) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect(ONE, place.organization.slug, found.slug)


def _find(place: Place, slug: str) -> Connection:
    rows = Connection.objects.of(place.organization).select_related("organization")
    found = rows.filter(slug=slug).first()
    if found is None:
        raise Missing
    return found


def _domain(place: Place, pk: int) -> Domain:
    found = Domain.objects.of(place.organization).select_related("organization").filter(pk=pk).first()
    if found is None:
        raise Missing
    return found
