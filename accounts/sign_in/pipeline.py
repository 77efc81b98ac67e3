"""The way on for whoever proved who they are by something other than a password: the stages, and then the session."""

from typing import Any

from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.sign_in.allauth_compat import perform_login, record_authentication

# In the state of a sign-in, which the server keeps: by what it began.
PROOF = "proof"


def sign_in(
    request: HttpRequest,
    *,
    user: User,
    method: str,
    next_address: str = "",
    signed_up: bool = False,
    **how: Any,
) -> HttpResponse:
    """`method` and `how` are what the session will remember of the proof; somebody else's session ends first."""
    if request.user.is_authenticated and request.user != user:
        logout(request)
    login = proved(request, user=user, method=method, **how)
    login.redirect_url, login.signup = next_address or None, signed_up
    return go_on(request, login)


def proved(request: HttpRequest, *, user: User, method: str, **how: Any) -> Login:
    """The beginning of a sign-in, with the record of what it rests on."""
    record_authentication(request, user, method, **how)
    # Beside the record of the session, which earlier sign-ins may have left: what this one rests on.
    return Login(user=user, state={PROOF: {"method": method, **how}})


def go_on(request: HttpRequest, login: Login) -> HttpResponse:
    response: HttpResponse = perform_login(request, login)
    return response


def as_if_signed_up(request: HttpRequest, *, email: str) -> HttpResponse:
    """What a new person sees, for whoever brought an address that has an account; its owner gets a mail."""
    return go_on(request, nobodys(email))


def nobodys(email: str) -> Login:
    """A sign-in that stops where a new person's does, and never comes further."""
    return Login(user=None, email=email, signup=True)
