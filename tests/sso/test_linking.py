"""The whole decision as a table. A row names what is special; everything else is as in the first line of its part."""

from dataclasses import fields, replace
from itertools import product

import pytest

from sso.linking import Owner, Purpose, Situation, Verdict, decide
from sso.social import pages

SIGN_IN, CONNECT, CONFIRM = Purpose.SIGN_IN, Purpose.CONNECT, Purpose.REAUTHENTICATE
NOBODY, SELF, ANOTHER = Owner.NOBODY, Owner.SELF, Owner.ANOTHER

# Nobody is signed in, and somebody unknown brings an address that the provider does not call verified.
STRANGER = Situation(
    purpose=SIGN_IN,
    signed_in=False,
    same_person=False,
    linked_to=NOBODY,
    has_address=True,
    provider_verified=False,
    provider_trusted=False,
    account_exists=False,
    account_proved=False,
    account_active=False,
)
PROVED = {"provider_verified": True, "provider_trusted": True}
VERIFIED_ONLY = {"provider_verified": True}
TRUSTED_ONLY = {"provider_trusted": True}
ACCOUNT = {"account_exists": True, "account_proved": True, "account_active": True}
PREPARED = {"account_exists": True, "account_active": True}
DISABLED = {"account_exists": True, "account_proved": True}
PREPARED_DISABLED = {"account_exists": True}
ANSWERED = {"answered_for": True}
OUTRANKS = {"outranks_provider": True}
HERE = {"signed_in": True}
STILL = {"signed_in": True, "same_person": True}

TABLE = [
    # Nobody has the identity, nobody the address.
    ({}, Verdict.SIGN_UP_UNPROVED),
    (VERIFIED_ONLY, Verdict.SIGN_UP_UNPROVED),
    (TRUSTED_ONLY, Verdict.SIGN_UP_UNPROVED),
    (PROVED, Verdict.SIGN_UP),
    ({"has_address": False}, Verdict.REFUSE_NO_ADDRESS),
    (PROVED | {"has_address": False}, Verdict.REFUSE_NO_ADDRESS),
    # An account that somebody proved has the address: it is never opened by it.
    (ACCOUNT, Verdict.REFUSE_IN_SILENCE),
    (ACCOUNT | VERIFIED_ONLY, Verdict.REFUSE_IN_SILENCE),
    (ACCOUNT | TRUSTED_ONLY, Verdict.REFUSE_IN_SILENCE),
    (ACCOUNT | PROVED, Verdict.REFUSE_KNOWN_ADDRESS),
    (DISABLED, Verdict.REFUSE_IN_SILENCE),
    (DISABLED | VERIFIED_ONLY, Verdict.REFUSE_IN_SILENCE),
    (DISABLED | PROVED, Verdict.REFUSE_KNOWN_ADDRESS),
    # An account that nobody proved has the address: it gives way to proof, and to nothing less.
    (PREPARED, Verdict.REFUSE_IN_SILENCE),
    (PREPARED | VERIFIED_ONLY, Verdict.REFUSE_IN_SILENCE),
    (PREPARED | TRUSTED_ONLY, Verdict.REFUSE_IN_SILENCE),
    (PREPARED | PROVED, Verdict.TAKE_OVER),
    (PREPARED_DISABLED, Verdict.REFUSE_IN_SILENCE),
    (PREPARED_DISABLED | PROVED, Verdict.REFUSE_DISABLED),
    # The provider of an organization that they have joined answers for that account.
    (ACCOUNT | PROVED | ANSWERED, Verdict.LINK),
    (DISABLED | PROVED | ANSWERED, Verdict.REFUSE_DISABLED),
    (ACCOUNT | ANSWERED, Verdict.REFUSE_IN_SILENCE),
    (PREPARED | PROVED | ANSWERED, Verdict.TAKE_OVER),
    (HERE | ACCOUNT | PROVED | ANSWERED, Verdict.REFUSE_OTHER_PERSON),
    # Somebody has the identity: the address, and what the provider says of it, no longer matter.
    ({"linked_to": ANOTHER}, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER, "has_address": False}, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER} | PROVED, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER} | ACCOUNT, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER} | ACCOUNT | PROVED, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER} | PREPARED | PROVED, Verdict.SIGN_IN),
    ({"linked_to": ANOTHER} | DISABLED, Verdict.SIGN_IN),
    # Somebody is signed in here already.
    (HERE, Verdict.REFUSE_OTHER_PERSON),
    (HERE | PROVED, Verdict.REFUSE_OTHER_PERSON),
    (HERE | ACCOUNT | PROVED, Verdict.REFUSE_OTHER_PERSON),
    (HERE | PREPARED | PROVED, Verdict.REFUSE_OTHER_PERSON),
    (HERE | {"linked_to": ANOTHER}, Verdict.REFUSE_OTHER_PERSON),
    (HERE | {"linked_to": SELF}, Verdict.NOTHING_TO_DO),
    # Set up by somebody who may do less than whose account it would open.
    ({"linked_to": ANOTHER, **OUTRANKS}, Verdict.REFUSE_NOT_CONFIRMED),
    ({"linked_to": ANOTHER, **OUTRANKS} | ACCOUNT | PROVED | ANSWERED, Verdict.REFUSE_NOT_CONFIRMED),
    (HERE | OUTRANKS | {"linked_to": SELF}, Verdict.REFUSE_NOT_CONFIRMED),
    (HERE | OUTRANKS | {"linked_to": ANOTHER}, Verdict.REFUSE_OTHER_PERSON),
    (STILL | OUTRANKS | {"purpose": CONNECT}, Verdict.REFUSE_NOT_CONFIRMED),
    (STILL | OUTRANKS | {"purpose": CONNECT, "linked_to": SELF}, Verdict.NOTHING_TO_DO),
    (STILL | OUTRANKS | {"purpose": CONFIRM, "linked_to": SELF}, Verdict.REFUSE_NOT_CONFIRMED),
    (OUTRANKS | PROVED, Verdict.SIGN_UP),
    # Trying a provider out.
    ({"purpose": Purpose.TRY_OUT}, Verdict.SHOW),
    (STILL | {"purpose": Purpose.TRY_OUT} | ACCOUNT | PROVED | ANSWERED, Verdict.SHOW),
    # Connecting.
    (STILL | {"purpose": CONNECT}, Verdict.CONNECT),
    (STILL | {"purpose": CONNECT, "has_address": False}, Verdict.CONNECT),
    (STILL | {"purpose": CONNECT} | ACCOUNT | PROVED, Verdict.CONNECT),
    (STILL | {"purpose": CONNECT} | PREPARED | PROVED, Verdict.CONNECT),
    (STILL | {"purpose": CONNECT, "linked_to": SELF}, Verdict.NOTHING_TO_DO),
    (STILL | {"purpose": CONNECT, "linked_to": ANOTHER}, Verdict.REFUSE_LINKED_ELSEWHERE),
    (STILL | {"purpose": CONNECT, "linked_to": ANOTHER} | PROVED, Verdict.REFUSE_LINKED_ELSEWHERE),
    ({"purpose": CONNECT}, Verdict.REFUSE_OTHER_PERSON),
    (HERE | {"purpose": CONNECT}, Verdict.REFUSE_OTHER_PERSON),
    (HERE | {"purpose": CONNECT, "linked_to": SELF}, Verdict.REFUSE_OTHER_PERSON),
    ({"purpose": CONNECT, "linked_to": ANOTHER}, Verdict.REFUSE_OTHER_PERSON),
    # Showing that it is still them.
    (STILL | {"purpose": CONFIRM, "linked_to": SELF}, Verdict.CONFIRM),
    (STILL | {"purpose": CONFIRM}, Verdict.REFUSE_NOT_CONNECTED),
    (STILL | {"purpose": CONFIRM} | ACCOUNT | PROVED, Verdict.REFUSE_NOT_CONNECTED),
    (STILL | {"purpose": CONFIRM, "linked_to": ANOTHER}, Verdict.REFUSE_NOT_CONNECTED),
    ({"purpose": CONFIRM}, Verdict.REFUSE_OTHER_PERSON),
    ({"purpose": CONFIRM, "linked_to": ANOTHER}, Verdict.REFUSE_OTHER_PERSON),
    (HERE | {"purpose": CONFIRM, "linked_to": SELF}, Verdict.REFUSE_OTHER_PERSON),
]


@pytest.mark.parametrize(("special", "verdict"), TABLE, ids=lambda value: str(value)[:90])
def test_a_row_of_the_table(special: dict[str, object], verdict: Verdict) -> None:
    assert decide(replace(STRANGER, **special)) is verdict


def test_every_verdict_stands_in_the_table() -> None:
    assert {verdict for _special, verdict in TABLE} == set(Verdict)


def every_situation() -> list[Situation]:
    choices = {"purpose": list(Purpose), "linked_to": list(Owner)}
    values = [choices.get(field.name, [False, True]) for field in fields(Situation)]
    return [Situation(*chosen) for chosen in product(*values)]


def test_rules_that_hold_everywhere() -> None:
    for situation in every_situation():
        verdict = decide(situation)
        if verdict in (Verdict.SIGN_IN, Verdict.NOTHING_TO_DO, Verdict.CONFIRM):
            assert situation.linked_to is not Owner.NOBODY
        if verdict in (Verdict.TAKE_OVER, Verdict.SIGN_UP, Verdict.REFUSE_KNOWN_ADDRESS):
            assert situation.mailbox_is_proved
        if verdict is Verdict.TAKE_OVER:
            assert situation.account_active
            assert not situation.account_proved
        if verdict is Verdict.LINK:
            assert situation.answered_for
            assert situation.mailbox_is_proved
            assert situation.account_active
            assert not situation.signed_in
        if verdict in (Verdict.SIGN_IN, Verdict.CONNECT, Verdict.CONFIRM):
            assert not situation.outranks_provider
        if verdict is Verdict.CONNECT:
            assert situation.same_person
            assert situation.linked_to is Owner.NOBODY


def test_every_refusal_has_a_page_of_its_own() -> None:
    elsewhere = {Verdict.REFUSE_IN_SILENCE, Verdict.REFUSE_DISABLED}
    refusals = {verdict for verdict in Verdict if verdict.name.startswith("REFUSE")}
    assert pages.WORDS.keys() == refusals - elsewhere
