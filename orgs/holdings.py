"""What somebody holds in one organization, and how it ends when they leave it: the kill switch of one membership.

Each app registers its kind in `AppConfig.ready()`, as with accounts.access. What merely points to the membership's
row goes with it.
"""

from collections.abc import Callable

from django.utils import timezone

from accounts import access
from accounts.access import Reason, Revocation
from orgs.models import Invitation, Membership

# After these somebody else may have been in the account, and may have asked themselves in elsewhere.
DOUBTFUL = {
    Reason.DISOWNED,
    Reason.EMAIL_CHANGE_UNDONE,
    Reason.COMPROMISED,
    Reason.DISABLED,
    Reason.ADMINISTRATOR,
}

_kinds: dict[str, Callable[[Membership], int]] = {}


def register(name: str, end: Callable[[Membership], int]) -> None:
    """`end` finishes all that a member holds of one kind there, and answers how many there were."""
    _kinds[name] = end


def end_all(membership: Membership) -> dict[str, int]:
    return {name: end(membership) for name, end in _kinds.items()}


def register_own() -> None:
    register("invitations", end_invitations)
    access.register("organization invitations", end_doubtful)


def end_invitations(membership: Membership) -> int:
    """Those they sent and nobody used: one may be to another mailbox of their own."""
    open_ones = Invitation.objects.open_of(membership.organization).filter(invited_by=membership.user_id)
    return open_ones.update(withdrawn_at=timezone.now())


def end_doubtful(revocation: Revocation) -> int:
    """What was sent in somebody's name, wherever they belong, when it may not have been them."""
    if revocation.reason not in DOUBTFUL:
        return 0
    ended = 0
    for membership in Membership.objects.of_person(revocation.user).select_related("organization"):
        ended += end_invitations(membership)
    return ended
