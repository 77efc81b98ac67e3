"""Programs under the keeper, and the locks that say who still needs them."""

import os
import signal
import subprocess
import sys
from queue import SimpleQueue

import psutil
import pytest

from identity.local import keeper
from identity.local.programs import ROOT, Lock, MachineError, Program, last_lines
from tests.machines.waiting import until


@pytest.fixture
def owner(tmp_path):
    lock = Lock(tmp_path / "owner.lock")
    lock.share()
    yield lock
    lock.free()


def started(owner, *command, **options):
    return Program(command, lock=owner.path, log=owner.path.with_name("log"), **options)


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def number_in(log):
    until(lambda: log.exists() and log.read_text().endswith("\n"), "a number in the log")
    return int(log.read_text())


def test_it_ends_when_nobody_holds_its_lock(owner):
    program = started(owner, "sleep", "60")
    assert program.exit_status is None
    owner.free()
    until(lambda: program.exit_status is not None, "its end")
    assert not runs(program.pid)


def test_it_stays_while_somebody_holds_its_lock(owner):
    other = Lock(owner.path)
    other.share()
    program = started(owner, "sleep", "60")
    owner.free()
    with pytest.raises(TimeoutError):
        until(lambda: program.exit_status is not None, "nothing", seconds=0.3)
    other.free()
    until(lambda: program.exit_status is not None, "its end")


OWNER = """
import os, signal, sys
from pathlib import Path
from identity.local.programs import Lock, Program
home = Path(sys.argv[1])
lock = Lock(home / "lock")
lock.share()
print(Program(["sleep", "60"], lock=lock.path, log=home / "log").pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_owner_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    until(lambda: not runs(int(done.stdout)), "the end of what it started")


def test_what_a_program_started_ends_with_it(owner):
    program = started(owner, "sh", "-c", "sleep 60 & echo $!")
    child = number_in(owner.path.with_name("log"))
    until(lambda: program.exit_status is not None, "its end")
    until(lambda: not runs(child), "the end of its child")


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 128 + 9)])
def test_its_status_is_told_as_a_shell_does(owner, script, status):
    program = started(owner, "sh", "-c", script)
    until(lambda: program.exit_status is not None, "its end")
    assert program.exit_status == status


def test_it_is_stopped_by_the_signal_it_wants(owner):
    script = "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(5)); print(1, flush=True);"
    program = started(owner, sys.executable, "-c", script + "signal.pause()", stop_signal=signal.SIGINT)
    number_in(owner.path.with_name("log"))
    program.stop()
    assert program.exit_status == 5


INTERRUPTED = """
import signal, sys
from identity.local import keeper
calls = []
def again(frame, event, argument):
    calls.append(frame.f_code.co_name)
    if len(calls) < 20:
        signal.raise_signal(signal.SIGTERM)
    return again
stopping = keeper.asked_to_stop()
sys.settrace(again)
signal.raise_signal(signal.SIGTERM)
sys.settrace(None)
stopping.get(timeout=1)
print(len(calls))
"""


def test_a_second_signal_may_come_while_the_first_one_is_handled():
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 1


def test_a_kill_gives_it_no_chance(owner):
    program = started(owner, "sh", "-c", "trap '' TERM; echo 1; while :; do sleep 0.05; done")
    number_in(owner.path.with_name("log"))
    program.kill()
    assert program.exit_status == 128 + signal.SIGKILL
    program.kill()  # once more is no mistake


def test_one_that_does_not_listen_is_killed_after_a_while(monkeypatch):
    monkeypatch.setattr(keeper, "PATIENCE", 0.1)
    command = ["sh", "-c", "trap '' TERM; echo 1; while :; do sleep 0.05; done"]
    stopping = SimpleQueue()
    stopping.put("now")
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as deaf:
        deaf.stdout.readline()
        keeper.put_down(deaf, signal.SIGTERM, stopping)
        assert deaf.wait(5) == -signal.SIGKILL


def test_a_program_that_is_not_there_is_named(owner):
    with pytest.raises(MachineError, match=r"no-such-program cannot be started; see .*/log") as refusal:
        started(owner, "no-such-program")
    refusal.traceback[-1].frame.f_locals["self"]._keeper.wait()


def test_its_log_has_both_of_its_voices_and_what_was_there(owner):
    log = owner.path.with_name("log")
    log.write_text("before\n")
    program = started(owner, "sh", "-c", "echo out; echo err >&2")
    until(lambda: program.exit_status is not None, "its end")
    assert log.read_text().split() == ["before", "out", "err"]


def test_it_works_in_the_checkout_with_the_environment_it_is_given(owner):
    program = started(owner, "/bin/sh", "-c", 'echo "$PWD $GREETING $HOME"', env={"GREETING": "hello"})
    until(lambda: program.exit_status is not None, "its end")
    assert owner.path.with_name("log").read_text().split() == [str(ROOT), "hello"]


def test_it_hears_no_ctrl_c_of_the_owners_terminal(owner):
    program = started(owner, "sleep", "60")
    assert os.getsid(program.pid) == program.pid != os.getsid(0)
    program.stop()


def test_a_lock_is_shared_by_many_and_taken_by_one(tmp_path):
    one, two, three, four = (Lock(tmp_path / "new" / "lock") for _ in range(4))
    one.share()
    two.share()
    assert not three.try_take()
    one.free()
    assert not three.try_take()
    two.free()
    assert three.try_take()
    assert not four.try_take()
    three.free()
    assert four.try_take()
    four.free()


@pytest.mark.parametrize(
    ("written", "last"),
    [
        (b"", []),
        (b"a\n\n  \n", ["a"]),
        (b"a\nb\nc", ["b", "c"]),
        (b"\xff\nok\n", ["\N{REPLACEMENT CHARACTER}", "ok"]),
    ],
)
def test_the_last_lines_are_those_that_say_something(tmp_path, written, last):
    (tmp_path / "log").write_bytes(written)
    assert last_lines(tmp_path / "log", 2) == last


def test_a_log_that_is_not_there_says_nothing(tmp_path):
    assert last_lines(tmp_path / "log", 2) == []
