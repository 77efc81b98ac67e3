import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import crypto, digests
from core.crypto import DecryptionError, decrypt, encrypt

OLD, NEW = base64.b64encode(b"o" * 32).decode(), base64.b64encode(b"n" * 32).decode()


@given(st.binary(max_size=500))
def test_what_was_sealed_can_be_opened(plain: bytes) -> None:
    assert decrypt(encrypt(plain, context="t.c"), context="t.c") == plain


def test_the_same_text_never_looks_the_same() -> None:
    assert encrypt(b"x", context="t.c") != encrypt(b"x", context="t.c")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    with pytest.raises(DecryptionError):
        decrypt(encrypt(b"x", context="t.c"), context="t.d")


@pytest.mark.parametrize("position", [0, 1, 5, 17, -1])
def test_an_altered_value_does_not_open(position: int) -> None:
    sealed = bytearray(encrypt(b"secret", context="t.c"))
    sealed[position] ^= 1
    with pytest.raises(DecryptionError):
        decrypt(bytes(sealed), context="t.c")


@pytest.mark.parametrize("length", range(0, 34, 3))
def test_a_cut_value_does_not_open(length: int) -> None:
    with pytest.raises(DecryptionError):
        decrypt(encrypt(b"secret", context="t.c")[:length], context="t.c")


def test_an_old_key_opens_and_the_new_one_seals(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    old = encrypt(b"x", context="t.c")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(old, context="t.c") == b"x"
    assert not crypto.is_current(old)
    assert crypto.is_current(encrypt(b"x", context="t.c"))


def test_a_retired_key_opens_nothing(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    old = encrypt(b"x", context="t.c")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(DecryptionError):
        decrypt(old, context="t.c")


def test_a_digest_differs_by_purpose_and_key(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    key_id = crypto.primary_key_id()
    one, other = crypto.mac(b"x", purpose="a"), crypto.mac(b"x", purpose="b")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert len({one, other, crypto.mac(b"x", purpose="a")}) == 3
    assert crypto.mac(b"x", purpose="a", key_id=key_id) == one


def test_a_digest_under_a_retired_key_cannot_be_made(settings: Any) -> None:
    with pytest.raises(DecryptionError):
        crypto.mac(b"x", purpose="a", key_id=b"none")


def test_tokens_are_long_and_never_alike() -> None:
    tokens = {digests.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


def test_a_digest_tells_nothing_of_its_token() -> None:
    assert digests.of_token("abc") == digests.of_token("abc") != digests.of_token("abd")
    assert "abc" not in digests.of_token("abc")


def test_a_short_secret_needs_the_key(settings: Any) -> None:
    before = digests.of_short_secret("123456", purpose="code")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert digests.of_short_secret("123456", purpose="code") != before
