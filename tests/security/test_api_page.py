"""What stands on the page about the API: everything, for people, and without a script."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from accounts.api.documents import document
from accounts.api.reference import Described, Row, chapters
from accounts.api.scopes import Credential, Scope

pytestmark = pytest.mark.django_db


class Reader(HTMLParser):
    """Text by operation, and every id and link."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        found = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"])
        if found.get("href", "").startswith("#"):
            self.links.append(found["href"][1:])


def page(language: str = "en") -> str:
    answer = Client().get("/api/docs/", headers={"accept-language": language})
    assert answer.status_code == 200
    return str(answer.text)


def of_operation(text: str, anchor: str) -> str:
    """As it reads, without tags."""
    found = re.search(
        rf'<article class="operation" aria-labelledby="{anchor}">.*?</article>', text, re.DOTALL
    )
    assert found, anchor
    return on_one_line(html.unescape(re.sub(r"<[^>]+>", "", found[0])))


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def every() -> list[Described]:
    return [each for chapter in chapters(document()) for each in chapter.operations]


def rows(found: list[Row]) -> Iterator[Row]:
    for row in found:
        yield row
        yield from rows(row.parts)


def test_every_operation_shows_its_fields_examples_and_refusals() -> None:
    text = page()
    assert len(every()) > 90
    for each in every():
        shown = of_operation(text, each.anchor)
        answered = [row for answer in each.answers for row in rows(answer.fields)]
        taken = [row for place in each.parameters.values() for row in place]
        for row in [*rows(each.fields), *taken, *answered]:
            assert f"{row.name} {row.type}" in shown, (each.anchor, row.name)
        for example in each.examples:
            assert on_one_line(example.curl) in shown, each.anchor
            assert on_one_line(example.json) in shown, each.anchor
        for code in [*(refused.code for refused in each.refusals), *each.common]:
            assert code in shown, (each.anchor, code)
        assert each.path in shown
        assert each.who.replace("`", "") in shown


@pytest.mark.parametrize(
    ("anchor", "said"),
    [
        ("post_login", "email string · required · 1 to 254 characters"),
        ("post_login", "transport string · if left out: body"),
        ("post_login", "One of body, cookie"),
        ("post_login", "refresh_token string · not always there"),
        ("get_orgs_slug_members", "limit integer · from 1 to 100 · if left out: 100"),
        ("get_me_mfa", "requirement object | null"),
        ("get_me_mfa", "last_used_at string (date-time) | null"),
        ("get_me_mfa", "apps array of object"),
        ("post_me_keys", "scopes array of string · required · at most 100 entries"),
        ("post_token", "application/json · application/x-www-form-urlencoded"),
        ("post_token", '--user "$CLIENT_ID:$CLIENT_SECRET"'),
        ("post_login_social", "Says as well: reason"),
    ],
)
def test_a_field_says_what_it_takes(anchor: str, said: str) -> None:
    assert said in of_operation(page(), anchor)


def test_every_link_leads_to_a_place_on_it_and_no_two_have_one_name() -> None:
    reader = Reader()
    reader.feed(page())
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.links) - set(reader.ids) == set()
    assert {each.anchor for each in every()} <= set(reader.links)


def test_it_shows_scopes_and_kinds_of_credentials() -> None:
    text = page()
    assert all(scope in text for scope in Scope)
    assert all(kind in text for kind in Credential)


def test_it_needs_no_script_and_no_style_of_its_own() -> None:
    """The policy for content would not let them through."""
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", page())


def test_it_is_in_the_readers_language_where_it_can_be() -> None:
    german = page("de")
    assert '<html lang="de"' in german
    assert "erforderlich" in german
    assert "required ·" not in of_operation(german, "post_login")
    assert '<span lang="en">Sign in with a password</span>' in german
    assert "Anmelden" not in page("en")


def test_it_asks_no_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        page()
