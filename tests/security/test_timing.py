"""Nobody learns from the clock which addresses have an account.

Known and unknown addresses take turns, so that whatever else the machine does meets both alike; the ranks of all
times are then compared (Mann-Whitney). With 150 of each, a difference of a few hundredths of a request shows.
"""

import gc
import statistics
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLES, WARM_UP = 150, 10
# Beyond four standard deviations it is no accident: one run in 16,000 would be, if there were no difference.
ACCIDENT = 4.0

numbers = count(1)
Ask = Callable[[str, str], Any]


def post(path: str, **fields: str) -> Any:
    number = next(numbers)
    # Each from a network of its own: no limit is what is measured here.
    headers = {"x-forwarded-for": f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"}
    return Client().post(path, fields, headers=headers)


def sign_in(email: str) -> Any:
    return post("/account/login/", login=email, password="not their password")


def sign_up(email: str) -> Any:
    return post("/account/signup/", email=email, password1=PASSWORD)


def reset(email: str) -> Any:
    return post("/account/password/reset/", email=email)


def mail_code(email: str) -> Any:
    return post("/account/login/mail/", email=email)


def took(ask: Callable[[str], Any], email: str) -> float:
    started = time.perf_counter()
    response = ask(email)
    seconds = time.perf_counter() - started
    assert response.status_code in (200, 302)
    return seconds


def deviation(first: list[float], second: list[float]) -> float:
    """How many standard deviations the ranks of the first are away from those of the same distribution."""
    ranks = {value: rank for rank, value in enumerate(sorted(first + second), start=1)}
    n, m = len(first), len(second)
    u = sum(ranks[value] for value in first) - n * (n + 1) / 2
    return (u - n * m / 2) / float((n * m * (n + m + 1) / 12) ** 0.5)


@pytest.mark.parametrize("ask", [sign_in, sign_up, reset, mail_code])
def test_known_and_unknown_addresses_take_equally_long(ask: Callable[[str], Any], settings: Any) -> None:
    # What would be refused after some attempts is not what is measured here either.
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/1h")
    settings.SIGN_IN_BY_MAIL = True
    people = [f"known{number}@example.org" for number in range(SAMPLES + WARM_UP)]
    User.objects.bulk_create(User(email=email, password=User(email="x").password) for email in people)
    for user in User.objects.all():
        user.set_password(PASSWORD)
        user.save()
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    known, unknown = [], []
    gc.collect()
    gc.disable()
    try:
        for number, email in enumerate(people):
            pair = [(known, email), (unknown, f"other{number}@example.org")]
            for times, address in pair if number % 2 else reversed(pair):
                times.append(took(ask, address))
    finally:
        gc.enable()
    known, unknown = known[WARM_UP:], unknown[WARM_UP:]
    ratio = statistics.median(known) / statistics.median(unknown)
    assert abs(deviation(known, unknown)) < ACCIDENT, f"known takes {ratio:.3f} of the time of unknown"
