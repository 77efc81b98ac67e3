"""A session that turns up in another network and another browser at once may be stolen: it has to prove itself.

Either alone is ordinary: people carry laptops about, and browsers get updates.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import Session, User
from accounts.session.store import SessionStore
from accounts.sign_in import reauthentication
from audit import log
from audit.actions import Action, Outcome
from core import client, errors, ratelimit
from core.client import Facts

# In the session: which place has evidence already.
NOTED = "session_move_noted"


def refusal(request: HttpRequest, session: SessionStore, user: User) -> HttpResponse | None:
    """The answer to a request that has to wait for a proof, or None."""
    if session.row is None or session.facts is None or not _has_moved(session.row, session.facts):
        return None
    # Somebody in this state may still prove who they are, or leave.
    if any(request.path_info == reverse(name) for name in (*reauthentication.pages(), "account_logout")):
        return None
    place = f"{client.network(session.facts.address)} {session.facts.device}"
    if session.get(NOTED) != place:
        session[NOTED] = place
        _note(user, session.row, session.facts)
    if errors.wants_json(request):
        return errors.respond(request, reauthentication.ProveAgain())
    # What was posted is not repeated afterwards: nobody knows yet who posted it.
    after = request.get_full_path() if request.method == "GET" else reverse("accounts:home")
    return redirect(reauthentication.page(after))


def _has_moved(row: Session, now: Facts) -> bool:
    other_network = client.network(row.address) != client.network(now.address)
    return other_network and client.browser_family(row.device) != client.browser_family(now.device)


def _note(user: User, row: Session, now: Facts) -> None:
    """Whoever has a stolen cookie may go to and fro with it for hours."""
    if not ratelimit.leaves_evidence(now.address):
        return
    log.record(
        Action.SESSION_MOVE,
        person=user.public_id,
        outcome=Outcome.REFUSED,
        facts=now,
        before={"address": row.address, "device": row.device},
        after={"address": now.address, "device": now.device},
    )
