"""Who lives in the bench's databases."""

NUMBER = 20
DOMAIN = "bench.example"
PASSWORD = "lantern over quiet water"  # noqa: S105 - of a throw-away database


def address(number: int) -> str:
    return f"person{number % NUMBER}@{DOMAIN}"


def address_among(crowd: int, number: int) -> str:
    """The same few people in turn, but evenly from among many."""
    return f"person{number % NUMBER * (crowd // NUMBER)}@{DOMAIN}"
