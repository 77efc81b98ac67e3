"""Whether somebody could meet a rule about signing in today. The names are those of accounts.sign_in.methods."""

from collections.abc import Callable, Collection

from accounts.flows import mail_sign_in
from accounts.models import User
from accounts.sign_in import ways_in
from orgs.models import Membership, Organization

Meets = Callable[[User, Organization], bool]
_meets: dict[str, Meets] = {}


def register(method: str, meets: Meets) -> None:
    """For a way in whose answer depends on the organization, or that `accounts.sign_in.ways_in` does not count."""
    _meets[method] = meets


def register_own() -> None:
    register("password", lambda user, organization: user.has_usable_password())
    register(mail_sign_in.METHOD, lambda user, organization: user.has_verified_email)
    register("passkey", lambda user, organization: ways_in.of(user).get("passkeys", 0) > 0)
    register("socialaccount", lambda user, organization: ways_in.of(user).get("connections", 0) > 0)


def known() -> set[str]:
    return set(_meets)


def owners_without(organization: Organization, ways: Collection[str]) -> set[User]:
    """Owners who can act, and would be kept out by a rule that takes nothing but these ways; none without a rule."""
    if not ways:
        return set()
    chosen = [_meets[way] for way in ways if way in _meets]
    owners = Membership.objects.owners(organization).select_related("user")
    return {row.user for row in owners if not any(meets(row.user, organization) for meets in chosen)}
