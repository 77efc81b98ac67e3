"""The Celery app: `celery -A identity worker -Q mail,default` and `celery -A identity beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init

from identity.checks import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")

app = Celery("identity")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """A receiver is enough to keep Celery from replacing the log format of settings.py."""


@worker_init.connect
def refuse_unsafe_worker(**kwargs: Any) -> None:
    refuse_unsafe_start()
