import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.redaction import REDACTED, TEXT_LIMIT, clean


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "newPassword",
            "PASSWORD1",
            "passwd",
            "passphrase",
            "client_secret",
            "token",
            "accessToken",
        ),
        *("code", "reset-code", "recovery_codes", "key", "API_KEY", "apikey", "privateKey", "session_key"),
        *(
            "Authorization",
            "Set-Cookie",
            "csrfmiddlewaretoken",
            "otp",
            "totp_seed",
            "pin",
            "sid",
            "jwt",
            "pwd",
        ),
    ],
)
def test_a_telling_name_is_masked_at_any_depth(name: str) -> None:
    assert clean({"form": [{"deep": {name: "hunter2"}}]}) == {"form": [{"deep": {name: REDACTED}}]}


@pytest.mark.parametrize("secret", ["hunter2", 123456, ["a", "b"], {"kid": "x"}, b"x"])
def test_whatever_kind_the_secret_is_it_goes(secret: object) -> None:
    assert clean({"token": secret}) == {"token": REDACTED}


@pytest.mark.parametrize(
    "name", ["monkey", "barcodes", "decoded", "keyboard", "opinion", "email", "methods", "reason"]
)
def test_a_name_that_merely_looks_alike_is_not(name: str) -> None:
    assert clean({name: "x"}) == {name: "x"}


@pytest.mark.parametrize("value", [True, False, None])
def test_whether_there_is_one_may_be_told(value: bool | None) -> None:
    assert clean({"password": value}) == {"password": value}


def test_long_text_is_cut() -> None:
    assert clean("x" * (TEXT_LIMIT + 1)) == "x" * (TEXT_LIMIT - 1) + "…"


def test_endless_depth_is_cut() -> None:
    value: Any = "core"
    for _ in range(10_000):
        value = [value]
    assert "…" in str(clean(value))


def test_numbers_beyond_reason_become_text() -> None:
    assert clean([2**62, 10**5000, float("inf")])[0] == 2**62
    assert clean(10**5000).startswith("0x")
    assert clean(float("inf")) == "inf"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
)


@given(anything)
def test_nothing_that_is_left_chokes_postgresql(value: Any) -> None:
    text = json.dumps(clean(value), ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in text.encode("utf-8").decode()
