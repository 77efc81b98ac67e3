import pytest
from django.test import RequestFactory

from core.redirects import next_address, safe


@pytest.mark.parametrize("address", ["/", "/account/", "/account/?tab=keys&x=1", "/a#b"])
def test_a_place_of_ours_is_safe(address: str) -> None:
    assert safe(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "account/",
        "https://localhost/",
        "https://evil.example",
        "//evil.example",
        "//",
        "///evil.example",
        r"/\evil.example",
        r"\\evil.example",
        "/\t/evil.example",
        " //evil.example",
        "\x00//evil.example",
        "javascript:alert(1)",
        "/" + "a" * 3000,
    ],
)
def test_any_other_place_is_not(address: str | None) -> None:
    assert safe(address) is None


def test_next_is_read_from_the_form_before_the_address() -> None:
    request = RequestFactory().post("/?next=/query", {"next": "/form"})
    assert next_address(request) == "/form"
    assert next_address(RequestFactory().get("/?next=/query")) == "/query"
    assert next_address(RequestFactory().get("/")) is None
