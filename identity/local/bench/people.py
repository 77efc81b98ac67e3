"""Who lives in the bench's database."""

NUMBER = 20
PASSWORD = "lantern over quiet water"  # noqa: S105 - of a throw-away database


def address(number: int) -> str:
    return f"person{number % NUMBER}@bench.example"
