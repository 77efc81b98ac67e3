"""The same sign-in for programs: the same stages, and in the end tokens instead of a session.

A stage that wants something of a person answers a page; a program gets its name instead, as a problem, and for those
that can go on by themselves a challenge. The half-done sign-in waits in a row of the sessions' table, under a name
that no cookie can spell.

Demand               401  a stage wants something first; `address` is the page that can give it
├── AddressUnproved       the mailbox is still to be confirmed
├── TermsToAccept
├── AccountDisabled
├── AccountLocked         only a new password, chosen by mail, opens it again
└── BeginAgain            it waited too long, was used, or all access ended meanwhile
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol, Self

from allauth.account.models import Login
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Session, User
from accounts.session.store import SessionStore
from accounts.sign_in import pipeline, stages
from accounts.sign_in.allauth_compat import METHODS_KEY, LoginStage, LoginStageController
from core import client, digests
from core.api.problems import REALM
from core.errors import Problem
from core.site import absolute

# In the half-done sign-in: what the program wants to be handed in the end.
WISH = "program"
# On the request, once somebody is in: the answer.
HANDED_OUT = "handed_out"
CHALLENGE_LIMIT = 64
# In a demand: the name under which the program goes on.
CHALLENGE = "challenge"
CHALLENGE_EXAMPLE = "gr16jqz581azrt9rv9igj2nc535nhw1e"


class Demand(Problem):
    status = 401
    headers: Mapping[str, str] = {"WWW-Authenticate": REALM}
    # The page that can give what is asked for.
    page = ""

    def __init__(self, **members: Any) -> None:
        super().__init__()
        address = {"address": absolute(reverse(self.page))} if self.page else {}
        self.members = {**address, **members}


class AddressUnproved(Demand):
    code = "email_unverified"
    title = _("The address is still to be confirmed")
    detail = _("A mail is on its way. Its link or its code confirms the address; then this can go on.")
    page = "account_email_verification_sent"

    @classmethod
    def example(cls) -> Self:
        return cls(challenge=CHALLENGE_EXAMPLE)


class TermsToAccept(Demand):
    code = "terms_required"
    title = _("There are new terms")
    detail = _("Sign in once on the site and accept them; then sign in here again.")
    page = "account_login"


class AccountDisabled(Demand):
    code = "account_disabled"
    title = _("This account is disabled")
    detail = _("Please ask those who run this site.")


class AccountLocked(Demand):
    code = "account_locked"
    title = _("This account is locked")
    detail = _("It opens again with a new password, which its owner chooses through a mail.")
    page = "account_reset_password"


class BeginAgain(Demand):
    code = "sign_in_over"
    title = _("That sign-in is no longer good")
    detail = _("It waited too long, was used already, or all access was ended meanwhile. Please begin again.")


class Waiting(SessionStore):
    """A sign-in that has begun. Its key is the challenge, which opens nothing but the next step."""

    @staticmethod
    def digest_of(key: str) -> str:
        """Not that of a cookie's key, so that neither can be used for the other."""
        return digests.of_short_secret(key, purpose="waiting-sign-in")

    def used_up(self) -> bool:
        """For the one request that completes it; of several at once, the others find it gone."""
        if self.row is None:
            return True
        return bool(Session.objects.filter(pk=self.row.pk).delete()[0])


class HandOut(Protocol):
    def __call__(self, request: HttpRequest, user: User) -> tuple[HttpResponse, bool]:
        """The credentials, as an answer, and whether the person never signed in from such a program before."""


_hand_out: list[HandOut] = []
_demands: dict[str, Callable[[HttpRequest, Login], Problem]] = {}


def hands_out(hand_out: HandOut) -> None:
    _hand_out[:] = [hand_out]


def has_demand(stage: str) -> bool:
    return stage in _demands


def demands(stage: str, problem: Callable[[HttpRequest, Login], Problem]) -> None:
    """What a program is told when this stage stops its sign-in."""
    _demands[stage] = problem


def register() -> None:
    demands("verify_email", lambda request, login: AddressUnproved(challenge=challenge_of(request)))
    demands("terms", lambda request, login: TermsToAccept())
    demands("active_account", lambda request, login: AccountDisabled())
    demands("locked_account", lambda request, login: AccountLocked())
    for ended in ("not_revoked", "visit"):
        demands(ended, lambda request, login: BeginAgain())


# --- For endpoints --------------------------------------------------------------------------------


def prepare(request: HttpRequest, *, wish: Mapping[str, Any]) -> None:
    """Before anything is proved: a sign-in of its own, whatever else comes along with the request."""
    request.session = Waiting(facts=client.facts(request))
    request.session[WISH] = dict(wish)


def sign_in(
    request: HttpRequest, *, user: User, method: str, signed_up: bool = False, **how: Any
) -> HttpResponse:
    """What is handed out in the end. Raises what a stage wants first."""
    login = pipeline.proved(request, user=user, method=method, **how)
    login.signup = signed_up
    pipeline.go_on(request, login)
    return outcome(request, login)


def as_if_signed_up(request: HttpRequest, *, email: str) -> HttpResponse:
    """Raises what a new person's sign-in would, for whoever brought an address that has an account."""
    login = pipeline.nobodys(email)
    pipeline.go_on(request, login)
    return outcome(request, login)


def enter(request: HttpRequest, *, challenge: str, stage: str) -> LoginStage:
    """The half-done sign-in, if this is the step that it waits for. Raises BeginAgain."""
    if len(challenge) > CHALLENGE_LIMIT:
        raise BeginAgain
    request.session = Waiting(challenge, facts=client.facts(request))
    entered: LoginStage | None = LoginStageController.enter(request, stage)
    if entered is None:
        raise BeginAgain
    return entered


def require_welcome(request: HttpRequest, stage: LoginStage) -> User:
    """For a step that asks the person something. Raises what the last stages would say, and the sign-in is over."""
    user: User | None = stage.login.user
    if user is None:
        give_up(request)
    if stages.refusal(stage) is not None:
        outcome(request, stage.login)
    return user


def give_up(request: HttpRequest) -> NoReturn:
    """What this sign-in waited for cannot be given any more."""
    request.session.flush()
    raise BeginAgain


def resume(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    stage.exit()
    return outcome(request, stage.login)


def outcome(request: HttpRequest, login: Login) -> HttpResponse:
    handed: HttpResponse | None = vars(request).get(HANDED_OUT)
    if handed is not None:
        return handed
    stopped_at = login.state.get("stages", {}).get("current")
    # allauth looks at disabled accounts before any stage.
    problem = _demands[stopped_at](request, login) if stopped_at else AccountDisabled()
    if CHALLENGE not in problem.members:
        # Nothing goes on from here, also not from the step before this one.
        request.session.flush()
    raise problem


def challenge_of(request: HttpRequest) -> str:
    """The name under which the program goes on; from here on the sign-in waits."""
    try:
        if request.session.modified or request.session.session_key is None:
            request.session.save()
    except UpdateError as used_up:
        raise BeginAgain from used_up
    return str(request.session.session_key)


# --- For what a program has to fetch elsewhere before it can sign in ------------------------------


def keep(request: HttpRequest, **content: Any) -> str:
    """Under a challenge of its own, until it is taken up. It is no sign-in, and opens no step of one."""
    kept = Waiting(facts=client.facts(request))
    kept.update(content)
    kept.save()
    return str(kept.session_key)


def take_up(challenge: str, *, name: str) -> Any:
    """What was kept under this name; one statement ends it, so that of several at once one gets it. Else None."""
    if len(challenge) > CHALLENGE_LIMIT:
        return None
    kept = Waiting(challenge)
    content = kept.get(name)
    return content if content is not None and kept.used_up() else None


# --- For the adapter, where a sign-in completes ---------------------------------------------------


def is_one(request: HttpRequest) -> bool:
    return isinstance(request.session, Waiting)


def let_in(request: HttpRequest, user: User) -> bool:
    """In the transaction that lets somebody in. Whether it is news to them; raises BeginAgain if it was used up."""
    if isinstance(request.session, Waiting) and not request.session.used_up():
        raise BeginAgain
    answer, is_new = _hand_out[0](request, user)
    request.session.modified = False
    vars(request)[HANDED_OUT] = answer
    return is_new


def records(request: HttpRequest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.session.get(METHODS_KEY, [])
    return found
