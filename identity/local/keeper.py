"""Runs one program while somebody holds a lock file, so that not even a killed owner leaves it behind.

Started by programs.py as `keeper.py LOCK SIGNAL USER PROGRAM ARGUMENT…`. The kernel frees a lock when its
last holder is gone, however that happened; the program then gets SIGNAL, and SIGKILL if it does not listen.
It imports nothing of this project, so that it is up within milliseconds.
"""

import fcntl
import os
import pwd
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

PATIENCE = 10
# Something in it means: stop. A second signal may interrupt the handler of the first one, which no lock survives
# that the handler takes (threading.Event has one); putting into this queue may be interrupted at any point.
Stopping = SimpleQueue[str]


def main(lock: str, stop_signal: str, user: str, *command: str) -> int:
    stopping = asked_to_stop()
    # Its own session: Ctrl-C in a terminal reaches the owner only, which decides what ends when.
    program = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True, **identity_of(user))
    print(program.pid, flush=True)
    threading.Thread(target=stop_when_free, args=(lock, stopping), daemon=True).start()
    threading.Thread(target=put_down, args=(program, int(stop_signal), stopping), daemon=True).start()
    status = program.wait()
    kill_group(program.pid)
    return status if status >= 0 else 128 - status


def asked_to_stop() -> Stopping:
    stopping: Stopping = SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: stopping.put("told so"))
    return stopping


def identity_of(user: str) -> dict[str, Any]:
    if not user:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def stop_when_free(lock: str, stopping: Stopping) -> None:
    # Held until this process ends: who wants to start the program again waits for that.
    holding = os.open(lock, os.O_RDWR)
    fcntl.flock(holding, fcntl.LOCK_EX)
    stopping.put("its owner is gone")


def put_down(program: subprocess.Popen[bytes], stop_signal: int, stopping: Stopping) -> None:
    stopping.get()
    program.send_signal(stop_signal)
    with suppress(subprocess.TimeoutExpired):
        program.wait(PATIENCE)
        return
    kill_group(program.pid)


def kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
