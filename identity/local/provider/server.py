"""The demo provider as a program: `python -m identity.local.provider.server PORT SITE HOME`, started by `make run`."""

import base64
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

from identity.local.commands import LOOPBACK
from identity.local.provider import messages, pages
from identity.local.provider.people import PEOPLE, SLUG, Person

COOKIE = "demo-provider"
Fields = dict[str, str]


@dataclass
class Visit:
    """Somebody who has signed in here; `indexes` are the sessions that came of it at the site."""

    person: Person | None = None
    indexes: list[str] = field(default_factory=list)


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, site: str, home: Path) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.url = f"http://{LOOPBACK}:{port}"
        self.site_url = site
        self.key = messages.key(home)
        self.visits: dict[str, Visit] = {}

    def site(self) -> messages.Site:
        """Asked each time: its keys and addresses may be others by now."""
        with urlopen(f"{self.site_url}/sso/saml/{SLUG}/metadata/", timeout=5) as answer:  # noqa: S310 - ours
            return messages.site(answer.read())


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        sent = dict(parse_qsl(urlsplit(self.path).query))
        self._answer(
            {"/": self.home, "/metadata": self.metadata, "/sign-in": self.asked, "/sign-out": self.sign_out},
            sent,
        )

    def do_POST(self) -> None:
        sent = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
        self._answer(
            {
                "/sign-in": self.asked if "SAMLRequest" in sent else self.chosen,
                "/begin": self.begin,
                "/sign-out": self.sign_out,
                "/leave": self.leave,
            },
            sent,
        )

    # --- What it does

    def home(self, sent: Fields) -> None:
        self.page(pages.home(self.visit.person, self.server.site_url))

    def metadata(self, sent: Fields) -> None:
        content = messages.metadata(self.server.url, self.server.key)
        self.send(200, content, {"Content-Type": "application/samlmetadata+xml"})

    def asked(self, sent: Fields) -> None:
        """By the site, to sign somebody in."""
        request = messages.received(sent["SAMLRequest"], deflated=self.command == "GET")
        kept = {"asked": request.get("ID"), "RelayState": sent.get("RelayState", "")}
        if self.visit.person is None or request.get("ForceAuthn") == "true":
            self.page(pages.who(kept))
        else:
            self.respond(kept)

    def chosen(self, sent: Fields) -> None:
        self.visit.person = PEOPLE[sent["person"]]
        self.respond(sent)

    def begin(self, sent: Fields) -> None:
        self.respond({}) if self.visit.person else self.home(sent)

    def respond(self, kept: Fields) -> None:
        site, person = self.server.site(), self.visit.person
        if person is None:
            return self.home(kept)
        index = secrets.token_hex(16)
        self.visit.indexes.append(index)
        content = messages.response(site, self.server.key, person, asked=kept.get("asked", ""), index=index)
        fields = {"SAMLResponse": base64.b64encode(content).decode()}
        if kept.get("RelayState"):
            fields["RelayState"] = kept["RelayState"]
        return self.page(pages.onward(site.acs_url, fields))

    def sign_out(self, sent: Fields) -> None:
        """At the site's request, or with its answer to ours."""
        if "SAMLRequest" not in sent:
            return self.page(pages.signed_out(self.server.site_url))
        request = messages.received(sent["SAMLRequest"], deflated=self.command == "GET")
        self.server.visits.pop(self.key, None)
        site = self.server.site()
        content = messages.logout_response(site, request.get("ID"))
        return self.redirect(
            messages.in_address(
                site.logout_url, "SAMLResponse", content, self.server.key, sent.get("RelayState", "")
            )
        )

    def leave(self, sent: Fields) -> None:
        visit = self.server.visits.pop(self.key, Visit())
        if visit.person is None or not visit.indexes:
            return self.page(pages.signed_out(self.server.site_url))
        site = self.server.site()
        content = messages.logout_request(site, visit.person, visit.indexes)
        return self.redirect(messages.in_address(site.logout_url, "SAMLRequest", content, self.server.key))

    # --- HTTP

    def _answer(self, pages_of_method: Mapping[str, Callable[[Fields], None]], sent: Fields) -> None:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        self.key = found.value if found and found.value in self.server.visits else secrets.token_urlsafe()
        self.visit = self.server.visits.setdefault(self.key, Visit())
        action = pages_of_method.get(urlsplit(self.path).path)
        if action is None:
            self.send(404, b"", {})
        else:
            action(sent)

    def page(self, text: str) -> None:
        self.send(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def redirect(self, address: str) -> None:
        self.send(303, b"", {"Location": address})

    def send(self, status: int, body: bytes, headers: Fields) -> None:
        cookie = f"{COOKIE}={self.key}; Path=/; HttpOnly; SameSite=Lax"
        self.send_response(status)
        for name, value in {**headers, "Set-Cookie": cookie, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def main(port: str, site: str, home: str) -> None:
    Provider(int(port), site, Path(home)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
