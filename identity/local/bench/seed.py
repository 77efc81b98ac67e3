"""Runs inside the site, by `django shell`: tables, static files, and people who can sign in.

In one process, because starting Django takes longer than the work itself.
"""

from django.core.management import call_command
from django.db import transaction

from accounts.flows import provision
from identity.local.bench import people


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        for number in range(people.NUMBER):
            person = provision.create_person(email=people.address(number), password=people.PASSWORD)
    print(person.password)
