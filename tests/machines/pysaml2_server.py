"""A provider made of pysaml2: pages, a cookie, and what the library makes of the messages. Run by pysaml2.py."""

import html
import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_UNSPECIFIED
from saml2.server import Server
from saml2.sigver import pre_encryption_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

HOME, URL = Path(os.environ["HOME_OF_PROVIDER"]), os.environ["URL_OF_PROVIDER"]
AES = {"msg_enc": "http://www.w3.org/2009/xmlenc11#aes256-gcm"}
PASSWORD = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}
BINDINGS = {"GET": BINDING_HTTP_REDIRECT, "POST": BINDING_HTTP_POST}


class Provider(Server):
    """As the library is, but for the cipher, which it does not let anybody choose."""

    uses_aes = True

    def _encrypt_assertion(
        self, certificate: Any, site: str, response: Any, node_xpath: str | None = None
    ) -> Any:
        if not self.uses_aes:
            return super()._encrypt_assertion(certificate, site, response, node_xpath=node_xpath)
        _name, found = self.metadata.certs(site, "any", "encryption")[0]
        pem = HOME / "encryption.crt"
        pem.write_text(f"-----BEGIN CERTIFICATE-----\n{found.strip()}\n-----END CERTIFICATE-----\n")
        template = pre_encryption_part(encrypt_cert=found, **AES)
        return self.sec.encrypt_assertion(
            response, str(pem), template, key_type="aes-256", node_xpath=node_xpath
        )


@dataclass
class Visit:
    """Somebody who has signed in here, and by which names the site knows them."""

    who: str = ""
    name_id: Any = None
    site: str = ""
    indexes: list[str] = field(default_factory=list)


visits: dict[str, Visit] = {}
# By which names it calls whom.
names: dict[str, str] = {}


def told() -> dict[str, Any]:
    return json.loads((HOME / "behaviour.json").read_text())


def configuration() -> IdPConfig:
    now = told()
    bindings = [BINDING_HTTP_POST] if now["only_forms"] else [BINDING_HTTP_REDIRECT, BINDING_HTTP_POST]
    site = HOME / "site.xml"
    return IdPConfig().load(
        {
            "entityid": f"{URL}/metadata",
            "xmlsec_binary": os.environ["XMLSEC1"],
            "key_file": str(HOME / f"{now['keys'][0]}.key"),
            "cert_file": str(HOME / f"{now['keys'][0]}.crt"),
            "additional_cert_files": [str(HOME / f"{name}.crt") for name in now["keys"][1:]],
            "metadata": {"local": [str(site)]} if site.stat().st_size else {},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [(f"{URL}/sso", binding) for binding in bindings],
                        "single_logout_service": [(f"{URL}/slo", binding) for binding in bindings],
                    },
                    "want_authn_requests_signed": now["checks_requests"],
                    "name_id_format": [NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_UNSPECIFIED],
                    "signing_algorithm": SIG_RSA_SHA256,
                    "digest_algorithm": DIGEST_SHA256,
                    "policy": {"default": {"lifetime": {"minutes": 5}, "fail_on_missing_requested": False}},
                }
            },
        }
    )


def provider() -> Provider:
    behaviour, site = ((HOME / name).read_bytes() for name in ("behaviour.json", "site.xml"))
    return made(behaviour, site)


@lru_cache(maxsize=1)
def made(behaviour: bytes, site: bytes) -> Provider:
    """Anew when what it reads has changed."""
    fresh = Provider(config=configuration())
    fresh.ident.db = names
    fresh.uses_aes = not told()["uses_library_defaults"]
    return fresh


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer("GET", dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer("POST", dict(parse_qsl(body, keep_blank_values=True)))

    def _answer(self, method: str, sent: dict[str, str]) -> None:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("visit")
        self.key = cookie.value if cookie and cookie.value in visits else secrets.token_urlsafe()
        self.visit = visits.setdefault(self.key, Visit())
        pages = {
            "/metadata": self.metadata,
            "/sso": self.sso,
            "/begin": self.begin,
            "/slo": self.slo,
            "/sign-out": self.sign_out,
        }
        try:
            pages[urlsplit(self.path).path](method, sent)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            self.page(400, f"<h1>Refused</h1><p>{type(error).__name__}</p>")

    # --- Pages

    def metadata(self, method: str, sent: dict[str, str]) -> None:
        self.page(200, str(entity_descriptor(configuration())), kind="application/samlmetadata+xml")

    def sso(self, method: str, sent: dict[str, str]) -> None:
        """The request is checked when it comes, and again when the form brings it back with a name."""
        asked = provider().parse_authn_request(
            sent["SAMLRequest"],
            BINDINGS[sent.get("method", method)],
            relay_state=sent.get("RelayState"),
            sigalg=sent.get("SigAlg"),
            signature=sent.get("Signature"),
        )
        fresh = asked.message.force_authn == "true" and "name" not in sent
        if self.sign_in(sent, method, again=fresh):
            arguments = provider().response_args(asked.message, [BINDING_HTTP_POST])
            arguments.pop("binding")
            self.respond(arguments, sent.get("RelayState", ""))

    def begin(self, method: str, sent: dict[str, str]) -> None:
        if self.sign_in(sent, method):
            service = provider().metadata.assertion_consumer_service(sent["site"], BINDING_HTTP_POST)[0]
            arguments = {
                "in_response_to": None,
                "destination": service["location"],
                "sp_entity_id": sent["site"],
            }
            self.respond(arguments, sent.get("RelayState", ""))

    def sign_in(self, sent: dict[str, str], method: str, *, again: bool = False) -> bool:
        """Whether somebody is; else the page that asks who they are is sent."""
        if sent.get("name") in told()["people"]:
            self.visit.who = sent["name"]
        if self.visit.who and not again:
            return True
        kept = {"method": method, **{key: value for key, value in sent.items() if key != "name"}}
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{html.escape(value)}">' for key, value in kept.items()
        )
        self.page(
            200,
            f'<h1>Sign in to pysaml2</h1><form method="post" action="{urlsplit(self.path).path}">'
            f'{hidden}<label>Name <input name="name"></label>'
            "<button>Sign in</button></form>",
        )
        return False

    def respond(self, arguments: dict[str, Any], relay_state: str) -> None:
        now, server = told(), provider()
        response = server.create_authn_response(
            now["people"][self.visit.who],
            userid=self.visit.who,
            authn=PASSWORD,
            sign_assertion=True,
            sign_response=True,
            encrypt_assertion=now["encrypts"],
            encrypt_assertion_self_contained=False,
            **arguments,
        )
        self.visit.site = arguments["sp_entity_id"]
        assertion = [*server.session_db.assertion.values()][-1][0]
        self.visit.name_id = assertion.subject.name_id
        self.visit.indexes += [statement.session_index for statement in assertion.authn_statement]
        sent = server.apply_binding(
            BINDING_HTTP_POST, str(response), arguments["destination"], relay_state, response=True
        )
        self.page(200, sent["data"])

    def slo(self, method: str, sent: dict[str, str]) -> None:
        server, binding = provider(), BINDINGS[method]
        if "SAMLResponse" in sent:
            answer = server.parse_logout_request_response(sent["SAMLResponse"], binding)
            self.page(200, f"<h1>Signed out</h1><p>{'' if answer.status_ok() else 'not '}everywhere</p>")
            return
        asked = server.parse_logout_request(
            sent["SAMLRequest"],
            binding,
            relay_state=sent.get("RelayState"),
            sigalg=sent.get("SigAlg"),
            signature=sent.get("Signature"),
        )
        known = self.visit.name_id is not None and asked.message.name_id.text == self.visit.name_id.text
        assert known, "somebody else is signed in here"
        assert {index.text for index in asked.message.session_index} <= set(self.visit.indexes)
        visits.pop(self.key)
        self.send_logout(
            server.create_logout_response(asked.message, [binding], sign=binding == BINDING_HTTP_POST),
            server.pick_binding("single_logout_service", [binding], "spsso", request=asked.message)[1],
            binding,
            relay_state=sent.get("RelayState", ""),
            is_response=True,
        )

    def sign_out(self, method: str, sent: dict[str, str]) -> None:
        server, visit = provider(), visits.pop(self.key)
        binding = BINDINGS["POST" if told()["only_forms"] else "GET"]
        destination = server.metadata.single_logout_service(visit.site, binding, "spsso")[0]["location"]
        _id, request = server.create_logout_request(
            destination,
            visit.site,
            name_id=visit.name_id,
            session_indexes=visit.indexes,
            sign=binding == BINDING_HTTP_POST,
        )
        self.send_logout(request, destination, binding)

    def send_logout(
        self,
        message: Any,
        destination: str,
        binding: str,
        relay_state: str = "",
        *,
        is_response: bool = False,
    ) -> None:
        sent = provider().apply_binding(
            binding,
            str(message),
            destination,
            relay_state,
            response=is_response,
            sign=True,
            sigalg=SIG_RSA_SHA256,
        )
        if binding == BINDING_HTTP_POST:
            self.page(200, sent["data"])
        else:
            self.page(302, "", location=dict(sent["headers"])["Location"])

    # --- HTTP

    def page(
        self, status: int, text: str, *, kind: str = "text/html; charset=utf-8", location: str = ""
    ) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"visit={self.key}; Path=/; HttpOnly")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", urlsplit(URL).port or 0), Handler).serve_forever()
