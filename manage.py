#!/usr/bin/env python
"""Runs anything: `manage.py help` lists the commands."""

import os
import sys

from django.core.management import execute_from_command_line

from identity.env import SettingError
from identity.local import postgres


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    try:
        postgres.provide()
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"identity: {error}")


if __name__ == "__main__":
    main()
