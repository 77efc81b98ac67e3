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


@pytest.mark.parametrize("name", ALL)
def test_a_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_inline(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_host(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text)


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_posts_proves_its_origin(name: str) -> None:
    for form in re.findall(r"<form.*?</form>", (TEMPLATES / name).read_text(), re.DOTALL):
        # One that goes to somebody else's site takes no proof of ours along.
        if 'action="{{ outgoing.address }}"' in form:
            assert "csrf" not in form
            continue
        assert 'method="post"' not in form or "{% csrf_token %}" in form


@pytest.mark.parametrize("message", MAILS)
def test_a_mail_has_subject_text_and_html(message: str) -> None:
    names = {path.name for path in (TEMPLATES / "emails" / message).iterdir()}
    assert names == {"subject.txt", "body.txt", "body.html"}


@pytest.mark.parametrize(
    "sheet", sorted((settings.ROOT / "static" / "css").glob("*.css")), ids=lambda path: path.name
)
def test_a_style_sheet_asks_no_other_host(sheet: Path) -> None:
    assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", sheet.read_text())
