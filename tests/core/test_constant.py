"""Parts of a page that are put together once a language."""

import re

from django.conf import settings
from django.template import Context, Template
from django.utils import translation

BLOCK = re.compile(r"{% constant %}(.*?){% endconstant %}", re.DOTALL)
# What differs from request to request; an unbound form does not.
OF_THE_REQUEST = re.compile(r"\b(request|user|messages|csrf_token|next|redirect_field|perms|errors)\b")
TEMPLATES = sorted((settings.ROOT / "templates").rglob("*.html"))


def test_it_is_rendered_once_a_language() -> None:
    page = Template("{% load constant %}{% constant %}{{ word }}{% endconstant %}")
    with translation.override("en"):
        assert page.render(Context({"word": "first"})) == "first"
        assert page.render(Context({"word": "second"})) == "first"
    with translation.override("de"):
        assert page.render(Context({"word": "third"})) == "third"


def test_nothing_of_the_request_is_in_one() -> None:
    blocks = [(path.name, block) for path in TEMPLATES for block in BLOCK.findall(path.read_text())]
    assert blocks
    assert [(name, block) for name, block in blocks if OF_THE_REQUEST.search(block)] == []
