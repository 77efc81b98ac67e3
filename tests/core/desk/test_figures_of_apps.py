"""The figures that the apps bring, each from what is in the tables."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from core.desk import figures
from core.models import OutboxMessage
from core.outbox import figures as mails
from mfa import figures as factors
from orgs.models import Organization
from sso import figures as certificates
from sso.models import Connection, IdpCertificate
from tests.conftest import give_app, make_staff

pytestmark = pytest.mark.django_db


def test_every_app_brings_its_own(admin: User, django_assert_max_num_queries: Any) -> None:
    cache.clear()
    with django_assert_max_num_queries(20):
        shown = figures.figures_for(admin)
    names = ["sign-ins", "refusals", "locks", "sign-ups", "factors", "mails", "certificates"]
    assert [figure.name for figure in shown] == names
    assert None not in [figure.drawing for figure in shown]


def test_people_with_a_second_step_are_counted_once(alice: User, bob: User, charlie: User) -> None:
    make_staff(bob)
    give_app(bob)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert factors.count() == [1, 2, 1, 1]


def test_mails_that_wait_and_that_failed_are_counted() -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    for state in ("sent", "failed", "deferred", "deferred"):
        texts = dict.fromkeys(["subject", "text", "html"], "x")
        OutboxMessage.objects.create(state=state, created_at=hour_ago, **texts)  # type: ignore[arg-type]
    lines = {line.label: line for line in mails.draw(mails.count())}
    assert lines["failed"].is_bad
    assert lines["waiting for another attempt"].value == "2"
    assert lines["The oldest has waited for"].is_bad


def test_certificates_that_end_soon_are_named() -> None:
    now = timezone.now()
    organization = Organization.objects.create(slug="acme", name="Acme")
    for name, days in {"soon": [-400, 3], "renewed": [3, 400], "later": [90]}.items():
        made = Connection.across_organizations.create(organization=organization, slug=name, name=name)
        for day in days:
            IdpCertificate.objects.create(
                connection=made, pem="", fingerprint=f"{name}{day}", not_after=now + timedelta(days=day)
            )
    (line,) = certificates.draw(certificates.count())
    assert line.label == "soon"
    assert line.is_bad
