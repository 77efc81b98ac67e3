"""The same without counting anybody or anything: the least that answers with tokens, and what nobody runs like this."""

from identity.local.bench.default_stack.settings import *  # noqa: F403
from identity.local.bench.default_stack.settings import MIDDLEWARE as WHOLE
from identity.local.bench.default_stack.settings import REST_FRAMEWORK as LIMITED

EXTRAS = ("django_prometheus.", "csp.")
MIDDLEWARE = [layer for layer in WHOLE if not layer.startswith(EXTRAS)]
REST_FRAMEWORK = {name: value for name, value in LIMITED.items() if "THROTTLE" not in name}
