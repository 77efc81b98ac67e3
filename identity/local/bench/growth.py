"""The API where few people live and where many do: a visit should cost the same in both."""

from functools import partial

from identity.local.bench import api, people
from identity.local.bench.report import Comparison
from identity.local.bench.rows import Row
from identity.local.bench.sites import OURS, Site
from identity.local.bench.stage import Stage

FEW, MANY = 1_000, 1_000_000


def title(crowd: int) -> str:
    return f"{crowd:,} people"


COMPARISONS = [
    Comparison(f"{title(MANY)}: {job}", f"{title(FEW)}: {job}") for job in ("me", "refresh", "login")
]


def rows(stage: Stage) -> list[Row]:
    for crowd in (FEW, MANY):
        gather(stage, crowd)
    return [*rows_among(FEW), *rows_among(MANY)]


def gather(stage: Stage, crowd: int) -> None:
    stage.copy(OURS, site_of(crowd))
    stage.run(site_of(crowd), "identity.local.bench.crowd", BENCH_PEOPLE=str(crowd))


def rows_among(crowd: int) -> list[Row]:
    return api.rows(title(crowd), site_of(crowd), api.OUR_API, partial(people.address_among, crowd))


def site_of(crowd: int) -> Site:
    return Site(f"web-{crowd}", database=f"crowd_{crowd}")
