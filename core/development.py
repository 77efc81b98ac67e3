"""Pages for developers: the mail that went out, and what every mail looks like. They exist in development only."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core.models import OutboxMessage
from core.outbox import samples

MAILBOX_SIZE = 100
# Mail needs inline styles; the sandbox keeps whatever else it may hold from acting.
_mail_policy: Callable[[Any], Any] = csp_replace(
    {"style-src": ["'unsafe-inline'"], "sandbox": ["allow-popups", "allow-top-navigation-by-user-activation"]}
)


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    mails = OutboxMessage.objects.order_by("-id")[:MAILBOX_SIZE]
    return render(request, "core/mailbox.html", {"mails": mails})


@login_not_required
@require_safe
def mailbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "core/mailbox_message.html", {"mail": get_object_or_404(OutboxMessage, pk=pk)})


@login_not_required
@require_safe
@_mail_policy
def mailbox_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as a mail program shows it."""
    return HttpResponse(get_object_or_404(OutboxMessage, pk=pk).html)


@login_not_required
@require_safe
def previews(request: HttpRequest) -> HttpResponse:
    languages = [code for code, _name in settings.LANGUAGES]
    rows = [
        {"name": name, "mails": [(code, samples.filled(name, code)) for code in languages]}
        for name in samples.names()
    ]
    return render(request, "core/previews.html", {"rows": rows})


@login_not_required
@require_safe
@_mail_policy
def preview(request: HttpRequest, message: str, language: str) -> HttpResponse:
    filled = samples.filled(message, language) if language in dict(settings.LANGUAGES) else None
    if filled is None:
        raise Http404
    return HttpResponse(filled["html"])
