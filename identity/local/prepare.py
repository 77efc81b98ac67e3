"""Tables, cache table and demo people, in one process: starting Django takes longer than the work itself.

Run by runner.py with the address of the demo provider; the last line on standard output says, as JSON, who can sign in.
"""

import os
import sys

import django
from django.core.management import call_command


def main(provider: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("createcachetable")
    call_command("seed_demo", "--json", "--provider", provider)


if __name__ == "__main__":
    main(*sys.argv[1:])
