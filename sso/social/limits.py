from django.http import HttpRequest

from core import client, ratelimit


def before_start(request: HttpRequest) -> None:
    ratelimit.enforce("provider-start.address", client.address(request), on_error="allow")


def before_return(request: HttpRequest) -> None:
    ratelimit.enforce("provider-return.address", client.address(request), on_error="allow")
