"""Servers that the environment names instead of ours: one that does not answer is said in one sentence."""

from urllib.parse import urlsplit

import psycopg

from identity.local import redis
from identity.local.programs import MachineError


def refuse_unreachable_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.ProgrammingError as error:
        # libpq repeats what it cannot read, which may hold a password.
        raise MachineError("DATABASE_URL: expected postgresql://user:password@host:5432/name.") from error
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise MachineError(
            f"the database that DATABASE_URL names cannot be used: {reason}\n"
            "Start it or correct DATABASE_URL; without DATABASE_URL, `make run` brings its own PostgreSQL."
        ) from error


def refuse_unreachable_redis(url: str) -> None:
    try:
        answered = redis.answers(url)
    except ValueError as error:
        raise MachineError("REDIS_URL: expected an address such as redis://localhost:6379/0.") from error
    if not answered:
        raise MachineError(
            f"the Redis that REDIS_URL names does not answer at {urlsplit(url).hostname}. "
            "Start it or correct REDIS_URL; without REDIS_URL, `make run` needs no Redis."
        )
