"""A program signs its person in at a provider by itself, and brings the ID token; what ties the two together is here.

The nonce goes to the provider and comes back in the token. The challenge stays with the program: a token that somebody
picked up on its way is worth nothing without it. Both are good once, for one purpose, one provider and one person.
"""

import secrets
import time
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.http import HttpRequest

from accounts.sign_in import programs
from sso.linking import Purpose
from sso.social import directory, openid, web
from sso.social.configuration import Provider
from sso.social.engine import Attempt
from sso.social.errors import Expired
from sso.social.identity import Identity

LIFETIME = timedelta(minutes=10)
# Under this name it waits.
KEPT = "attempt_at_provider"


@dataclass(frozen=True)
class Begun:
    """`authorization_endpoint` is where the provider asks its users who they are."""

    challenge: str
    nonce: str
    authorization_endpoint: str


def begin(request: HttpRequest, provider: Provider, *, purpose: Purpose, person: str = "") -> Begun:
    """Raises ProviderDown before anything is kept: without the provider nobody comes back from it."""
    with web.patience(provider.slug):
        about = directory.metadata(provider)
    attempt = Attempt(
        purpose=purpose,
        nonce=secrets.token_urlsafe(32),
        started_at=time.time(),
        person=person,
        next_address="",
        verifier="",
    )
    kept = {KEPT: {"provider": provider.slug, **asdict(attempt)}}
    return Begun(programs.keep(request, **kept), attempt.nonce, about.authorization_endpoint)


def resume(provider: Provider, *, challenge: str, purpose: Purpose, person: str = "") -> Attempt:
    """It is spent by asking, whatever the token turns out to be."""
    kept = programs.take_up(challenge, name=KEPT)
    if kept is None:
        raise Expired("challenge")
    slug = kept.pop("provider")
    attempt = Attempt(**{**kept, "purpose": Purpose(kept["purpose"])})
    if (slug, attempt.purpose, attempt.person) != (provider.slug, purpose, person):
        raise Expired("challenge-of-another")
    if time.time() - attempt.started_at > LIFETIME.total_seconds():
        raise Expired("too-late")
    return attempt


def identify(provider: Provider, attempt: Attempt, *, id_token: str) -> Identity:
    """Who somebody is, or raises SignInFailed."""
    with web.patience(provider.slug):
        return openid.identify(provider, answer={"id_token": id_token}, nonce=attempt.nonce, fresh_since=None)
