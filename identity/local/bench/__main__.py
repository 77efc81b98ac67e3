"""`python -m identity.local.bench` measures the rows; with `--connections`, ways to keep database connections."""

import statistics
import sys
from collections.abc import Sequence

from identity.local import screen
from identity.local.bench import measure
from identity.local.bench.measure import Spread, Subject
from identity.local.bench.rows import ROWS, SERVERS, Row
from identity.local.bench.stage import Stage, staged
from identity.local.bench.strategies import STRATEGIES, TWO_QUERIES
from identity.local.bench.visitor import UnexpectedAnswer, Visitor
from identity.local.programs import MachineError


def main(arguments: Sequence[str]) -> int:
    try:
        with staged() as stage:
            with screen.step("The site as in production"):
                stage.start()
                subjects = connections(stage) if "--connections" in arguments else rows(stage)
            with screen.step(f"{measure.ROUNDS} rounds"):
                visits, hashes = measure.rounds(subjects, stage.password_hash)
        report(visits, hashes)
    except (UnexpectedAnswer, MachineError) as error:
        screen.say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def rows(stage: Stage) -> list[Subject]:
    running = {name: stage.serve(name, DJANGO_SETTINGS_MODULE=settings) for name, settings in SERVERS.items()}
    subjects = []
    for row in ROWS:
        process, port = running[row.server]
        subjects.append(_subject(row, port, [process, stage.database]))
    return subjects


def connections(stage: Stage) -> list[Subject]:
    subjects = rows(stage)[:1]
    for name in STRATEGIES:
        settings = {"DJANGO_SETTINGS_MODULE": "identity.local.bench.connections", "BENCH_CONNECTIONS": name}
        web, port = stage.serve(name, **settings)
        row = Row(f"2 queries, {name}", lambda visitor: visitor.get(TWO_QUERIES))
        subjects.append(_subject(row, port, [web, stage.database]))
    return subjects


def _subject(row: Row, port: int, processes: Sequence[int]) -> Subject:
    visitor = Visitor(port)
    row.arrive(visitor)
    return Subject(row.name, lambda: row.visit(visitor), processes)


def report(visits: dict[str, list[float]], hashes: list[float]) -> None:
    empty = visits[ROWS[0].name]
    to_empty, to_hash = measure.ratios(visits, empty), measure.ratios(visits, hashes)
    screen.say(
        f"\n{'CPU of web and database, per visit':<36}{'ms':>9}  {'÷ empty view':>20}  {'÷ Argon2':>22}"
    )
    for name, costs in visits.items():
        milliseconds = statistics.median(costs) * 1000
        screen.say(f"{name:<36}{milliseconds:>9.2f}  {_text(to_empty[name], 1)}  {_text(to_hash[name], 3)}")
    screen.say(f"{'one Argon2 verification':<36}{statistics.median(hashes) * 1000:>9.2f}")
    screen.say(f"\nMedian of {measure.ROUNDS} rounds [first and third quartile].")


def _text(spread: Spread, digits: int) -> str:
    low, median, high = (f"{value:.{digits}f}" for value in spread)
    return f"{median:>8} [{low}–{high}]".ljust(22)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
