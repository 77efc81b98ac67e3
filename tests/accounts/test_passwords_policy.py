"""What a new password must not be, and what the refusal says."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords.policy import ContextWordsValidator, MaximumLengthValidator
from identity.management.commands.seed_demo import PASSWORD as DEMO_PASSWORD
from tests.conftest import PASSWORD

DORA = User(email="dora.winterbottom@mill.example.org", name="Dora O’Sullivan-Ötztal")


def refusals(password: str, user: User | None = None) -> list[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [str(each.code) for each in error.error_list]
    return []


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        DEMO_PASSWORD,
        "lantern over quiet water",
        "Xk29dkw!4jfh",
        "927461038264",
        "ミドリの電車はどこへ行くの",
        " a blank at both ends ",
        "kqzvjxwpmtrn",
        "Žluťoučký kůň skáče",
    ],
)
def test_a_good_password_is_taken_as_it_is(password: str) -> None:
    assert refusals(password, DORA) == []


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "password_too_short"),
        ("x" * 257, "password_too_long"),
        ("my dora the explorer", "password_context_word"),
        ("WINTERBOTTOM forever", "password_context_word"),
        ("w1nt3rb0tt0m uphill", "password_context_word"),
        ("the windy mill and I", "password_context_word"),
        ("oetztal by OTZTAL rail", "password_context_word"),
        ("an Ident1ty in rain", "password_context_word"),
        ("manchesterunited", "password_breached"),
        ("Manchester United 99", "password_breached"),
        ("P@ssw0rd2024!", "password_breached"),
        ("$un$hine1234", "password_breached"),
        ("monkeymonkey", "password_breached"),
        ("correct horse battery staple", "password_breached"),
        ("dora.winterbottom@mil", "password_too_similar"),
    ],
)
def test_a_bad_one_is_refused_for_its_reason(password: str, code: str) -> None:
    assert code in refusals(password, DORA)


def test_256_characters_pass_and_one_more_does_not() -> None:
    validator = MaximumLengthValidator(256)
    validator.validate("ü" * 256)
    with pytest.raises(ValidationError, match="256 characters at most"):
        validator.validate("ü" * 257)


@pytest.mark.parametrize("word", ["Falconry", "North Sea"])
def test_operators_add_words_of_their_own(settings: Any, word: str) -> None:
    settings.PASSWORD_CONTEXT_WORDS = [word, "abc"]
    assert refusals(f"nine {word.upper()} lamps") == ["password_context_word"]
    assert refusals("an abc of nine lamps") == []


@pytest.mark.parametrize(
    ("host", "refused"), [("id.rooftops.co.uk", "rooftops"), ("localhost", "localhost"), ("127.0.0.1", None)]
)
def test_the_domain_is_such_a_word(settings: Any, host: str, refused: str | None) -> None:
    settings.BASE_HOST = host
    if refused:
        assert refusals(f"red {refused} at dawn") == ["password_context_word"]
    assert refusals("red chimneys 127 at dawn") == []


def test_the_refusal_names_the_word() -> None:
    with pytest.raises(ValidationError, match="Leave out “dora”"):
        ContextWordsValidator().validate("pandora and a box", DORA)


@pytest.mark.parametrize(
    ("classes", "password", "fine"),
    [
        (0, "kqzvjxwpmtrn", True),
        (2, "kqzvjxwpmtrn", False),
        (2, "Kqzvjxwpmtrn", True),
        (3, "Kqzvjxwpmtrn", False),
        (4, "Kqzvjxwp7mtrn", False),
        (4, "Kqzvjxwp7-mtrn", True),
    ],
)
def test_kinds_of_characters_count_only_where_somebody_wants_it(
    settings: Any, classes: int, password: str, fine: bool
) -> None:
    settings.PASSWORD_CHARACTER_CLASSES = classes
    assert (refusals(password) == []) is fine


def test_what_django_calls_common_is_refused_too() -> None:
    listed = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
    common = [line for line in gzip.decompress(listed.read_bytes()).decode().split() if len(line) >= 8]
    assert len(common) > 8000
    assert [word for word in common if "password_breached" not in refusals(word)] == []
