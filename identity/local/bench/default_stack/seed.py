"""Runs inside the default stack, by `django shell`: tables, and the same people as in ours."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command

from identity.local.bench import people


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    password = make_password(people.PASSWORD)
    for number in range(people.NUMBER):
        address = people.address(number)
        person = User.objects.create(username=f"person{number}", email=address, password=password)
        EmailAddress.objects.create(user=person, email=address, verified=True, primary=True)
