"""Prepared statements: part of the caller's transaction, over a connection that still stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.utils import DataError, IntegrityError

from core import statements

ONE = "SELECT $1::int + 1, $2::text, $3::timestamptz"
INSERT = "INSERT INTO core_ratecounter (key, count, ends_at) VALUES ($1, 1, now()) RETURNING key"
COUNT = "SELECT count(*) FROM core_ratecounter WHERE key LIKE 'statement-%'"


def count() -> int:
    row = statements.read(COUNT)
    assert row is not None
    return int(row[0])


@pytest.mark.django_db
def test_a_row_comes_back_in_its_types() -> None:
    row = statements.read(ONE, 41, "ä", "2026-11-28T09:30:00Z")
    assert row is not None
    assert row[:2] == (42, "ä")
    assert row[2].isoformat() == "2026-11-28T09:30:00+00:00"


@pytest.mark.django_db
def test_without_a_row_nothing_comes_back() -> None:
    assert statements.read("SELECT 1 WHERE $1::bool", False) is None


@pytest.mark.django_db
def test_nothing_is_written_into_the_text() -> None:
    row = statements.read("SELECT $1::text", "'; DROP TABLE accounts_user; --")
    assert row == ("'; DROP TABLE accounts_user; --",)


@pytest.mark.django_db(transaction=True)
def test_a_change_belongs_to_the_transaction_around_it() -> None:
    with transaction.atomic():
        assert statements.write(INSERT, "statement-a") == ("statement-a",)
        transaction.set_rollback(True)
    assert count() == 0
    with transaction.atomic():
        statements.write(INSERT, "statement-b")
    assert count() == 1


@pytest.mark.django_db(transaction=True)
def test_so_it_does_as_the_first_and_only_statement_of_one(settings: Any) -> None:
    class Stop(Exception):
        pass

    def change() -> None:
        with transaction.atomic():
            statements.write(INSERT, "statement-a")
            raise Stop

    with pytest.raises(Stop):
        change()
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_mistake_is_told_as_django_tells_it() -> None:
    statements.write(INSERT, "statement-a")
    with pytest.raises(IntegrityError):
        statements.write(INSERT, "statement-a")
    with pytest.raises(DataError):
        statements.read(ONE, "no number", "", "2026-11-28T09:30:00Z")
    assert count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_mistake_a_transaction_answers_nothing_more() -> None:
    with transaction.atomic():
        with pytest.raises(DataError):
            statements.read(ONE, "no number", "", "2026-11-28T09:30:00Z")
        with pytest.raises(DatabaseError):
            statements.read(COUNT)
        transaction.set_rollback(True)
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_is_made_anew_for_a_read() -> None:
    assert count() == 0
    _kill()
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_is_never_made_twice() -> None:
    count()
    _kill()
    with pytest.raises(OperationalError):
        statements.write(INSERT, "statement-a")
    connection.close()
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_asked_again_inside_a_transaction() -> None:
    with transaction.atomic():
        count()
        _kill()
        with pytest.raises(OperationalError):
            count()
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_a_pooler_forgot_goes_out_unprepared() -> None:
    count()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert count() == 0


@pytest.mark.django_db(transaction=True)
def test_and_from_then_on_in_transactions_as_well() -> None:
    with transaction.atomic():
        statements.write(INSERT, "statement-a")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(DatabaseError), transaction.atomic():
        statements.write(INSERT, "statement-b")
    with transaction.atomic():
        statements.write(INSERT, "statement-b")
    assert count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_prepared_is_prepared_the_next_time(held: Any) -> None:
    """A migration holds the table at the very first use."""
    with held, pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
        statements.write(INSERT, "statement-a")
    with transaction.atomic():
        statements.write(INSERT, "statement-a")
    assert count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_takes_too_long_is_not_asked_again(held: Any) -> None:
    count()
    raw = connection.connection
    with held, pytest.raises(OperationalError, match="lock timeout"):
        count()
    assert connection.connection is raw


@pytest.mark.django_db(transaction=True)
def test_two_connections_name_a_statement_alike_and_no_two_statements() -> None:
    """So a pooler that mixes connections up finds what was meant under a name, or nothing."""
    count()
    statements.read("SELECT 1 WHERE $1::bool", True)
    names = dict(vars(connection.connection)[statements.KEPT].names)
    connection.close()
    statements.read("SELECT 1 WHERE $1::bool", True)
    count()
    assert vars(connection.connection)[statements.KEPT].names == names


@pytest.fixture
def held() -> Iterator[Any]:
    """The table, by somebody else, for as long as this is open; and nobody waits long for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    other = connection.copy()

    @contextmanager
    def hold() -> Iterator[None]:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE core_ratecounter")
            yield
            cursor.execute("ROLLBACK")

    yield hold()
    other.close()
    connection.close()


@pytest.mark.django_db
def test_they_are_counted_like_all_others(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        count()
        count()


def _kill() -> None:
    """By somebody else, as a restart of the server does it."""
    raw = connection.connection
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [raw.info.backend_pid])
    other.close()
