"""Whose account an outside identity opens. A decision without side effects: facts in, verdict out.

An identity is the pair of issuer and subject. An address never links one to an account: at most it proves whose
mailbox it is, and then an account that was never proved gives way, with everything somebody prepared in it. The one
exception is the provider of an organization that has proved the address's domain to be its own, for somebody who has
joined it and does not help to run the site.
"""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    SIGN_IN = "sign-in"
    CONNECT = "connect"
    REAUTHENTICATE = "reauthenticate"
    TRY_OUT = "try-out"  # Of an administrator who sets a provider up: nobody is signed in.


class Owner(StrEnum):
    """To whom an identity is connected already."""

    NOBODY = "nobody"
    SELF = "self"  # The person who is signed in here.
    ANOTHER = "another"


class Verdict(StrEnum):
    SIGN_IN = "sign-in"
    SIGN_UP = "sign-up"
    SIGN_UP_UNPROVED = "sign-up-unproved"  # Their mailbox is asked before the account can be used.
    TAKE_OVER = "take-over"
    LINK = "link"  # To an account that the organization of the provider answers for.
    CONNECT = "connect"
    CONFIRM = "confirm"  # It is still them.
    NOTHING_TO_DO = "nothing-to-do"
    SHOW = "show"  # What the provider said, and nothing comes of it.
    REFUSE_OTHER_PERSON = "other-person"
    REFUSE_LINKED_ELSEWHERE = "linked-elsewhere"
    REFUSE_NOT_CONNECTED = "not-connected"
    REFUSE_KNOWN_ADDRESS = "known-address"
    REFUSE_IN_SILENCE = "known-address-unproved"
    REFUSE_NOT_CONFIRMED = "not-confirmed"
    REFUSE_DISABLED = "disabled"
    REFUSE_NO_ADDRESS = "no-address"


@dataclass(frozen=True)
class Situation:
    purpose: Purpose
    # Somebody is signed in, and for CONNECT and REAUTHENTICATE it is still whoever set out.
    signed_in: bool
    same_person: bool
    linked_to: Owner
    has_address: bool
    provider_verified: bool
    provider_trusted: bool
    # The account here with that address, if there is one, and whether any mailbox of it was ever proved.
    account_exists: bool
    account_proved: bool
    account_active: bool
    # The provider belongs to an organization that the account has joined, and may speak for its address.
    answered_for: bool = False
    # Who is connected, or connects now, may do more than whoever has set the provider up.
    outranks_provider: bool = False

    @property
    def mailbox_is_proved(self) -> bool:
        return self.provider_verified and self.provider_trusted


def decide(situation: Situation) -> Verdict:
    match situation.purpose:
        case Purpose.SIGN_IN:
            return _sign_in(situation)
        case Purpose.CONNECT:
            return _connect(situation)
        case Purpose.REAUTHENTICATE:
            return _confirm(situation)
        case Purpose.TRY_OUT:
            return Verdict.SHOW


def _sign_in(situation: Situation) -> Verdict:
    if situation.signed_in:
        # One person's session never turns into another's.
        if situation.linked_to is not Owner.SELF:
            return Verdict.REFUSE_OTHER_PERSON
        return _if_confirmed(situation, Verdict.NOTHING_TO_DO)
    if situation.linked_to is not Owner.NOBODY:
        return _if_confirmed(situation, Verdict.SIGN_IN)
    if not situation.has_address:
        return Verdict.REFUSE_NO_ADDRESS
    if not situation.account_exists:
        return Verdict.SIGN_UP if situation.mailbox_is_proved else Verdict.SIGN_UP_UNPROVED
    return _meet_account(situation)


def _meet_account(situation: Situation) -> Verdict:
    """Somebody unknown brings the address of an account."""
    if not situation.mailbox_is_proved:
        # Only who has shown that the mailbox is theirs may learn that it has an account.
        return Verdict.REFUSE_IN_SILENCE
    if situation.account_proved and situation.answered_for:
        return Verdict.LINK if situation.account_active else Verdict.REFUSE_DISABLED
    if situation.account_proved:
        return Verdict.REFUSE_KNOWN_ADDRESS
    return Verdict.TAKE_OVER if situation.account_active else Verdict.REFUSE_DISABLED


def _connect(situation: Situation) -> Verdict:
    if not situation.same_person:
        return Verdict.REFUSE_OTHER_PERSON
    match situation.linked_to:
        case Owner.NOBODY:
            return _if_confirmed(situation, Verdict.CONNECT)
        case Owner.SELF:
            return Verdict.NOTHING_TO_DO
        case Owner.ANOTHER:
            return Verdict.REFUSE_LINKED_ELSEWHERE


def _confirm(situation: Situation) -> Verdict:
    if not situation.same_person:
        return Verdict.REFUSE_OTHER_PERSON
    if situation.linked_to is not Owner.SELF:
        return Verdict.REFUSE_NOT_CONNECTED
    return _if_confirmed(situation, Verdict.CONFIRM)


def _if_confirmed(situation: Situation, verdict: Verdict) -> Verdict:
    """Whoever sets a provider up can make it say anything: it proves nothing of those who may do more than they."""
    return Verdict.REFUSE_NOT_CONFIRMED if situation.outranks_provider else verdict
