import asyncio
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from identity.local.redis import free_port
from tests.machines.machine import Machine

Mood = Literal["accept", "defer", "refuse", "hang"]
ANSWERS = {"accept": "250 OK", "defer": "451 Try again later", "refuse": "550 No such person"}


class SmtpSink(Machine):
    """A mail server that keeps what it gets, and can be told to be in a bad mood."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.mood: Mood = "accept"
        self.messages: list[EmailMessage] = []

    def start(self) -> None:
        self._controller = Controller(Handler(self), hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def kill(self) -> None:
        self.stop()

    def close(self) -> None:
        with suppress(AssertionError):  # aiosmtpd's way to say that it is stopped already.
            self.stop()


class Handler:
    """What aiosmtpd calls; apart, because it inspects every attribute of the object it is given."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._sink.mood == "hang":
            await asyncio.sleep(3600)
        if self._sink.mood == "accept":
            self._sink.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return ANSWERS[self._sink.mood]
