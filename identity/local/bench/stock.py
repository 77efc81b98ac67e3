"""Settings for one row of `make bench`: the site with the sign-in page of stock allauth instead of ours."""

from identity.settings import *  # noqa: F403
from identity.settings import TEMPLATES

ROOT_URLCONF = "identity.local.bench.stock_urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": []}]
ACCOUNT_ADAPTER = "allauth.account.adapter.DefaultAccountAdapter"
ACCOUNT_FORMS = {}
