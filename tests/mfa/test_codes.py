"""The arithmetic of one-time codes, held against the vectors of RFC 6238."""

import base64

import pytest

from mfa import codes

SECRET = base64.b32encode(b"12345678901234567890").decode()
# Appendix B gives eight digits; six are their end.
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def step_of(code: str, at: float, after: int = -1) -> int | None:
    return codes.step_of(code, secret=SECRET, at=at, after=after)


@pytest.mark.parametrize(("at", "eight"), VECTORS)
def test_the_published_codes_are_taken_at_their_time(at: int, eight: str) -> None:
    assert step_of(eight[-6:], at) == at // 30


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)]
)
def test_a_clock_may_be_off_by_one_step_and_no_more(seconds: int, taken: bool) -> None:
    begins = 1234567890 // 30 * 30
    assert (step_of("005924", begins + seconds) is not None) == taken


def test_a_step_that_was_used_or_passed_is_not_taken() -> None:
    step = 1234567890 // 30
    assert step_of("005924", 1234567890, after=step - 1) == step
    assert step_of("005924", 1234567890, after=step) is None
    assert step_of("005924", 1234567890, after=step + 1) is None


def test_the_first_moments_of_time_have_codes_too() -> None:
    assert step_of("755224", 0) == 0


@pytest.mark.parametrize("typed", ["005924", " 005 924 ", "00 59 24", "005\N{NO-BREAK SPACE}924"])
def test_spaces_are_forgiven(typed: str) -> None:
    assert codes.normal(typed) == "005924"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "5924",
        "0005924",
        "+05924",
        "-05924",
        "05924.",
        "0x5924",
        "5_924_",
        "００５９２４",
        "٠٠٥٩٢٤",
        "००५९२४",
        "²05924",
        "005924\n",
        "005\t924",
        "abcdef",
    ],
)
def test_nothing_but_six_ascii_digits_is_a_code(typed: str) -> None:
    assert codes.normal(typed) is None


def test_a_key_has_160_bits_and_is_never_the_same() -> None:
    assert len(base64.b32decode(codes.new_secret())) == 20
    assert codes.new_secret() != codes.new_secret()


def test_a_key_is_typed_in_fours() -> None:
    assert codes.grouped("ABCDEFGHIJ") == "ABCD EFGH IJ"


def test_the_address_says_what_apps_read() -> None:
    address = codes.address("ABCD", issuer="My Site: beta", account="alice+x@example.org")
    assert address == (
        "otpauth://totp/My%20Site%20%20beta:alice%2Bx@example.org"
        "?secret=ABCD&issuer=My%20Site%20%20beta&algorithm=SHA1&digits=6&period=30"
    )
