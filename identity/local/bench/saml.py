"""Signing in by SAML: what an answer costs at the ACS, and what the library's own call costs for the same message."""

import base64
import os
import re
import secrets
import zlib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlsplit

from onelogin.saml2.auth import OneLogin_Saml2_Auth

from identity.local import production
from identity.local.bench.measure import Subject
from identity.local.bench.report import Comparison
from identity.local.bench.rows import Row
from identity.local.bench.sites import Site
from identity.local.bench.stage import Stage
from identity.local.bench.visitor import Visitor
from identity.local.provider import messages
from identity.local.provider.messages import Key
from identity.local.provider.people import ENTITY_ID as ENTITY_ID_OF_PROVIDER
from identity.local.provider.people import Person

SLUG, DOMAIN = "bench-sso", "bench-sso.example"
ISSUER = ENTITY_ID_OF_PROVIDER
SSO_URL = "https://idp.bench.example/sso"
BASE = f"https://{production.HOST}/sso/saml/{SLUG}"
ENTITY_ID, ACS = f"{BASE}/metadata/", f"{BASE}/acs/"
BARE = "python3-saml: process_response"
FEW, MANY = 10, 5_000

PEOPLE = [Person(name, name.title(), f"{name}@{DOMAIN}") for name in ("anna", "bert", "cleo", "dirk")]


@cache
def key() -> Key:
    """Of the provider, made for this run."""
    return messages.key(Path(mkdtemp(prefix="bench-provider-")))


def answer(request_id: str) -> str:
    """What the provider posts for somebody: one signed assertion, in base64."""
    to = messages.Site(ENTITY_ID, ACS, "")
    person = secrets.choice(PEOPLE)
    said = messages.response(to, key(), person, asked=request_id, index=secrets.token_hex(8))
    return base64.b64encode(said).decode()


def bring(visitor: Visitor) -> str:
    """To the ACS, as people do who begin at their provider; where the site leads on to."""
    return _bring(visitor, "")


def sign_in(visitor: Visitor) -> None:
    """All of it: off to the provider, its answer to the ACS, and the session at the end."""
    visitor.forget()
    there = visitor.follow(f"/sso/saml/{SLUG}/login/")
    visitor.follow(_bring(visitor, _request_id(there)))


def rows(site: Site, title: str = "SAML") -> list[Row]:
    return [
        Row(f"{title}: answer at the ACS", bring, site=site),
        Row(f"{title}: leave, ACS and session", sign_in, site=site),
    ]


def bare() -> Subject:
    """The library's own call with its strict checks, in this process: no web, no database, no session."""
    messages = [answer("") for _ in range(50)]
    turns = iter(range(1_000_000_000))

    def once() -> None:
        _process(messages[next(turns) % len(messages)])

    return Subject(BARE, [once], [os.getpid()])


def staged_sites(stage: Stage, ours: Site) -> tuple[Site, Site]:
    """Where few organizations have a connection, and where many do."""
    few = Site("saml-few", database="saml_few")
    many = Site("saml-many", database="saml_many")
    for site, number in ((few, FEW), (many, MANY)):
        stage.copy(ours, site)
        stage.run(
            site,
            "identity.local.bench.saml_seed",
            BENCH_NUMBER=str(number),
            BENCH_CERTIFICATE=key().certificate.decode(),
        )
    return few, many


COMPARISONS = [
    Comparison("SAML: answer at the ACS", BARE, 2),
    Comparison("SAML: leave, ACS and session", BARE),
    Comparison(f"SAML, {MANY:,} connections: answer at the ACS", "SAML: answer at the ACS"),
    Comparison(f"SAML, {MANY:,} connections: leave, ACS and session", "SAML: leave, ACS and session"),
]


def _bring(visitor: Visitor, request_id: str) -> str:
    fields = {"SAMLResponse": answer(request_id)}
    return visitor.post_from_elsewhere(f"/sso/saml/{SLUG}/acs/", fields)


def _process(message: str) -> None:
    request = {
        "https": "on",
        "http_host": production.HOST,
        "script_name": urlsplit(ACS).path,
        "get_data": {},
        "post_data": {"SAMLResponse": message},
    }
    library: Any = OneLogin_Saml2_Auth(request, _settings())
    library.process_response()
    if not library.is_authenticated():
        raise LookupError(library.get_last_error_reason())


def _settings() -> dict[str, Any]:
    return {
        "strict": True,
        "sp": {"entityId": ENTITY_ID, "assertionConsumerService": {"url": ACS}},
        "idp": {
            "entityId": ISSUER,
            "singleSignOnService": {"url": SSO_URL},
            "x509cert": key().certificate.decode(),
        },
    }


def _request_id(address: str) -> str:
    request = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    text = zlib.decompress(base64.b64decode(request), -15).decode()
    found = re.search(r' ID="([^"]+)"', text)
    if found is None:
        raise LookupError("The request has no ID.")
    return found[1]
