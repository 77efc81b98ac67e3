"""A person with a browser, in front of the site and of a provider that is another site to that browser."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from django.conf import settings
from django.test import Client
from lxml import html

from tests.machines.saml import SamlProvider

HERE = "http://localhost"
MOST_STEPS = 12
# What pages of either side send on by a script, as soon as they are there.
MESSAGES = {"SAMLRequest", "SAMLResponse"}


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str

    @property
    def path(self) -> str:
        """Of a page of ours."""
        assert self.is_ours, self.url
        return self.url.removeprefix(HERE).partition("?")[0]

    @property
    def is_ours(self) -> bool:
        return self.url.startswith(f"{HERE}/")

    @property
    def tree(self) -> Any:
        return html.fromstring(self.text or "<p>", base_url=self.url)

    @property
    def words(self) -> str:
        return " ".join(self.tree.text_content().split())

    def form(self, *names: str) -> Any:
        """The first that has all of these fields."""
        found = [form for form in self.tree.forms if set(names) <= set(form.fields)]
        assert found, self.text
        return found[0]


class Visitor:
    """Signed in there for as long as this object lives. Takes no step that a script or a person would not take."""

    def __init__(self, provider: SamlProvider) -> None:
        self.provider = provider
        self.site = Client()
        self.there = requests.Session()
        # Which messages came by which way, in order.
        self.carried: list[tuple[str, str]] = []

    def sign_in(self, slug: str = "acme-sso", *, name: str = "dora") -> Page:
        return self.past_their_page(self.go(f"/sso/saml/{slug}/login/"), name)

    def past_their_page(self, page: Page, name: str = "dora") -> Page:
        """Through the provider's form, if it shows one: whoever is signed in there is sent straight back."""
        if page.is_ours:
            return page
        form = page.form(*self.provider.fields)
        return self.send(page, form, dict.fromkeys(self.provider.fields, name))

    def go(self, address: str) -> Page:
        return self._on(self._ask("GET", urljoin(f"{HERE}/", address), {}))

    def press(self, page: Page, button: str, **fields: str) -> Page:
        forms = [form for form in page.tree.forms if button in form.text_content()]
        assert forms, page.text
        return self.send(page, forms[0], fields)

    def send(self, page: Page, form: Any, fields: dict[str, str]) -> Page:
        address = urljoin(page.url, form.get("action") or page.url)
        sent = {name: value for name, value in form.form_values() if name != "csrfmiddlewaretoken"}
        return self._on(self._ask((form.method or "GET"), address, {**sent, **fields}, origin=page.url))

    def is_in(self) -> bool:
        return self.site.get("/account/").status_code == 200

    def _on(self, page: Page) -> Page:
        """To where scripts and refreshes lead."""
        for _ in range(MOST_STEPS):
            refresh = page.tree.xpath('string(//meta[@http-equiv="refresh"]/@content)')
            carriers = [form for form in page.tree.forms if MESSAGES & set(form.fields) and is_hidden(form)]
            if refresh:
                page = self._ask("GET", refresh.partition("url=")[2], {})
            elif carriers:
                form = carriers[0]
                address = urljoin(page.url, form.get("action"))
                page = self._ask("POST", address, dict(form.form_values()), origin=page.url)
            else:
                return page
        raise AssertionError(f"never arrives: {page.url}")

    def _ask(self, method: str, address: str, fields: dict[str, str], origin: str = "") -> Page:
        for _ in range(MOST_STEPS):
            # Within the provider they may wander as they like.
            if urlsplit(origin).netloc != urlsplit(address).netloc:
                sent = {*fields, *dict(parse_qsl(urlsplit(address).query))}
                self.carried += [(name, method) for name in sorted(MESSAGES & sent)]
            response, where = self._once(method, address, fields, origin)
            if where is None:
                return Page(address, response.status_code, response.text)
            method, address, fields, origin = "GET", urljoin(address, where), {}, ""
        raise AssertionError(f"never arrives: {address}")

    def _once(self, method: str, address: str, fields: dict[str, str], origin: str) -> tuple[Any, str | None]:
        if not address.startswith(f"{HERE}/"):
            answer = self.there.request(
                method, address, data=fields or None, allow_redirects=False, timeout=10
            )
            return answer, answer.headers.get("Location")
        path = address.removeprefix(HERE)
        if method == "GET":
            answer = self.site.get(path)
        else:
            answer = self._post(path, fields, is_ours=origin.startswith(f"{HERE}/"))
        return answer, answer.get("Location")

    def _post(self, path: str, fields: dict[str, str], *, is_ours: bool) -> Any:
        """As browsers do: what another site's form sends comes without our cookies."""
        if is_ours:
            return self.site.post(path, fields)
        kept, self.site.cookies = self.site.cookies, SimpleCookie()
        answer = self.site.post(path, fields)
        assert settings.SESSION_COOKIE_NAME not in answer.cookies
        self.site.cookies = kept
        self.site.cookies.update(answer.cookies)
        return answer


def is_hidden(form: Any) -> bool:
    """Nothing in it is to be filled in."""
    return all(field.get("type") in ("hidden", "submit") for field in form.inputs if field.tag == "input")
