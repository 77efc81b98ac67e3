"""What people do to a word so that it no longer looks like one, undone. Attackers' programs do the same."""

import string
import unicodedata
from collections.abc import Iterator

DECORATION = string.digits + string.punctuation + " "
SEPARATORS = str.maketrans("", "", " -_.,")
# 1 is drawn for two letters, so there are two readings.
READINGS = [str.maketrans("01345789@$!|", f"o{one}eastbgas{one}{one}") for one in "il"]


def folded(text: str) -> str:
    """Small letters without accents, with letters where digits and signs stand for them; 1, l and i are one."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )
    return bare.casefold().translate(READINGS[0]).replace("l", "i")


def variations(password: str) -> set[str]:
    """The password, and the words it may have been made from by case, look-alikes, decoration or repetition."""
    small = password.casefold()
    plain = {small, small.translate(SEPARATORS), *_cores(small)}
    plain |= {_unit(text) for text in plain}
    return {password, *plain, *(text.translate(reading) for text in plain for reading in READINGS)} - {""}


def _cores(text: str) -> Iterator[str]:
    """Without what was put before and after it, as long as that is no longer than the word itself."""
    for core in (text.rstrip(DECORATION), text.lstrip(DECORATION), text.strip(DECORATION)):
        if 2 * len(core) >= len(text):
            yield core


def _unit(text: str) -> str:
    """abcabc is abc written twice."""
    return text[: (text + text).find(text, 1)]
