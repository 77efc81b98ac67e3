"""Pages hold words; style and behaviour live in files of their own."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = settings.ROOT / "templates"
ALL = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))
PAGES = [name for name in ALL if name.endswith(".html") and not name.startswith("emails/")]
MAILS = sorted(path.name for path in (TEMPLATES / "emails").iterdir() if path.is_dir())


def test_a_template_compiles() -> None:
    assert ALL
    for name in ALL:
        # The error says where it is.
        get_template(name)


def pages_with(pattern: str) -> list[str]:
    assert PAGES
    return [name for name in PAGES if re.search(pattern, (TEMPLATES / name).read_text())]


def test_a_page_has_nothing_inline() -> None:
    assert pages_with(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:") == []


def test_a_page_asks_no_other_host() -> None:
    assert pages_with(r"""(?:src|href|action)=["'](?:https?:)?//""") == []


def test_every_form_that_posts_proves_its_origin() -> None:
    for name in PAGES:
        for form in re.findall(r"<form.*?</form>", (TEMPLATES / name).read_text(), re.DOTALL):
            # One that goes to somebody else's site takes no proof of ours along.
            if 'action="{{ outgoing.address }}"' in form:
                assert "csrf" not in form, name
                continue
            assert 'method="post"' not in form or "{% csrf_token %}" in form, name


def test_a_mail_has_subject_text_and_html() -> None:
    assert MAILS
    for message in MAILS:
        names = {path.name for path in (TEMPLATES / "emails" / message).iterdir()}
        assert names == {"subject.txt", "body.txt", "body.html"}, message


@pytest.mark.parametrize(
    "sheet", sorted((settings.ROOT / "static" / "css").glob("*.css")), ids=lambda path: path.name
)
def test_a_style_sheet_asks_no_other_host(sheet: Path) -> None:
    assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", sheet.read_text())
