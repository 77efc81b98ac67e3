from typing import Any

import argon2
import pytest
from django.contrib.auth.hashers import check_password, make_password

from accounts.passwords import MaximumLengthValidator


def test_a_hash_is_argon2id_with_our_cost() -> None:
    assert make_password("x").startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")


def test_the_cost_is_a_setting(settings: Any) -> None:
    settings.PASSWORD_HASH_MEMORY_KIB, settings.PASSWORD_HASH_ROUNDS = 128, 2
    assert "$m=128,t=2,p=1$" in make_password("x")


def test_another_implementation_agrees() -> None:
    encoded = make_password("größer als gedacht")
    assert argon2.PasswordHasher().verify(encoded.removeprefix("argon2"), "größer als gedacht")


@pytest.mark.parametrize("wrong", ["", "X", " x", "x ", "xx"])
def test_only_the_very_password_fits(wrong: str) -> None:
    encoded = make_password("x")
    assert check_password("x", encoded)
    assert not check_password(wrong, encoded)


def test_256_characters_pass_and_one_more_does_not() -> None:
    validator = MaximumLengthValidator(256)
    validator.validate("ü" * 256)
    with pytest.raises(Exception, match="256 characters at most"):
        validator.validate("ü" * 257)
