"""Every mail the site can send, as its reader will see it."""

import re
from copy import deepcopy
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from core.outbox import samples

MAILS = [(name, language) for name in samples.names() for language, _title in settings.LANGUAGES]
MISSING = "MISSING:%s"


@pytest.fixture
def strict(settings: Any) -> None:
    """A variable that a template wants and nobody gives shows up instead of being left out."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = MISSING
    settings.TEMPLATES = templates


def test_it_is_complete(strict: None) -> None:
    assert MAILS
    for name, language in MAILS:
        mail = samples.filled(name, language)
        assert mail, (name, language)
        assert all(mail.values()), (name, language)
        assert "MISSING" not in "".join(mail.values()), (name, language)
        assert len(mail["subject"]) < 78, (name, language)


def test_text_and_html_say_the_same() -> None:
    for name, language in MAILS:
        mail = samples.filled(name, language)
        assert mail, (name, language)
        for needed in (samples.EXAMPLE["link"], samples.EXAMPLE["code"]):
            assert (needed in mail["text"]) == (needed in mail["html"]), (name, language)


def test_it_loads_nothing_from_anywhere() -> None:
    for name, language in MAILS:
        mail = samples.filled(name, language)
        assert mail, (name, language)
        assert not re.search(r"<(img|script|link|iframe)|url\(", mail["html"]), (name, language)
        assert f'<html lang="{language}">' in mail["html"], (name, language)


@pytest.mark.django_db
def test_developers_see_them_all(client: Client) -> None:
    page = client.get("/dev/mails/").text
    assert all(name in page for name in samples.names())
    for name, language in MAILS:
        assert client.get(f"/dev/mails/{name}/{language}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing/en", "verify_email/xx", "layouts/en"])
def test_what_is_no_mail_is_not_there(client: Client, path: str) -> None:
    assert client.get(f"/dev/mails/{path}").status_code == 404
