"""What the SAML providers have in common that tests sign in at, and that nobody here wrote."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import requests

from identity.local.programs import Lock, Program
from identity.local.redis import free_port
from tests.machines.machine import Machine
from tests.machines.waiting import until
from tests.sso.saml.keys import rsa_key


@dataclass(frozen=True)
class Behaviour:
    # Who may sign in there, and which attributes it says of each. Everybody's password is their name.
    people: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    # The first signs; its metadata has all of them.
    keys: tuple[str, ...] = ("old",)
    # Refuses a request that is not signed by the site.
    checks_requests: bool = False
    encrypts: bool = False
    # Also where what it does by default is outdated.
    uses_library_defaults: bool = False
    # Offers no address that takes messages in a query.
    only_forms: bool = False


class SamlProvider(Machine):
    """A process with a sign-in page of its own. What it reads from `home`, it reads anew for each request."""

    name = ""
    # Where its metadata and its first page are.
    metadata_path = ""
    # Of its form, which all want the same.
    fields: tuple[str, ...] = ()

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "provider.log"
        self._owner = Lock(home / "provider.lock")
        for name in ("old", "new"):
            key = rsa_key(f"{self.name}-{name}")
            (home / f"{name}.key").write_text(key.pem)
            (home / f"{name}.crt").write_text(key.certificate_pem)
        self.trust(b"")
        self.behave()

    def trust(self, metadata: bytes) -> None:
        """Of the one site whose people it signs in."""
        (self.home / "site.xml").write_bytes(metadata)

    def behave(self, **how: object) -> None:
        (self.home / "behaviour.json").write_text(json.dumps(asdict(Behaviour(**how))))

    @property
    def metadata(self) -> bytes:
        return requests.get(f"{self.url}{self.metadata_path}", timeout=5).content

    def begin(self, site: str, after: str = "") -> str:
        """Where somebody begins who wants to go to `site` (its entity ID)."""
        raise NotImplementedError

    @property
    def sign_out(self) -> str:
        """Where somebody signs out there."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def start(self) -> None:
        self._owner.share()
        self.program = Program(self.command(), lock=self._owner.path, log=self.log, env=self.environment())
        until(self._up, f"{self.name}; see {self.log}", seconds=30)

    def close(self) -> None:
        self.stop()
        self._owner.free()

    def _up(self) -> bool:
        assert self.running.exit_status is None, f"{self.name} ended; see {self.log}"
        try:
            return requests.get(f"{self.url}{self.metadata_path}", timeout=5).ok
        except requests.RequestException:
            return False
