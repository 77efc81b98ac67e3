import pytest

from identity.celery import app
from identity.settings import CELERY_BEAT_SCHEDULE


@pytest.mark.parametrize("entry", CELERY_BEAT_SCHEDULE.values(), ids=CELERY_BEAT_SCHEDULE)
def test_every_periodic_task_exists(entry: dict[str, object]) -> None:
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks


def test_mail_has_a_queue_of_its_own() -> None:
    assert app.amqp.router.route({}, "core.tasks.deliver_mail")["queue"].name == "mail"
    assert app.conf.task_default_queue == "default"


def test_nothing_is_unpickled() -> None:
    assert app.conf.accept_content in (["json"], {"json"}, ("json",))
    assert app.conf.task_serializer == "json"
