import argparse
import binascii
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DataError
from django.utils.translation import gettext as _

from audit import verification
from audit.verification import Fault, Report

DIGEST_BYTES = 32


def digest(text: str) -> bytes:
    try:
        found = binascii.unhexlify(text.strip())
    except ValueError:
        found = b""
    if len(found) != DIGEST_BYTES:
        raise argparse.ArgumentTypeError(_("a head is 64 hexadecimal digits"))
    return found


class Command(BaseCommand):
    help = (
        "Checks that no sealed event of the audit log was altered, removed or inserted since, and that no seal was. "
        "Prints the head of the log when all is well; otherwise names the first fault and exits with 1. "
        "Only reads, and may run while the site does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            type=digest,
            metavar="DIGEST",
            help="A head that an earlier run printed, or the log of the sealer noted (audit_sealed). Also fails "
            "unless the log still contains it: only so can it be seen that the end of the log was cut off.",
        )

    def handle(self, *args: Any, head: bytes | None, **options: Any) -> None:
        try:
            report = verification.verify(head=head)
        except Fault as fault:
            raise CommandError(_("The audit log is not intact: {fault}.").format(fault=fault)) from fault
        except DataError as error:
            raise CommandError(_("The audit log is not intact: {fault}.").format(fault=error)) from error
        for line in _lines(report):
            self.stdout.write(line)


def _lines(report: Report) -> list[str]:
    lines = [
        _("The audit log is intact."),
        _("Sealed events: {events}. Seals: {seals}. Events that wait for a seal: {waiting}.").format(
            events=report.events, seals=report.seals, waiting=report.waiting
        ),
    ]
    if report.sealed_at:
        lines.append(_("Newest seal: {time:%Y-%m-%d %H:%M:%S} UTC").format(time=report.sealed_at))
    if report.longest_gap:
        lines.append(
            _("Longest time without a seal: {gap}, before seal {seal}").format(
                gap=report.longest_gap, seal=report.seal_after_gap
            )
        )
    return [*lines, _("Head: {head}").format(head=report.head)]
