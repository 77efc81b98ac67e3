from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """What a view gets that SignedInMiddleware lets through."""

    user: User
