"""What operators can watch; core/health.py publishes it."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("identity_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "identity_request_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
RATE_LIMITED = Counter("identity_rate_limited", "Attempts refused by a rate limit.", ["purpose"])
MAIL = Counter("identity_mail", "Outcomes of attempts to send a mail.", ["outcome"])
