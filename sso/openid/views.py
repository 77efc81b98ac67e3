"""The addresses of one OpenID connection: out to its provider, back from it, and its word that somebody signed out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core import redirects
from sso import arrival
from sso.enterprise import arrival as enterprise
from sso.enterprise import doors, leaving, limits, signing_out
from sso.enterprise.source import OfOrganization
from sso.linking import Purpose
from sso.models import Connection
from sso.openid import logout as logout_tokens
from sso.openid import provider as providers
from sso.openid import sign_in
from sso.saml.errors import Reason, SamlRefused, Unusable
from sso.saml.request import Outgoing
from sso.social import engine
from sso.social.errors import AnswerRefused, SignInFailed

LONGEST_TOKEN = 20_000


@login_not_required
@require_safe
def login(request: HttpRequest, slug: str) -> HttpResponse:
    return leave(request, _usable(request, slug), Purpose.SIGN_IN, redirects.next_address(request) or "")


def leave(
    request: HttpRequest,
    connection: Connection,
    purpose: Purpose,
    next_address: str = "",
    person: str = "",
    *,
    by_page: bool = False,
) -> HttpResponse:
    limits.before_start(request)
    address = engine.begin(
        request, providers.of(connection), purpose=purpose, person=person, next_address=next_address
    )
    return (leaving.by_page if by_page else leaving.to)(request, connection, Outgoing(address))


@login_not_required
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    connection = _usable(request, slug)
    limits.before_return(request)
    provider = providers.of(connection)
    attempt = None
    try:
        attempt = engine.resume(request, provider)
        if request.GET.get("error") == "access_denied":
            arrival.note_refusal(request, OfOrganization(connection), attempt, "cancelled")
            messages.info(
                request,
                _("You stopped at %(provider)s; nothing was changed.") % {"provider": connection.name},
            )
            return redirect("account_login")
        if "error" in request.GET:
            raise AnswerRefused("error-at-provider")
        found = sign_in.arrived(request, connection, provider, attempt)
        if found.profile.email and not OfOrganization(connection).speaks_for(found.profile.email):
            raise Unusable(Reason.DOMAIN)
    except (SignInFailed, SamlRefused) as failure:
        arrival.refuse(request, OfOrganization(connection), attempt, failure.reason, failure)
    if attempt.purpose is Purpose.TRY_OUT:
        return leaving.tried(request, connection, attempt, found)
    return enterprise.receive(request, connection, attempt, found)


@csrf_exempt
@login_not_required
@require_POST
def logout(request: HttpRequest, slug: str) -> HttpResponse:
    """From the provider's server. What is wrong with a token, it is told in the words of the standard."""
    connection = _usable(request, slug)
    limits.before_return(request)
    token = request.POST.get("logout_token", "")
    try:
        if len(token) > LONGEST_TOKEN:
            raise AnswerRefused("too-large")
        name, indexes = logout_tokens.read(token, connection)
    except (SignInFailed, SamlRefused) as failure:
        return _refused(request, connection, failure)
    signing_out.end(request, connection, name, indexes)
    return HttpResponse(status=200)


def _refused(
    request: HttpRequest, connection: Connection, failure: SignInFailed | SamlRefused
) -> HttpResponse:
    arrival.note(request, OfOrganization(connection), None, failure.reason)
    status = failure.status if failure.status == 503 else 400
    return JsonResponse({"error": "invalid_request"}, status=status)


def _usable(request: HttpRequest, slug: str) -> Connection:
    found = Connection.objects.with_slug(slug).filter(kind=Connection.Kind.OPENID).first()
    return doors.usable(request, found)
