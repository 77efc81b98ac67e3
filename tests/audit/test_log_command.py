from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit import chain, log
from audit.actions import Action
from audit.management.commands.verify_audit_log import Command
from audit.models import Seal

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit_log", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def ids() -> list[int]:
    ids = [log.record(Action.SIGN_IN).pk for _ in range(3)]
    chain.seal()
    return ids


def test_it_prints_counts_and_the_head(ids: list[int]) -> None:
    log.record(Action.SIGN_OUT)
    printed = run()
    assert "The audit log is intact." in printed
    assert "Sealed events: 3. Seals: 1. Events that wait for a seal: 1." in printed
    assert f"Head: {bytes(Seal.objects.get().digest).hex()}\n" in printed


def test_it_fails_and_names_the_event(ids: list[int], tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM audit_event WHERE id = %s", ids[1])
    with pytest.raises(CommandError, match=f"not intact: event {ids[1]} is missing") as caught:
        run()
    assert caught.value.returncode == 1


def test_it_fails_where_the_database_holds_what_cannot_be_read(
    ids: list[int], tamper: Callable[..., None]
) -> None:
    tamper("UPDATE audit_seal SET sealed_at = 'infinity'")
    with pytest.raises(CommandError, match="not intact"):
        run()


def test_a_head_noted_earlier_is_confirmed(ids: list[int]) -> None:
    head = bytes(Seal.objects.get().digest).hex()
    log.record(Action.SIGN_OUT)
    chain.seal()
    assert "intact" in run("--head", head)


def test_a_head_that_was_cut_off_fails(ids: list[int]) -> None:
    with pytest.raises(CommandError, match="the end was cut off"):
        run("--head", "ab" * 32)


@pytest.mark.parametrize("head", ["", "ab", "zz" * 32])
def test_a_head_that_is_none_is_refused(head: str) -> None:
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        run("--head", head)


def test_a_gap_between_seals_is_mentioned(ids: list[int]) -> None:
    log.record(Action.SIGN_OUT)
    chain.seal()
    assert ", before seal 2" in run()


def test_an_empty_log_has_an_empty_head() -> None:
    assert run().splitlines()[-1] == "Head: " + "0" * 64


def test_its_help_says_what_it_does_and_how_it_ends() -> None:
    text = Command().create_parser("manage.py", "verify_audit_log").format_help()
    assert "exits with 1" in text
    assert "--head DIGEST" in text
