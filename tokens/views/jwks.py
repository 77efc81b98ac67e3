from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from tokens import keys


@login_not_required
@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys (RFC 7517), for whoever checks our tokens without asking us. The first one is made here too."""
    keys.signing()
    response = JsonResponse({"keys": keys.published()}, content_type="application/jwk-set+json")
    response["Cache-Control"] = f"public, max-age={int(keys.KNOWN_FOR.total_seconds())}"
    response["Access-Control-Allow-Origin"] = "*"
    return response
