"""Names that people choose, where they stand in mail that strangers get."""

import re

from accounts.models import User

LINK_LIKE = re.compile(r"://|www\.|[<>]|\.\w{2,}/|\b(?:mailto|tel|sms):", re.IGNORECASE)
# Mail programs make links of these as well: a word, a dot, and letters right after it. "St. Gallen e.V." has none.
BARE_DOMAIN = re.compile(r"\w[.\u3002\uff0e\uff61][^\W\d_]{2,}")
LONGEST = 60


def is_plain(name: str) -> bool:
    """Whether it can carry no message of its own: no link, no second line, nothing that turns the reading order."""
    return not LINK_LIKE.search(name) and name.isprintable()


def is_for_strangers(name: str) -> bool:
    """Whether it may stand in mail to people who never asked for it."""
    return is_plain(name) and not BARE_DOMAIN.search(name)


def for_strangers(name: str, otherwise: str) -> str:
    return name if name and len(name) <= LONGEST and is_for_strangers(name) else otherwise


def of_person(user: User) -> str:
    """For mail to anybody but themselves."""
    return for_strangers(user.name, user.email)
