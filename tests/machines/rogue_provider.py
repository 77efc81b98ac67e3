"""A provider of identities that speaks OpenID Connect and GitHub's API over real HTTP, and lies on request."""

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from identity.local.redis import free_port
from tests.machines.machine import Machine

CLIENT_ID, SECRET = "identity", "the secret of this client"
KEY, STRANGE_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


@dataclass
class Person:
    """What the provider says of whoever signs in there next. None as a claim leaves it out."""

    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    key: Any = KEY
    kid: str | None = "first"
    # What the token says that it is.
    kind: str = "JWT"
    algorithm: str = "ES256"


@dataclass
class Code:
    asked: dict[str, str]
    person: Person


class RogueProvider(Machine):
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # A path → how it misbehaves: a status, or one of the words that Handler knows.
        self.moods: dict[str, int | str] = {}
        self.metadata: dict[str, Any] = {}
        self.keys = [public(KEY, "first")]
        self.github: dict[str, Any] = {}
        self.codes: dict[str, Code] = {}
        self.requests: list[str] = []

    def start(self) -> None:
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self.port), type("Bound", (Handler,), {"rogue": self})
        )
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kill(self) -> None:
        self.stop()

    def authorize(self, address: str, person: Person) -> dict[str, str]:
        """What a browser does there: signs in as `person`, and takes this query back to us."""
        asked = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT_ID
        code = f"code-{len(self.codes)}"
        self.codes[code] = Code(asked, person)
        return {"code": code, "state": asked["state"]}

    def documents(self) -> dict[str, Any]:
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **self.metadata,
            },
            "/keys": {"keys": self.keys},
            **self.github,
        }

    def token(self, sent: dict[str, str]) -> dict[str, Any] | None:
        code = self.codes.pop(sent.get("code", ""), None)
        if code is None or sent.get("client_secret") != SECRET or not fits(sent, code.asked):
            return None
        self.userinfo = code.person.userinfo
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(code)}

    def id_token(self, code: Code) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            "nonce": code.asked.get("nonce"),
            **({"auth_time": now} if "max_age" in code.asked else {}),
            **code.person.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        headers = {"typ": code.person.kind, **({"kid": code.person.kid} if code.person.kid else {})}
        return jwt.encode(told, code.person.key, algorithm=code.person.algorithm, headers=headers)


class Handler(BaseHTTPRequestHandler):
    rogue: RogueProvider

    def do_GET(self) -> None:
        self._answer(self.rogue.documents() | {"/userinfo": getattr(self.rogue, "userinfo", None)})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = self.rogue.token(dict(parse_qsl(body)))
        self._answer({"/token": token, "/login/oauth/access_token": token})

    def _answer(self, documents: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        self.rogue.requests.append(path)
        mood = self.rogue.moods.get(path)
        if isinstance(mood, int):
            self._send(mood, b"{}", {"Location": f"{self.rogue.url}/keys"})
        elif mood == "huge":
            self._send(200, json.dumps({**(documents[path] or {}), "padding": "x" * 2_000_000}).encode())
        elif mood is not None:
            getattr(self, f"_{mood}")()
        elif documents.get(path) is None:
            self._send(400, b'{"error": "invalid_grant"}')
        else:
            self._send(200, json.dumps(documents[path]).encode())

    def _garbage(self) -> None:
        self._send(200, b"<html>\xff\xfe")

    def _list(self) -> None:
        self._send(200, b'["access_token"]')

    def _deep(self) -> None:
        self._send(200, b"[" * 200_000)

    def _hang(self) -> None:
        time.sleep(8)

    def _drip(self) -> None:
        """Never silent for long, and never done."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b" ")
            time.sleep(0.2)

    def _drip_headers(self) -> None:
        """The same, before the answer has begun."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        for _ in range(40):
            self.wfile.write(b"x")
            time.sleep(0.2)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


def public(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def fits(sent: dict[str, str], asked: dict[str, str]) -> bool:
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == asked["code_challenge"] and sent.get("redirect_uri") == asked["redirect_uri"]
