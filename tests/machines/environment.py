import os

from django.db import connection
from psycopg.conninfo import make_conninfo


def environment(**overrides: str) -> dict[str, str]:
    """For another process: this test's database and Redis, unless told otherwise."""
    database = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    return {**os.environ, "DATABASE_URL": database, **overrides}
