"""What no form should have to think about is refused before it, clearly and without a trace."""

import io
from typing import Any
from urllib.parse import quote

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from accounts.models import Session, User
from core.intake import without_charset
from core.models import OutboxMessage, RateCounter

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
PAGES = ["/account/login/", "/account/signup/", "/account/logout/"]
BROKEN = {
    "NUL": "%00",
    "another control character": "%1b",
    "not UTF-8": "%ff%fe",
    "lone surrogate": "%ed%a0%80",
    "overlong": "%c0%af",
}


def post(client: Client, path: str, body: str | bytes, content_type: str = FORM) -> Any:
    return client.post(path, body, content_type=content_type)


def nothing_was_written() -> bool:
    return not any(model.objects.exists() for model in (User, Session, OutboxMessage, RateCounter))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("body", ["login={}", "email=a@b.org&password1={}", "{}=1", "next={}"])
def test_a_form_with_broken_text_is_refused(client: Client, path: str, broken: str, body: str) -> None:
    response = post(client, path, body.format(broken))
    assert response.status_code == 400
    assert "Part of what was sent" in response.text
    assert nothing_was_written()


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_address_with_broken_text_is_refused(client: Client, broken: str) -> None:
    assert client.get(f"/account/login/?next={broken}").status_code == 400


def test_a_path_with_a_control_character_is_refused(client: Client) -> None:
    assert client.get("/account/%00/").status_code == 400


def test_raw_bytes_that_are_no_text_are_refused(client: Client) -> None:
    assert post(client, "/account/login/", b"login=\xff\x00").status_code == 400


@pytest.mark.parametrize("path", PAGES)
def test_a_body_over_the_limit_is_refused(client: Client, path: str, settings: Any) -> None:
    response = post(client, path, "login=" + "x" * settings.REQUEST_BODY_LIMIT)
    assert response.status_code == 413
    assert "larger than this site accepts" in response.text


@pytest.mark.parametrize("path", PAGES)
def test_a_field_sent_twice_is_refused(client: Client, path: str) -> None:
    response = post(client, path, "login=a@b.org&login=c@d.org&email=a@b.org&email=c@d.org")
    assert response.status_code == 400
    assert "more than once" in response.text


def test_a_parameter_sent_twice_is_refused(client: Client) -> None:
    assert client.get("/account/login/?next=/a&next=/b").status_code == 400


def test_hundreds_of_fields_are_refused(client: Client) -> None:
    assert post(client, "/account/login/", "&".join(f"f{n}=1" for n in range(300))).status_code == 400
    assert client.get("/?" + "&".join(f"f{n}=1" for n in range(300))).status_code == 400


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("body", ["", "&&&", "=", "%", "a", "login[]=1", "login=" + "a" * 100_000])
def test_nonsense_never_breaks_a_page(client: Client, path: str, body: str) -> None:
    assert post(client, path, body).status_code < 500
    assert not User.objects.exists()


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "latin-1", "no-such-thing"])
def test_another_charset_is_refused(client: Client, charset: str) -> None:
    response = client.generic(
        "POST", "/account/login/", b"login=a", content_type=f"{FORM}; charset={charset}"
    )
    assert response.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'["' + b"[" * 100_000,
        b"[" * 30 + b"]" * 30,
    ],
)
def test_json_that_is_none_is_refused(client: Client, body: bytes) -> None:
    assert post(client, "/account/login/", body, "application/json").status_code == 400


def test_json_of_the_wrong_shape_is_no_crash(client: Client) -> None:
    for body in ("[]", '"text"', "null", "1e999", '{"login": {"a": [1]}}'):
        assert post(client, "/account/login/", body, "application/json").status_code < 500


@pytest.mark.parametrize("name", ["login", "\x00", "file"])
def test_a_multipart_form_is_held_to_the_same(client: Client, name: str) -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\na\x00b\r\n--b--\r\n'
    assert post(client, "/account/login/", body, "multipart/form-data; boundary=b").status_code == 400


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 300, "text/plain", "/"]
)
def test_a_strange_content_type_is_no_crash(client: Client, content_type: str) -> None:
    assert post(client, "/account/login/", "login=a", content_type).status_code < 500


def test_a_length_that_is_no_number_is_refused(client: Client) -> None:
    response = client.generic("POST", "/account/login/", "x", content_type=FORM, CONTENT_LENGTH="many")
    assert response.status_code == 400


@pytest.mark.parametrize("text", ["Größe", "emoji 😀", "two\nlines", "a\tb", "100 %", "a+b"])
def test_real_text_passes(client: Client, text: str) -> None:
    assert post(client, "/account/login/", f"login={quote(text)}&password=x").status_code == 200


def test_the_admin_may_repeat_a_field(as_admin: Client, alice: User, bob: User) -> None:
    asked = {"action": "enable", "_selected_action": [alice.pk, bob.pk]}
    assert as_admin.post("/admin/accounts/user/", asked).status_code == 200


def answer(method: str, path: str, content_type: str, body: bytes = b"") -> str:
    """The status of a request that goes through what the server runs, before any middleware."""
    seen: list[str] = []
    environ = RequestFactory()._base_environ(
        REQUEST_METHOD=method,
        PATH_INFO=path,
        QUERY_STRING="a=%41",
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": io.BytesIO(body)},
    )
    list(without_charset(WSGIHandler())(environ, lambda status, headers: seen.append(status)))
    return seen[0]


@pytest.mark.parametrize("charset", ["hex", "rot13", "punycode", "undefined", "idna", "latin-1", "x" * 500])
@pytest.mark.parametrize("kind", ["text/plain", FORM, "multipart/form-data; boundary=x"])
def test_no_charset_crashes_the_server(charset: str, kind: str) -> None:
    assert answer("POST", "/account/login/", f"{kind}; charset={charset}", b"login=a").startswith("400")


def test_behind_a_server_that_does_not_say_where_it_ends_a_length_is_needed(client: Client) -> None:
    response = client.generic(
        "POST", "/account/login/", "", content_type=FORM, HTTP_TRANSFER_ENCODING="chunked"
    )
    assert (response.status_code, "Content-Length" in response.text) == (400, True)


def test_utf8_may_be_said_aloud() -> None:
    assert answer("GET", "/livez", "text/plain; charset=UTF-8") == "200 OK"
