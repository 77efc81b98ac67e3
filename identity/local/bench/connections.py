"""Settings for `make bench ARGS=--connections`: the site's, with one way to keep database connections swapped in.

BENCH_CONNECTIONS names the way.
"""

import os

from identity.local.bench.strategies import STRATEGIES
from identity.settings import *  # noqa: F403
from identity.settings import DATABASES

_chosen = STRATEGIES[os.environ["BENCH_CONNECTIONS"]]
_database = DATABASES["default"]
_options = {**_database["OPTIONS"], **_chosen.get("OPTIONS", {})}
DATABASES["default"] = {**_database, **_chosen, "OPTIONS": _options}

ROOT_URLCONF = "identity.local.bench.two_queries"
