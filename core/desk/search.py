"""Ways to look up what is typed into a list's search, each by an index; None where the text cannot be such a thing."""

import ipaddress
import re
from collections.abc import Callable
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorExact
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Exact

Find = Callable[[str], Q | None]
WORDS = re.compile(r"\w+")


def public_id(column: str) -> Find:
    def find(text: str) -> Q | None:
        try:
            return Q(**{column: UUID(text)})
        except ValueError:
            return None

    return find


def beginning(column: str) -> Find:
    """Of a text that is kept in lower case."""
    return lambda text: Q(**{f"{column}__startswith": text.lower()})


def exactly(column: str) -> Find:
    return lambda text: Q(**{column: text})


def address(column: str) -> Find:
    """Of a client on the network."""

    def find(text: str) -> Q | None:
        try:
            return Q(**{column: str(ipaddress.ip_address(text))})
        except ValueError:
            return None

    return find


def domain(column: str) -> Find:
    """Typed as @example.org. The index is over domain_of(column)."""

    def find(text: str) -> Q | None:
        name = text.removeprefix("@").lower()
        return Q(Exact(domain_of(column), Value(name))) if text.startswith("@") and name else None

    return find


def domain_of(column: str) -> Func:
    return Func(F(column), Value("@"), Value(2), function="split_part", output_field=TextField())


def words_of(column: str) -> SearchVector:
    """Neither stemmed nor left out: names are no language."""
    return SearchVector(column, config="simple")


def words(column: str) -> Find:
    """Beginnings of words, in any order: "bro al" finds Alice Brown. The index is over words_of(column)."""

    def find(text: str) -> Q | None:
        found = WORDS.findall(text)
        if not found:
            return None
        asked = SearchQuery(" & ".join(f"'{word}':*" for word in found), search_type="raw", config="simple")
        return Q(SearchVectorExact(words_of(column), asked))

    return find


def either(*finds: Find) -> Find:
    """All of them at once; only where they look into the same table does an index serve them."""

    def find(text: str) -> Q | None:
        ways = [way for way in (each(text) for each in finds) if way is not None]
        condition = Q(pk__in=[]) if not ways else ways[0]
        for way in ways[1:]:
            condition |= way
        return condition

    return find
