"""Where permission checks are answered, for programs that look for it (AuthZEN Authorization API 1.0, section 9)."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

KNOWN_FOR = 3600


@login_not_required
@require_safe
def authzen(request: HttpRequest) -> JsonResponse:
    address = settings.BASE_URL + reverse("orgs-api:authorize")
    response = JsonResponse(
        {
            "policy_decision_point": settings.BASE_URL,
            "access_evaluation_endpoint": address,
            "access_evaluations_endpoint": address,
        }
    )
    response["Cache-Control"] = f"public, max-age={KNOWN_FOR}"
    response["Access-Control-Allow-Origin"] = "*"
    return response
