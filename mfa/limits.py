from django.http import HttpRequest

from core import client, ratelimit


def before_code(request: HttpRequest) -> None:
    """Beside the count per person, which mfa.models.Guesses keeps: one network does not try everybody."""
    ratelimit.enforce("second-factor.address", client.address(request), on_error="deny")


def before_passkey(request: HttpRequest) -> None:
    """Nobody guesses a signature; this bounds the work and the evidence that one network can cause."""
    ratelimit.enforce("passkey.address", client.address(request), on_error="deny")


def before_question(request: HttpRequest) -> None:
    """Every open sign-in page asks for one now and then."""
    ratelimit.enforce("passkey-question.address", client.address(request), on_error="deny")
