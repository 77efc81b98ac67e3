"""A name server on this machine, which knows what a test tells it and says no to everything else."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.machines.machine import Machine


class NameServer(Machine):
    """`records` holds the texts of names; `knows` other names, which exist and have none."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.knows: set[str] = set()
        self.asked: list[str] = []

    @property
    def place(self) -> tuple[str, int]:
        address, port = self._socket.getsockname()
        return address, port

    def start(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._socket.sendto(b"", self.place)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(4096)
            if not question:
                return
            self._socket.sendto(self._answer(question), sender)

    def _answer(self, question: bytes) -> bytes:
        asked = dns.message.from_wire(question)
        name = asked.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.AA | dns.flags.RA
        texts = self.records.get(name, [])
        if texts:
            quoted = [f'"{text}"' for text in texts]
            answer.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", quoted))
        elif name not in self.knows:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
