"""Asking once more who this is, before whatever somebody at a borrowed or stolen browser must not be able to do."""

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.pages.requests import SignedInRequest
from accounts.sign_in.allauth_compat import get_authentication_records, record_authentication
from audit import log
from audit.actions import Action
from core import client, errors, redirects
from core.api.problems import REALM
from core.requests import READS

View = Callable[..., HttpResponseBase]

PAGE = "account_reauthenticate"

# In the record of a proof by an organization's own provider: for whose rules it counts, by public id …
ORGANIZATION = "organization"
# … and for whose rules it counts as two factors.
TWO_FACTORS = "two_factors"
# In the session: a form was sent before the question, and nothing of it was done.
WAITS = "waits_for_proof"


class ProveAgain(errors.Problem):
    """For programs; people are led to the page that asks."""

    status = 401
    code = "reauthentication_required"
    title = _("Is it still you?")
    detail = _(
        "This needs a fresh proof of who you are. Bring one to /api/auth/reauthenticate by one of the `methods`, or "
        "sign in again where there are none, then repeat the request."
    )
    # By RFC 9470, for programs that know nothing else of us.
    headers: Mapping[str, str] = {"WWW-Authenticate": f'{REALM}, error="insufficient_user_authentication"'}

    def __init__(self, user: User | None = None) -> None:
        super().__init__()
        self.members = {"methods": methods_for(user) if user else []}

    @classmethod
    def example(cls) -> Self:
        made = cls()
        made.members = {"methods": ["password", "app"]}
        return made


@dataclass(frozen=True)
class Way:
    """How somebody may show that it is still them: a page of its own, which ends with `confirmed`."""

    name: str
    label: Callable[[User], str]
    page: str
    is_open_to: Callable[[User], bool]


_ways: dict[str, Way] = {}


def register(way: Way) -> None:
    _ways[way.name] = way


def ways_of(user: User) -> list[Way]:
    return [way for way in _ways.values() if way.is_open_to(user)]


def pages() -> list[str]:
    """Where somebody may show that it is still them, whatever else has to wait for it."""
    return [PAGE, *(way.page for way in _ways.values())]


def is_fresh(request: HttpRequest, *, methods: Collection[str] | None = None) -> bool:
    """Whether this person proved within the last minutes and in this session who they are, by one of these methods.

    Without methods, any will do.
    """
    return timezone.now() - proved_at(request, methods=methods) < settings.REAUTHENTICATION_TIMEOUT


@dataclass(frozen=True)
class Question:
    """What is asked of somebody who has to show that it is still them: the answer, and the page that asks for it."""

    is_answered: Callable[[HttpRequest], bool]
    page: Callable[[User], str]
    # What a program may bring, by the names it has there.
    methods: Callable[[User], list[str]]


def by_password(user: User) -> list[str]:
    """What somebody has who has nothing else."""
    return ["password"] if user.has_usable_password() else []


_question = [Question(is_fresh, lambda user: PAGE, by_password)]


def ask_instead(question: Question) -> None:
    """By the app of second factors, which stands above this one and can ask for more than a password."""
    _question[:] = [question]


def is_proved(request: HttpRequest) -> bool:
    """Whether it has lately been shown that it is still this person, by as much as they have to show for it."""
    return _question[0].is_answered(request)


def methods_for(user: User) -> list[str]:
    """By which of them this person may show it as a program."""
    return _question[0].methods(user)


def proved_at(request: HttpRequest, *, methods: Collection[str] | None = None) -> datetime:
    """When this session last saw such a proof of who its person is; long ago if it never did."""
    records = get_authentication_records(request, request.user)
    proofs = [record["at"] for record in records if methods is None or record["method"] in methods]
    return datetime.fromtimestamp(max(proofs, default=0.0), UTC)


def methods_used(
    request: HttpRequest, user: User | None = None, *, organization: UUID | None = None
) -> set[str]:
    """By what means the person in this session, or `user` whose sign-in is under way, has proved who they are.

    To an organization another one's provider is no proof.
    """
    records = get_authentication_records(request, user or request.user)
    if organization is None:
        return {record["method"] for record in records}
    own = str(organization)
    return {record["method"] for record in records if record.get(ORGANIZATION, own) == own}


def two_factors_for(request: HttpRequest, organization: UUID) -> bool:
    """Whether the provider of this organization has asked for two factors, and is believed that it did."""
    records = get_authentication_records(request, request.user)
    return any(record.get(TWO_FACTORS) == str(organization) for record in records)


def fresh_sign_in_required(*, back_to: str = "") -> Callable[[View], View]:
    """Lets a signed-in person through who proved lately who they are; everybody else is asked, and comes back.

    Whoever has a second step shows that one: a password alone is what is stolen most.

    `back_to` names the page on which the button stands, for views that only take a POST.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if is_proved(request):
                return view(request, *args, **kwargs)
            return ask(request, back_to=reverse(back_to) if back_to else "")

        return guarded

    return decorate


def ask(request: HttpRequest, *, back_to: str = "") -> HttpResponse:
    """Leads to the page that asks, and from there to `back_to` or to what was opened; programs get a refusal."""
    if errors.wants_json(request):
        raise ProveAgain(cast(SignedInRequest, request).user)
    note_what_waits(request)
    return redirect(_own_page(request, back_to or request.get_full_path()))


def note_what_waits(request: HttpRequest) -> None:
    """A form is not sent on by itself: whoever has shown who they are is told to send it once more."""
    if request.method not in READS:
        request.session[WAITS] = True
    else:
        request.session.pop(WAITS, None)


def context(request: HttpRequest) -> dict[str, Any]:
    """For pages with a form that is taken after a fresh proof only: better asked for before it is filled in."""
    return {"prove_first": SimpleLazyObject(lambda: _address_to_prove(request))}


def _address_to_prove(request: HttpRequest) -> str:
    """Empty where it is not needed."""
    return "" if is_proved(request) else _own_page(request, redirects.page_of(request))


def _own_page(request: HttpRequest, next_address: str) -> str:
    """The one that asks this person for what they have."""
    return page(next_address, _question[0].page(cast(SignedInRequest, request).user))


def ask_at_desk(request: HttpRequest, back_to: str) -> HttpResponse | None:
    """See core.desk.step_up: nobody is asked who has shown it lately."""
    return None if is_proved(request) else ask(request, back_to=back_to)


def page(next_address: str, name: str = PAGE) -> str:
    """Where somebody is asked, and comes back from to `next_address`."""
    return redirects.with_next(reverse(name), next_address)


def confirmed(request: SignedInRequest, *, method: str, **details: Any) -> None:
    """Notes the proof in the session, whose key changes: a copy made before is worth nothing now.

    From then on the session belongs to the network and browser in which it was proved.
    """
    record_authentication(request, request.user, method=method, reauthenticated=True, **details)
    request.session.cycle_key()
    if request.session.pop(WAITS, False):
        messages.info(request, str(_("It is you. Nothing was done yet: please press the button once more.")))
    log.record(
        Action.REAUTHENTICATE,
        actor=request.user.public_id,
        person=request.user.public_id,
        facts=client.facts(request),
        data={"method": method},
    )
