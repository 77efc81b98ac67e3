"""The site in other languages: every text is there, says the same, and is what readers get."""

import re
from collections import Counter
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

from identity.local import messages

# What stands in a text for something else, or shapes it: %(email)s, %d, {number}, %%n, <strong>.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%\w|%[sd]|\{[^{}]*\}|</?\w[^>]*>")
TRANSLATED = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# Glued to their neighbours by space, or ended alike: a translation that differs here looks wrong on the page.
EDGES = re.compile(r"^\s*|[:?…]?\s*$")


def catalog_of(language: str) -> Catalog:
    return read_po(BytesIO(messages.file_of(language, "po").read_bytes()), locale=language)


def texts(catalog: Catalog) -> dict[object, Message]:
    return {(*forms(message.id), spelled(message.context)): message for message in catalog if message.id}


def spelled(context: str | bytes | None) -> str | None:
    """Babel leaves it undecoded when it reads what was compiled."""
    return context.decode() if isinstance(context, bytes) else context


def forms(text: object) -> list[str]:
    """Of a plural all of them, of any other text the only one."""
    return [str(form) for form in text] if isinstance(text, tuple | list) else [str(text)]


def faults(message: Message) -> list[str]:
    """What a translation has too much or too little of, in each of its plural forms."""
    original, translations = forms(message.id), forms(message.string)
    # Of more forms than English has, the last ones stand for its plural.
    return [
        f"{form!r} for {source!r}"
        for number, form in enumerate(translations)
        for source in [original[min(number, len(original) - 1)]]
        if Counter(PLACEHOLDER.findall(form)) != Counter(PLACEHOLDER.findall(source))
        or EDGES.findall(form) != EDGES.findall(source)
    ]


def test_every_language_offered_is_translated_and_every_translation_offered() -> None:
    assert sorted(messages.LANGUAGES) == sorted(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_it_has_exactly_the_texts_of_the_site(language: str) -> None:
    assert texts(catalog_of(language)).keys() == texts(messages.template()).keys()


@pytest.mark.parametrize("language", TRANSLATED)
def test_none_is_left_to_translate_or_merely_guessed(language: str) -> None:
    catalog = catalog_of(language)
    waiting = [message.id for message in texts(catalog).values() if not messages.translated(message.string)]
    assert waiting == []
    assert [message.id for message in texts(catalog).values() if message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_plural_has_all_forms_of_its_language(language: str) -> None:
    catalog = catalog_of(language)
    plurals = [message for message in texts(catalog).values() if message.pluralizable]
    assert plurals
    assert {len(message.string) for message in plurals} == {catalog.num_plurals}


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_tags_and_endings_are_those_of_the_original(language: str) -> None:
    assert [fault for message in texts(catalog_of(language)).values() for fault in faults(message)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_readers_get_is_what_translators_wrote(language: str) -> None:
    compiled = texts(read_mo(BytesIO(messages.file_of(language, "mo").read_bytes())))
    written = texts(catalog_of(language))
    assert {key: forms(message.string) for key, message in compiled.items()} == {
        key: forms(message.string) for key, message in written.items()
    }


@pytest.mark.parametrize(
    ("original", "translation"),
    [
        ("%(email)s is removed.", "Entfernt."),
        ("%(email)s is removed.", "%(mail)s ist entfernt."),
        ("Is <strong>it</strong> yours?", "Ist es Ihres?"),
        ("Is <strong>it</strong> yours?", "Ist <strong>es<strong> Ihres?"),
        ("event {number} is missing", "Ereignis {nummer} fehlt"),
        ("Still %%n to go.", "Noch %n."),
        (" or ", "oder"),
        ("Please confirm:", "Bitte bestätigen"),
        (("%d minute", "%d minutes"), ("%d Minute", "Minuten")),
    ],
)
def test_a_translation_that_lost_something_is_found(original: object, translation: object) -> None:
    assert len(faults(Message(original, translation))) == 1  # type: ignore[arg-type]
