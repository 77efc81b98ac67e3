"""Signing out on both sides: a sign-out here goes on to the provider, and one there ends what it names here."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.sign_in import sign_out
from audit import log
from audit.actions import Action
from core import client
from sso.enterprise import leaving, visits
from sso.models import Connection, LogoutAttempt, Visit, expiry
from sso.saml import logout, request
from sso.saml.errors import NotAsked, Reason
from sso.saml.names import SUCCESS


def register() -> None:
    sign_out.register(onward)


def onward(http: HttpRequest) -> Callable[[HttpRequest], HttpResponse] | None:
    """Asked before the session ends; what it answers is shown afterwards."""
    visit = visits.of(http)
    if visit is None:
        return None
    connection = visit.connection
    Visit.objects.filter(pk=visit.pk).delete()
    if not (connection.is_usable and connection.is_saml and connection.slo_url):
        return None
    request_id = request.new_id()
    LogoutAttempt.objects.create(
        request_id=request_id, connection=connection, expires_at=expiry(LogoutAttempt.LIFETIME)
    )
    root = request.logout_request(
        connection, request_id, name=json.loads(visit.subject), index=visit.session_index
    )
    outgoing = request.send(
        connection,
        root,
        address=connection.slo_url,
        binding=connection.slo_binding,
        field=logout.REQUEST,
    )
    return lambda later: leaving.by_page(later, connection, outgoing)


def answered(http: HttpRequest, connection: Connection, message: logout.LogoutResponse) -> HttpResponse:
    """The provider's answer to our request. It ends nothing: that was done before we asked."""
    rows = LogoutAttempt.objects.filter(connection=connection, request_id=message.in_response_to)
    if not rows.delete()[0]:
        raise NotAsked(Reason.IN_RESPONSE_TO)
    if not message.is_success:
        messages.warning(http, _("%(name)s may still have you signed in there.") % {"name": connection.name})
    return redirect("accounts:signed-out")


def end(http: HttpRequest, connection: Connection, name: dict[str, str] | None, indexes: list[str]) -> None:
    with transaction.atomic():
        ended = visits.end(connection, name, indexes)
        for person in {visit.user for visit in ended}:
            log.record(
                Action.SESSION_END,
                person=person.public_id,
                organization=connection.organization.public_id,
                facts=client.facts(http),
                data={"by": connection.slug, "ended": sum(visit.user == person for visit in ended)},
            )


def asked(http: HttpRequest, connection: Connection, message: logout.LogoutRequest) -> HttpResponse:
    """The provider says that somebody has signed out. Also when nothing is left here, the answer is success."""
    end(http, connection, {"value": message.name.value}, message.session_indexes)
    address = connection.slo_response_url or connection.slo_url
    if not address:
        return render(http, "accounts/signed_out.html")
    root = request.logout_response(connection, answers=message.id, address=address, status=SUCCESS)
    outgoing = request.send(
        connection,
        root,
        address=address,
        binding=connection.slo_binding,
        field=logout.RESPONSE,
        relay_state=message.relay_state,
    )
    return leaving.to(http, connection, outgoing)
