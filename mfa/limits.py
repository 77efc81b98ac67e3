from django.http import HttpRequest

from core import client, ratelimit


def before_code(request: HttpRequest) -> None:
    """Beside the count per person, which mfa.models.Guesses keeps: one network does not try everybody."""
    ratelimit.enforce("second-factor.address", client.address(request), on_error="deny")
