"""Ways to keep database connections: settings of DATABASES, by name."""

from typing import Any

POOL = {"min_size": 2, "max_size": 4}
STRATEGIES: dict[str, dict[str, Any]] = {
    "kept, checked": {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True},
    "kept": {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": False},
    "pool, checked": {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": {"pool": POOL}},
    "pool": {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {"pool": POOL}},
    "new each time": {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False},
}
TWO_QUERIES = "/two-queries/"
