import pytest
from django.db import IntegrityError, connection, transaction

from audit import chain, log
from audit.actions import Action
from audit.models import Event, Seal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_the_log(table: str, statement: str) -> None:
    log.record(Action.SIGN_IN)
    chain.seal()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match=f"{table} is append-only"):
            cursor.execute(statement.format(table))


@pytest.mark.parametrize("model", [Event, Seal])
def test_it_refuses_even_when_no_row_fits(model: type[Event] | type[Seal]) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        model.objects.filter(pk=-1).update(id=-2)


def test_it_refuses_in_replica_mode_too() -> None:
    log.record(Action.SIGN_IN)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute("DELETE FROM audit_event")


@pytest.mark.parametrize("age", ["11 minutes", "-2 minutes"])
def test_an_event_of_another_time_cannot_be_committed(age: str) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "INSERT INTO audit_event (at, action, outcome, actor_kind, target_kind, target_id, request_id, changes,"
            " data) VALUES (now() - %s::interval, 'x', 'success', 'system', '', '', '', '[]', '{}')",
            [age],
        )
        with pytest.raises(IntegrityError, match="cannot be committed now"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
