"""Passkeys: a key pair kept by a device, which signs for this site alone and only after asking who holds it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.flows import notices
from accounts.models import User
from accounts.pages import preferences
from audit import log
from audit.actions import Action, Outcome
from core.client import Facts
from core.models import Priority
from core.site import absolute
from mfa import ceremonies, makers, trust, webauthn
from mfa.ceremonies import Purpose
from mfa.forms import CodeForm, PasskeyForm
from mfa.models import Passkey, PasskeyHandle
from mfa.webauthn import Answer, NewPasskey, Refused

NAME = "passkey"
METHOD = "passkey"
IS_BACKUP = False
RESISTS_PHISHING = True
AT_MOST = 20

logger = structlog.get_logger(__name__)


def label() -> str:
    return _("passkey")


def title() -> str:
    return _("Use your passkey")


def hint() -> str:
    return _("Your device asks for your finger, your face or its PIN. None of it leaves the device.")


def offer() -> str:
    return _("Use a passkey")


def set_up() -> str:
    return _("Make a passkey")


def advice() -> str:
    return _("Your finger, your face or the PIN of your device: the easiest, and the safest.")


def form(data: Any = None) -> CodeForm:
    return PasskeyForm(data)


def question(user: User, purpose: Purpose) -> dict[str, Any]:
    """For the page that asks; one is as good as another, but for those that are suspended."""
    asked = ceremonies.begin(purpose, user)
    allowed = [_descriptor(passkey) for passkey in usable(user)]
    return webauthn.request_options(challenge=asked.challenge, allowed=allowed)


def question_to_anybody() -> dict[str, Any]:
    """For whoever signs in with one and nothing else: whose it is, the answer says."""
    return webauthn.request_options(challenge=ceremonies.begin(Purpose.SIGN_IN, None).challenge)


def of(user: User) -> "QuerySet[Passkey]":
    return Passkey.objects.filter(user=user).order_by("pk")


def usable(user: User) -> "QuerySet[Passkey]":
    return of(user).filter(suspended_at__isnull=True)


def rows(user: User) -> "QuerySet[Passkey]":
    """A suspended one too: whoever copied a passkey must not turn the second step off by using it."""
    return of(user)


def check(*, user: User, typed: str, facts: Facts, purpose: Purpose) -> bool:
    try:
        show(answer=webauthn.read(typed), purpose=purpose, user=user, facts=facts)
    except webauthn.Malformed:
        return False
    except Refused as refused:
        logger.info("passkey_refused", purpose=purpose, reason=refused.reason)
        return False
    return True


# --- Showing one ----------------------------------------------------------------------------------


def show(*, answer: Answer, purpose: Purpose, user: User | None, facts: Facts) -> Passkey:
    """The passkey that signed this, which is then used. `user` is there where it is known who has to show one.

    Raises Refused. In the caller's transaction, which lasts also then: the question is used up, a copy is known.
    """
    asked = ceremonies.finish(answer.challenge, purpose, user)
    if asked is None:
        raise Refused("no such question")
    passkey = (
        Passkey.objects.select_for_update(of=("self",)).filter(credential_id=answer.credential_id).first()
    )
    if passkey is None or passkey.created_at > asked.created_at:
        raise Refused("unknown passkey")
    _check_owner(passkey, answer, user)
    used = webauthn.check_use(answer, challenge=asked.challenge, public_key=bytes(passkey.public_key))
    if used.backup_eligible != passkey.backup_eligible:
        raise Refused("backup eligibility")
    if passkey.suspended_at is not None:
        raise Refused("suspended")
    if not passkey.is_outrun_by(used.sign_count):
        _suspend(passkey, facts)
        raise Refused("sign count")
    passkey.note_use(sign_count=used.sign_count, backed_up=used.backed_up)
    return passkey


def owner_of(answer: Answer) -> User | None:
    """Whose passkey somebody claims to show, for the log."""
    found = Passkey.objects.filter(credential_id=answer.credential_id).select_related("user").first()
    return found.user if found else None


def _check_owner(passkey: Passkey, answer: Answer, user: User | None) -> None:
    """Without a person to go by, the device has to name its own (§ 7.2, step 6)."""
    if user is not None and passkey.user_id != user.pk:
        raise Refused("somebody else's passkey")
    if user is None and answer.user_handle is None:
        raise Refused("no user handle")
    if answer.user_handle is not None and answer.user_handle != handle_of(passkey.user):
        raise Refused("user handle")


def _suspend(passkey: Passkey, facts: Facts) -> None:
    """Its count went back or stood still: somebody has a copy, and nobody knows which of the two this was."""
    passkey.suspend()
    # One of them may have been made with the copy.
    trust.end_all(passkey.user)
    log.record(
        Action.PASSKEY_SUSPEND,
        person=passkey.user.public_id,
        outcome=Outcome.REFUSED,
        facts=facts,
        personal={"name": passkey.name},
        by_stranger=True,
    )
    link = absolute(reverse("mfa:factors"))
    context = {**notices.circumstances(facts), "factor_name": passkey.name, "link": link}
    with preferences.of_the_site():
        notices.tell(passkey.user, "passkey_suspended", context=context, priority=Priority.URGENT)


# --- Adding one -----------------------------------------------------------------------------------


def begin(user: User) -> dict[str, Any]:
    """The question to a browser that is to make one; those there are shall not be made twice."""
    asked = ceremonies.begin(Purpose.REGISTER, user)
    known = [_descriptor(passkey) for passkey in of(user)]
    return webauthn.creation_options(
        challenge=asked.challenge,
        handle=handle_of(user),
        account=user.email,
        name=user.get_full_name(),
        known=known,
    )


def made(*, user: User, answer: Answer) -> NewPasskey:
    """Raises Refused; the question is used up either way. The caller holds the lock on the person's row."""
    asked = ceremonies.finish(answer.challenge, Purpose.REGISTER, user)
    if asked is None:
        raise Refused("no such question")
    new = webauthn.check_new(answer, challenge=asked.challenge)
    if of(user).count() >= AT_MOST:
        raise Refused("too many")
    if Passkey.objects.filter(credential_id=new.credential_id).exists():
        raise Refused("known passkey")
    return new


def add(*, user: User, new: NewPasskey, answer: Answer, facts: Facts) -> Passkey:
    aaguid = UUID(new.aaguid)
    return Passkey.objects.create(
        user=user,
        name=makers.name(aaguid=aaguid, transports=answer.transports, facts=facts),
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        aaguid=aaguid,
        transports=answer.transports,
        backup_eligible=new.backup_eligible,
        backed_up=new.backed_up,
        is_discoverable=answer.is_discoverable,
    )


def handle_of(user: User) -> bytes:
    return bytes(PasskeyHandle.objects.get_or_create(user=user)[0].handle)


# --- Changing those there are ---------------------------------------------------------------------


def rename(*, user: User, pk: int, name: str) -> bool:
    return bool(of(user).filter(pk=pk).update(name=name))


def remove(*, user: User, pk: int) -> str | None:
    """Answers what it was called."""
    passkey = of(user).filter(pk=pk).first()
    if passkey is None:
        return None
    passkey.delete()
    return str(passkey.name)


def opens_by_itself(proof: Mapping[str, Any], user: User) -> bool:
    """Whether a sign-in that began with one needs no second factor: it may be gone while a step was waiting."""
    return proof["method"] == METHOD and usable(user).filter(pk=proof["passkey"]).exists()


def ways_in(user: User) -> "QuerySet[Passkey]":
    """Those that open the account by themselves."""
    return usable(user).exclude(is_discoverable=False)


def count_ways_in(user: User) -> int:
    return ways_in(user).count()


def end(user: User, *, since: datetime | None = None) -> int:
    rows = of(user)
    return (rows if since is None else rows.filter(created_at__gte=since)).delete()[0]


def _descriptor(passkey: Passkey) -> tuple[bytes, list[str]]:
    return bytes(passkey.credential_id), list(passkey.transports)
