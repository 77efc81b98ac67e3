"""PostgreSQL for development without anything installed on the machine: `manage.py` calls `provide()`."""

import os
import sys
from collections.abc import Sequence

from identity.env import Env
from identity.local.cluster import Cluster
from identity.local.programs import DOTENV, VAR

HOME = VAR / "postgres"
DATABASE = "identity"
COMMANDS_WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "generate_keys",
    "help",
    "makemessages",
    "startapp",
    "version",
}

# Kept here so that the server is held until this process ends.
_held: list[Cluster] = []


def provide(arguments: Sequence[str] | None = None) -> None:
    """Points DATABASE_URL to the embedded server when development has no other."""
    env = Env.load(DOTENV)
    if env.text("DATABASE_URL") or not env.boolean("DEBUG", default=False):
        return
    if _needs_database(sys.argv[1:] if arguments is None else arguments):
        os.environ["DATABASE_URL"] = hold().url(DATABASE)


def hold() -> Cluster:
    """The server of this checkout, which now runs at least until this process ends."""
    cluster = Cluster(HOME)
    cluster.start()
    cluster.create(DATABASE)
    _held.append(cluster)
    return cluster


def _needs_database(arguments: Sequence[str]) -> bool:
    if not arguments or {"--help", "-h", "--version"} & set(arguments):
        return False
    return arguments[0] not in COMMANDS_WITHOUT_DATABASE
