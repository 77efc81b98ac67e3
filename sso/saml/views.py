"""The addresses of one SAML connection: out to its provider, back from it, and signing out in either direction."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import redirects
from sso.enterprise import arrival as enterprise
from sso.enterprise import attempts, doors, leaving, limits, mapping, parking, signing_out
from sso.enterprise.parking import Arrived
from sso.enterprise.source import OfOrganization
from sso.linking import Purpose
from sso.models import Connection
from sso.saml import logout, metadata, request, response
from sso.saml.assertions import Assertion
from sso.saml.errors import NotAsked, Reason, SamlRefused, Unreadable, Unusable


@login_not_required
@require_safe
def describe(http: HttpRequest, slug: str) -> HttpResponse:
    """Our metadata: the address of this page is our name there."""
    return HttpResponse(
        metadata.ours(doors.existing(_connection(slug))), content_type="application/samlmetadata+xml"
    )


@login_not_required
@require_safe
def login(http: HttpRequest, slug: str) -> HttpResponse:
    connection = doors.usable(http, _connection(slug))
    return leave(http, connection, Purpose.SIGN_IN, redirects.next_address(http) or "")


def leave(
    http: HttpRequest,
    connection: Connection,
    purpose: Purpose,
    next_address: str = "",
    person: str = "",
    *,
    by_page: bool = False,
) -> HttpResponse:
    limits.before_start(http)
    request_id = request.new_id()
    attempts.begin(
        http,
        connection,
        request_id=request_id,
        purpose=purpose,
        person=person,
        next_address=next_address,
    )
    again = purpose is Purpose.REAUTHENTICATE
    outgoing = request.authn_request(connection, request_id, force=again)
    return (leaving.by_page if by_page else leaving.to)(http, connection, outgoing)


@csrf_exempt
@login_not_required
@require_POST
def acs(http: HttpRequest, slug: str) -> HttpResponse:
    """From the provider's page, without our cookies: verified and parked here, finished where there are cookies."""
    limits.before_return(http)
    connection = doors.usable(http, Connection.objects.receiving(slug))
    try:
        assertion = response.read(http.POST.get(logout.RESPONSE, "").encode(), connection)
        arrived = _arrived(connection, assertion)
        if arrived.in_response_to and not attempts.is_open(connection, arrived.in_response_to):
            raise NotAsked(Reason.IN_RESPONSE_TO)
    except SamlRefused as refusal:
        doors.refuse(http, connection, refusal)
    ticket = parking.park(connection, arrived)
    address = leaving.finish_address(connection, ticket)
    # Begun at the provider: what came along may say where to, if it is a place of ours.
    after = redirects.safe(http.POST.get("RelayState")) if not arrived.in_response_to else None
    found = redirect(redirects.with_next(address, after) if after else address)
    found.status_code = 303
    return found


@login_not_required
@require_http_methods(["GET", "POST"])
def finish(http: HttpRequest, slug: str, ticket: str) -> HttpResponse:
    """In the browser's own session. Who did not begin here is asked first: a link must not sign anybody in."""
    connection = doors.usable(http, _connection(slug))
    arrived = parking.look(connection, ticket)
    if arrived is None:
        doors.refuse(http, connection, NotAsked(Reason.REPLAYED))
    if arrived.in_response_to is None and http.method != "POST":
        return leaving.ask(http, connection, arrived)
    if not parking.take(connection, ticket):
        doors.refuse(http, connection, NotAsked(Reason.REPLAYED))
    attempt = attempts.Attempt(Purpose.SIGN_IN, next_address=redirects.next_address(http) or "")
    if arrived.in_response_to is not None:
        taken = attempts.take(http, connection, arrived.in_response_to)
        if taken is None:
            doors.refuse(http, connection, NotAsked(Reason.OTHER_BROWSER))
        attempt = taken
    if attempt.purpose is Purpose.TRY_OUT:
        return leaving.tried(http, connection, attempt, arrived)
    if attempt.purpose is Purpose.REAUTHENTICATE and arrived.proved_at < attempt.started_at - FRESH_SLACK:
        doors.refuse(http, connection, NotAsked(Reason.EXPIRED))
    return enterprise.receive(http, connection, attempt, arrived)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def sls(http: HttpRequest, slug: str) -> HttpResponse:
    """Ends what the message names, whoever's browser brings it; cookies decide nothing here."""
    connection = doors.usable(http, _connection(slug))
    limits.before_return(http)
    try:
        message = _logout_message(http, connection)
        if isinstance(message, logout.LogoutResponse):
            return signing_out.answered(http, connection, message)
        return signing_out.asked(http, connection, message)
    except SamlRefused as refusal:
        doors.refuse(http, connection, refusal)


def _logout_message(http: HttpRequest, connection: Connection) -> logout.Message:
    if http.method == "GET":
        return logout.read_query(http.META.get("QUERY_STRING", ""), connection)
    fields = [name for name in (logout.REQUEST, logout.RESPONSE) if name in http.POST]
    if len(fields) != 1:
        raise Unreadable(Reason.STRUCTURE)
    return logout.read_form(
        fields[0],
        http.POST[fields[0]].encode(),
        connection,
        relay_state=http.POST.get("RelayState", ""),
    )


def _arrived(connection: Connection, assertion: Assertion) -> Arrived:
    profile = mapping.of_assertion(assertion, connection)
    if profile.email and not OfOrganization(connection).speaks_for(profile.email):
        raise Unusable(Reason.DOMAIN)
    return Arrived(
        profile=profile,
        in_response_to=assertion.in_response_to,
        context=assertion.authn_context,
        proved_at=assertion.authn_instant.timestamp(),
        session_index=assertion.session_index,
        session_ends_at=assertion.session_ends_at.timestamp() if assertion.session_ends_at else None,
        name={
            "value": assertion.name_id or profile.subject,
            "format": assertion.name_format,
            "qualifier": assertion.name_qualifier,
            "sp_qualifier": assertion.sp_name_qualifier,
        },
    )


def _connection(slug: str) -> Connection | None:
    return Connection.objects.with_slug(slug).filter(kind=Connection.Kind.SAML).first()


# Their clock may be behind ours.
FRESH_SLACK = 120.0
