"""`python -m identity.local.bench` measures the rows.

--api           only what concerns the API
--connections   ways to keep database connections
--saml          signing in by SAML, with ten connections and with five thousand
--desk          every list of the administrators' desk among a million people: at most 10 queries and a second each;
                takes six minutes, or BENCH_PEOPLE=20000 for fewer of both
--growth        the API with a thousand people and with a million: takes about three minutes
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from identity.local import screen
from identity.local.bench import api, growth, measure, report, saml
from identity.local.bench.measure import Subject
from identity.local.bench.rows import ROWS, Row
from identity.local.bench.sites import OURS, Site
from identity.local.bench.stage import Stage, staged
from identity.local.bench.strategies import STRATEGIES, TWO_QUERIES
from identity.local.bench.visitor import UnexpectedAnswer, Visitor
from identity.local.programs import MachineError


def main(arguments: Sequence[str]) -> int:
    try:
        if "--desk" in arguments:
            return lists_of_the_desk()
        with staged() as stage:
            with screen.step("The sites as in production"):
                stage.start()
                password_hash = stage.seed(OURS)
                subjects = chosen(arguments)(stage)
            with screen.step(f"{measure.ROUNDS} rounds"):
                visits, hashes = measure.rounds(subjects, password_hash)
        report.costs(visits, hashes)
        report.comparisons(visits, hashes, [*api.COMPARISONS, *growth.COMPARISONS, *saml.COMPARISONS])
    except (UnexpectedAnswer, MachineError) as error:
        screen.say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def lists_of_the_desk() -> int:
    with staged() as stage:
        with screen.step("The site as in production"):
            stage.start()
            stage.seed(OURS)
        people = os.environ.get("BENCH_PEOPLE", str(growth.MANY))
        return stage.show(OURS, "identity.local.bench.desk", BENCH_PEOPLE=people)


def chosen(arguments: Sequence[str]) -> Callable[[Stage], list[Subject]]:
    unit = ROWS[0]
    if "--api" in arguments:
        return lambda stage: served(stage, [unit, *api.ROWS])
    if "--connections" in arguments:
        return lambda stage: [*served(stage, [unit]), *connections(stage)]
    if "--growth" in arguments:
        # Databases first: none is copied while a server is connected to it.
        return lambda stage: served(stage, [*growth.rows(stage), unit])
    if "--saml" in arguments:
        return lambda stage: saml_subjects(stage, unit)
    return lambda stage: served(stage, [*ROWS, *api.ROWS])


def saml_subjects(stage: Stage, unit: Row) -> list[Subject]:
    few, many = saml.staged_sites(stage, OURS)
    crowded = saml.rows(many, f"SAML, {saml.MANY:,} connections")
    return [*served(stage, [*saml.rows(few), *crowded, unit]), saml.bare()]


def served(stage: Stage, rows: Sequence[Row]) -> list[Subject]:
    """With a web server for each site that the rows visit."""
    running = {site: _serve(stage, site) for site in dict.fromkeys(row.site for row in rows)}
    subjects = []
    for row in rows:
        process, port = running[row.site]
        subjects.append(_subject(row, port, [process, stage.database]))
    return subjects


def connections(stage: Stage) -> list[Subject]:
    subjects = []
    for name in STRATEGIES:
        site = Site(name, "identity.local.bench.connections")
        web, port = stage.serve(site, BENCH_CONNECTIONS=name)
        row = Row(f"2 queries, {name}", lambda visitor: visitor.get(TWO_QUERIES))
        subjects.append(_subject(row, port, [web, stage.database]))
    return subjects


def _serve(stage: Stage, site: Site) -> tuple[int, int]:
    if site.seed and site != OURS:
        stage.seed(site)
    return stage.serve(site)


def _subject(row: Row, port: int, processes: Sequence[int]) -> Subject:
    visitors = [Visitor(port) for _ in range(measure.VISITORS)]
    for visitor in visitors:
        row.arrive(visitor)
    return Subject(row.name, [partial(row.visit, visitor) for visitor in visitors], processes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
