"""The texts of the site in other languages: `make messages` brings locale/ up to date with the code and compiles it.

With Babel instead of GNU gettext, so that it runs wherever the project does. What is new or has changed is left empty
for a translator; a test fails until nothing is.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import templatize

from identity.local import screen
from identity.local.programs import ROOT

LOCALE = ROOT / "locale"
LANGUAGES = ["de"]
OURS = ["accounts", "audit", "core", "identity", "mfa", "oauth", "orgs", "sso", "tokens", "templates"]
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext", "npgettext")},
}
# Always the same, so that only texts make a difference.
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "identity.settings")
    django.setup()
    found = template()
    for language in LANGUAGES:
        catalog = updated(language, found)
        file_of(language, "po").parent.mkdir(parents=True, exist_ok=True)
        file_of(language, "po").write_bytes(as_po(catalog))
        file_of(language, "mo").write_bytes(as_mo(catalog))
        missing = [message for message in catalog if message.id and not translated(message.string)]
        screen.say(f"{language}: {len(catalog)} texts, {len(missing)} of them to be translated.")
    return 0


def template() -> Catalog:
    """Every text in the code and the templates."""
    catalog = Catalog(project="identity", creation_date=STAMP, revision_date=STAMP, charset="utf-8")
    for path in sources():
        content = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            content = as_code(content)
        for _line, messages, _comments, context in extract(
            "python", BytesIO(content.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            catalog.add(messages, locations=[(path.relative_to(ROOT).as_posix(), 1)], context=context)
    return catalog


def as_code(text: str) -> str:
    """A template with calls of gettext in place of its tags; without indents, which would mean something in code."""
    return "\n".join(line.strip() for line in templatize(text).splitlines())


def sources() -> Iterator[Path]:
    for folder in OURS:
        files = [path for pattern in ("*.py", "*.html", "*.txt") for path in (ROOT / folder).rglob(pattern)]
        yield from sorted(path for path in files if "migrations" not in path.parts)


def updated(language: str, found: Catalog) -> Catalog:
    path = file_of(language, "po")
    catalog = read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(language)
    catalog.project, catalog.version, catalog.fuzzy = "identity", "1", False
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    catalog.header_comment = "# Texts of the site. `make messages` keeps them in step with the code."
    catalog.update(found, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = STAMP
    return catalog


def as_po(catalog: Catalog) -> bytes:
    written = BytesIO()
    write_po(written, catalog, width=110, sort_by_file=True, include_lineno=False)
    return written.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    compiled = BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def file_of(language: str, suffix: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"django.{suffix}"


def translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


if __name__ == "__main__":
    sys.exit(main())
