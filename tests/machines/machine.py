from types import TracebackType
from typing import Self

from identity.local.programs import Program


class Machine:
    """Something that runs while a `with` block does."""

    program: Program | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.stop()

    @property
    def running(self) -> Program:
        assert self.program is not None, "start it first"
        return self.program

    def stop(self) -> None:
        """As an operator would: what is under way is finished."""
        self.running.stop()

    def kill(self) -> None:
        """As a crash would: nothing is tidied up."""
        self.running.kill()

    def restart(self) -> None:
        self.stop()
        self.start()
