import json
import os
from pathlib import Path
from typing import Any

import requests

from identity.local import node
from identity.local.programs import Lock, Program
from identity.local.redis import free_port
from tests.machines.machine import Machine
from tests.machines.waiting import until

CLIENT_ID, SECRET = "identity", "the secret of the real client"


class OpenIdProvider(Machine):
    """A certified OpenID provider (npm: oidc-provider) with a sign-in page of its own, for one callback address."""

    def __init__(self, home: Path, callback: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "openid.log"
        self._callback = callback
        self._people = home / "people.json"
        self._owner = Lock(home / "openid.lock")
        self.let_in()

    def let_in(self, **people: dict[str, Any]) -> None:
        """Who may sign in there, and what it says of each."""
        self._people.write_text(json.dumps(people))

    def start(self) -> None:
        self._owner.share()
        self.program = Program(
            [node.provide(), str(node.PACKAGE / "server.mjs")],
            lock=self._owner.path,
            log=self.log,
            env={
                **os.environ,
                "PORT": str(self.port),
                "PEOPLE": str(self._people),
                "CLIENT_ID": CLIENT_ID,
                "CLIENT_SECRET": SECRET,
                "CALLBACK": self._callback,
            },
        )
        until(self._up, f"the OpenID provider; see {self.log}", seconds=30)

    def close(self) -> None:
        self.stop()
        self._owner.free()

    @property
    def settings(self) -> dict[str, Any]:
        """An entry of OIDC_PROVIDERS."""
        return {
            "slug": "acme",
            "name": "Acme",
            "issuer": self.url,
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "trusted_domains": ["acme.example"],
        }

    def _up(self) -> bool:
        assert self.running.exit_status is None, f"the OpenID provider ended; see {self.log}"
        try:
            return requests.get(f"{self.url}/jwks", timeout=2).ok
        except requests.ConnectionError:
            return False
