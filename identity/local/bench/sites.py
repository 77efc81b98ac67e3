"""What the bench's web servers run: our site as it is, with something swapped, or what it is compared with."""

from typing import NamedTuple

PLAIN = "identity.local.bench.wsgi:application"


class Site(NamedTuple):
    name: str
    settings: str = "identity.settings"
    application: str = "identity.wsgi:application"
    database: str = "identity"
    # The module whose main() fills the database; empty for a site that uses another's, or none.
    seed: str = ""


OURS = Site("web", seed="identity.local.bench.seed")
STOCK_PAGES = Site("stock", "identity.local.bench.stock")
DEFAULT_STACK = Site(
    "default-stack",
    "identity.local.bench.default_stack.settings",
    PLAIN,
    database="default_stack",
    seed="identity.local.bench.default_stack.seed",
)
LEAN_STACK = DEFAULT_STACK._replace(
    name="lean-stack", settings="identity.local.bench.default_stack.lean", database="lean_stack"
)
EMPTY = Site("empty", "identity.local.bench.empty", PLAIN)
