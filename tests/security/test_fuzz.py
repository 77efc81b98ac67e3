"""Whatever is sent to whatever address, by whomever: an answer, never a mistake of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from accounts.flows import proof
from accounts.models import Proof, User
from tests.architecture.test_urls import patterns
from tests.conftest import be, taken_back

pytestmark = pytest.mark.django_db
MADE_UP = "x" * 43
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
FIELDS = [
    "login", "email", "password", "password1", "new_password", "current_password", "code", "name", "language",
    "time_zone", "address", "session", "accept", "next", "before", "resend", "action", "_selected_action", "q", "p",
    "o", "remember", "csrfmiddlewaretoken", "index", "select_across", "app_label", "model_name", "object_id",
]  # fmt: skip
# What forms and look-ups have stumbled over elsewhere, beside whatever hypothesis makes up.
ODD = [
    "", " ", "0", "-1", "1e9", "٣", "²", "9" * 30, "9" * 5000, "a@b.org", "@", "a@", "@b.org",
    "a@" + "b." * 200 + "org",
    "ａ@ｂ.org", "a@xn--", "a@xn--a.org", "a@.org", "a@b..org", '"a b"@example.org', "a\r\nBcc: b@c.org", "//evil.org",
    "/\\evil.org", "javascript:alert(1)", "https://evil.org", "/account/\n", "en", "Europe/Berlin", "../../etc/passwd",
    "{{ 7 }}", "%s%n", "'\"<script>", "\u202e", "\u2028", "ẞ" * 300, "\U0010ffff", "[]", "x" * 20_000, "BCDFGHJK",
]  # fmt: skip
values = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
forms = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)


def paths(alice: User) -> Iterator[str]:
    """Every address of the site; those from mails with a link that is good, and with one that is not."""
    tokens = [proof.issue(user=alice, purpose=purpose, email=alice.email).token for purpose in Proof.Purpose]
    for name, pattern in patterns():
        yield from _addresses(name, pattern, [*tokens, MADE_UP])


def _addresses(name: str, pattern: URLPattern, tokens: list[str]) -> Iterator[str]:
    groups = set(pattern.pattern.converters) | set(pattern.pattern.regex.groupindex)
    for value in tokens if "token" in groups else ["1", "en", "None", "9" * 25, "é"]:
        try:
            yield reverse(name, kwargs=dict.fromkeys(groups, value))
        except NoReverseMatch:
            continue


def ask(client: Client, method: str, path: str, form: dict[str, str], odd_header: str) -> Any:
    headers = {"user-agent": odd_header, "accept-language": odd_header, "referer": odd_header}
    if method == "POST":
        return client.post(path, form, headers=headers)
    return client.generic(method, path, query_params=form, headers=headers)


@pytest.mark.parametrize("who", ["nobody", "alice", "admin"])
def test_nothing_sent_to_any_address_is_a_mistake_of_ours(
    who: str, alice: User, admin: User, settings: Any
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/1h")
    settings.TERMS_VERSION = ""
    known = sorted(set(paths(alice)))
    signed_in = Client()
    if who != "nobody":
        be(signed_in, {"alice": alice, "admin": admin}[who])
    headers = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)

    @limits(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        path=st.sampled_from(known),
        method=st.sampled_from(METHODS),
        form=forms,
        header=headers,
        data=st.data(),
    )
    def holds(path: str, method: str, form: dict[str, str], header: str, data: Any) -> None:
        client = Client(raise_request_exception=True)
        client.cookies.load(signed_in.cookies)
        # The session may end on the way: the next example has it all the same.
        with taken_back():
            response = ask(client, method, path, form, header)
        assert response.status_code < 500
        assert "evil.org" not in response.get("Location", "").partition("?")[0]

    holds()
