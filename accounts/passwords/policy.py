"""What a new password must not be. Django's validator interface, so pages, commands and interfaces share one policy.

Each refusal says what to do instead. Rules that need to know whose password it is get `user`, which may be a person
who does not exist yet. Former passwords are another matter: accounts.passwords.history says why.
"""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.passwords import breach_lookup, breached
from accounts.passwords.spelling import folded

# Shorter words turn up in innocent phrases.
SHORTEST_WORD = 4
CLASSES = [str.islower, str.isupper, str.isdigit]


class MaximumLengthValidator:
    """A limit far beyond any passphrase: hashing must not be a way to keep the site busy."""

    def __init__(self, max_length: int = 256) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return ngettext(
            "Your password can have %(limit)d character at most.",
            "Your password can have %(limit)d characters at most.",
            self.max_length,
        ) % {"limit": self.max_length}


class ContextWordsValidator:
    """No word that is in front of everybody: the site's name and domain, the person's own name and address."""

    def validate(self, password: str, user: Any = None) -> None:
        text = folded(password)
        for word in sorted({*_words_of_site(), *_words_of(user)}):
            if folded(word) in text:
                raise ValidationError(
                    _("Leave out “%(word)s”: others would try that first."),
                    code="password_context_word",
                    params={"word": word},
                )

    def get_help_text(self) -> str:
        return _("Your password cannot contain the name of this site, your own name or your address.")


class OwnDetailsValidator(UserAttributeSimilarityValidator):
    """Django's, in a sentence that can be said in other languages: it does not put the field's name into it."""

    def get_error_message(self) -> str:
        return _("This password is too similar to your name or your address.")


class BreachedPasswordValidator:
    """Known from breaches: asked of the file that comes with the site, and of a service only where one is set."""

    def validate(self, password: str, user: Any = None) -> None:
        if breached.current().knows(password) or breach_lookup.has_seen(password):
            raise ValidationError(
                _(
                    "This password is too common: attackers try it, or one like it, first. Put words together that "
                    "nobody else would."
                ),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("Your password cannot be one that is known from breaches, nor a variation of it.")


class CharacterClassesValidator:
    """Off by default: such rules make passwords worse. For those whose own rules demand them."""

    def validate(self, password: str, user: Any = None) -> None:
        wanted = settings.PASSWORD_CHARACTER_CLASSES
        others = any(not character.isalnum() for character in password)
        found = others + sum(any(map(belongs, password)) for belongs in CLASSES)
        if found < wanted:
            raise ValidationError(
                ngettext(
                    "Use at least %(count)d kind of characters: small letters, capitals, digits, others.",
                    "Use at least %(count)d kinds of characters: small letters, capitals, digits, others.",
                    wanted,
                ),
                code="password_character_classes",
                params={"count": wanted},
            )

    def get_help_text(self) -> str:
        return ""


def _words_of_site() -> set[str]:
    # The last label of a domain, such as org, says nothing.
    labels = settings.BASE_HOST.split(".")[:-1] or [settings.BASE_HOST]
    return _long_enough(
        *settings.PASSWORD_CONTEXT_WORDS, *_words(settings.SITE_NAME), *_words(" ".join(labels))
    )


def _words_of(user: Any) -> set[str]:
    if user is None:
        return set()
    address, _at, domain = user.email.partition("@")
    return _long_enough(*_words(user.name), *_words(address), *_words(" ".join(domain.split(".")[:-1])))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _long_enough(*words: str) -> set[str]:
    return {word.casefold() for word in words if len(word) >= SHORTEST_WORD}
