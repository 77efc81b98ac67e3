"""Refresh tokens: one good one in line, and a copy that somebody uses ends them all."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import access
from accounts.access import Reason
from accounts.models import User
from accounts.session.limits import Limits
from audit.actions import Action
from audit.models import Event
from core.client import Facts
from tests.outbox import mails
from tests.security.test_races import at_once
from tests.tokens.conftest import HERE, THERE
from tokens import jwt, standing
from tokens.flows import families, lines
from tokens.flows.families import Pair, RefreshRefused
from tokens.models import Family

pytestmark = pytest.mark.django_db


def refused(token: str, facts: Facts = HERE) -> str:
    with pytest.raises(RefreshRefused) as caught:
        families.refresh(token=token, facts=facts)
    return caught.value.reason


def family_of(pair: Pair) -> Family:
    return Family.objects.get(public_id=pair.sid)


def waited(seconds: float) -> None:
    for row in Family.objects.all():
        Family.objects.filter(pk=row.pk).update(rotated_at=row.rotated_at - timedelta(seconds=seconds))


def test_each_opens_the_next(pair: Pair) -> None:
    second = families.refresh(token=pair.refresh, facts=HERE)
    third = families.refresh(token=second.refresh, facts=HERE)
    assert len({pair.refresh, second.refresh, third.refresh}) == 3
    assert jwt.read(third.access).sid == pair.sid


def test_nothing_of_a_token_is_stored(pair: Pair) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(family)::text FROM tokens_family family")
        stored = cursor.fetchone()[0]
    assert pair.refresh[30:] not in stored
    assert family_of(pair).secret not in stored


def test_the_same_request_twice_at_once_is_refused_and_harms_nothing(pair: Pair) -> None:
    second = families.refresh(token=pair.refresh, facts=HERE)
    assert refused(pair.refresh) == "refresh_repeated"
    assert families.refresh(token=second.refresh, facts=HERE)


def test_a_lost_answer_is_given_again(pair: Pair) -> None:
    second = families.refresh(token=pair.refresh, facts=HERE)
    waited(2)
    assert families.refresh(token=pair.refresh, facts=HERE).refresh == second.refresh
    assert families.refresh(token=second.refresh, facts=HERE)


@pytest.mark.parametrize(("seconds", "facts"), [(2, THERE), (11, HERE), (3600, HERE)])
def test_a_copy_that_is_used_ends_the_family(pair: Pair, alice: User, seconds: int, facts: Facts) -> None:
    second = families.refresh(token=pair.refresh, facts=HERE)
    waited(seconds)
    assert refused(pair.refresh, facts) == "token_reused"
    assert refused(second.refresh) == "sign_in_ended"
    assert standing.sign_in(jwt.read(second.access)) is None
    assert Event.objects.of_action(Action.TOKEN_REUSE).count() == 1
    assert mails(message="token_reused", recipient=alice.email).count() == 1


def test_one_from_long_ago_is_known_for_what_it_is(pair: Pair) -> None:
    token = pair.refresh
    for _ in range(5):
        token = families.refresh(token=token, facts=HERE).refresh
    assert refused(pair.refresh) == "token_reused"


def test_whoever_knows_only_its_name_cannot_end_a_family(pair: Pair) -> None:
    """`sid` stands in every access token, which others see."""
    forged = families._token(replace(lines.of(family_of(pair)), secret="guessed"), 1)
    assert refused(forged) == "invalid_token"
    assert families.refresh(token=pair.refresh, facts=HERE)


@pytest.mark.parametrize(
    "junk", ["", "rt_", "rt_x", "rt_" + "A" * 69, "rt_" + "A" * 70, "é", "rt_é", "rt_" + "=" * 70]
)
def test_junk_is_refused(pair: Pair, junk: str) -> None:
    assert refused(junk) == "invalid_token"


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(pair: Pair) -> None:
    assert refused(pair.access) == "invalid_token"
    with pytest.raises(jwt.Refused):
        jwt.read(pair.refresh)


def test_it_ends_in_time(pair: Pair, settings: Any) -> None:
    left = pair.expires_at - timezone.now()
    assert timedelta(days=13) < left <= settings.REFRESH_IDLE_TIMEOUT
    Family.objects.update(created_at=timezone.now() - timedelta(days=29))
    second = families.refresh(token=pair.refresh, facts=HERE)
    assert second.expires_at - timezone.now() <= timedelta(days=1)
    Family.objects.update(expires_at=timezone.now())
    assert refused(second.refresh) == "sign_in_expired"


@pytest.mark.parametrize("limits", [Limits(idle=timedelta(hours=1)), Limits(absolute=timedelta(hours=1))])
def test_a_limit_that_comes_nearer_during_a_refresh_holds(
    pair: Pair, limits: Limits, monkeypatch: Any
) -> None:
    def look(public_id: Any, look: Any = lines.look) -> Any:
        found = look(public_id)
        families.shorten(User.objects.all(), limits)
        return found

    monkeypatch.setattr(lines, "look", look)
    families.refresh(token=pair.refresh, facts=HERE)
    assert family_of(pair).expires_at - timezone.now() <= timedelta(hours=1)


def end_it(pair: Pair) -> None:
    families.end(family=family_of(pair), reason=Family.End.SIGNED_OUT, actor=family_of(pair).user)


@pytest.mark.parametrize(
    "ending",
    [
        end_it,
        lambda pair: access.revoke(family_of(pair).user, reason=Reason.PASSWORD_CHANGED, actor=None),
        lambda pair: User.objects.update(is_active=False),
        lambda pair: User.objects.update(locked_at=timezone.now()),
    ],
    ids=["signed out", "revoked", "disabled", "locked"],
)
def test_an_end_counts_at_once_for_both_tokens(pair: Pair, ending: Any) -> None:
    assert standing.sign_in(jwt.read(pair.access))
    ending(pair)
    assert standing.sign_in(jwt.read(pair.access)) is None
    assert refused(pair.refresh) == "sign_in_ended"


def test_somebody_elses_family_does_not_stand_for_a_person(pair: Pair, bob: User) -> None:
    mixed = jwt.issue(subject=bob.public_id, sid=pair.sid)
    assert standing.sign_in(jwt.read(mixed)) is None


def test_asking_whether_it_stands_is_one_read(pair: Pair) -> None:
    known = jwt.read(pair.access)
    with CaptureQueriesContext(connection) as queries:
        family = standing.sign_in(known)
        assert family is not None
        assert family.user.email
    assert len(queries) == 1


def test_a_refresh_takes_few_statements(pair: Pair) -> None:
    with CaptureQueriesContext(connection) as queries:
        families.refresh(token=pair.refresh, facts=HERE)
    own = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(own) <= 4


@pytest.mark.django_db(transaction=True)
def test_six_at_once_make_one_successor(pair: Pair) -> None:
    def use() -> str:
        try:
            return families.refresh(token=pair.refresh, facts=HERE).refresh
        except RefreshRefused as error:
            return error.reason

    found = Counter(at_once(*[use] * 6))
    assert found.pop("refresh_repeated") == 5
    successor = next(iter(found))
    assert families.refresh(token=successor, facts=HERE)
    assert Family.objects.get().ended_at is None


def test_the_oldest_give_way_where_there_are_too_many(
    pair: Pair, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "AT_MOST", 2)
    other, second, third = (
        families.begin(user=user, methods=["password"], scope="all", facts=HERE)
        for user in (bob, alice, alice)
    )
    assert refused(pair.refresh) == "sign_in_ended"
    assert Family.objects.get(end="crowded").public_id == pair.sid
    assert standing.sign_in(jwt.read(pair.access)) is None
    for kept in (second, third, other):
        assert families.refresh(token=kept.refresh, facts=HERE)
    assert Event.objects.of_action(Action.SESSION_END).get().data == {"reason": "limit", "ended": 1}
