"""Who lives in the bench's databases."""

NUMBER = 20
DOMAIN = "bench.example"
PASSWORD = "lantern over quiet water"  # noqa: S105 - of a throw-away database


def address(number: int) -> str:
    return f"person{number % NUMBER}@{DOMAIN}"
