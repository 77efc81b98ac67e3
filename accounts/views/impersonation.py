from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from accounts.impersonation import middleware


@require_POST
def end(request: HttpRequest) -> HttpResponseBase:
    return middleware.end(request)
