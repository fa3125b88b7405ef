"""Words: where they stand in a text, and what is left of them without their endings.

Two words are the same to a search when their stems are. Both the index and the
queries are made of stems, so whatever is unsure here is unsure alike in both.
"""

import re
import sys
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# Letters and digits; accents that stand by themselves and soft hyphens do not end a word.
word = re.compile(r"[^\W_](?:[^\W_]|[\u00ad\u0300-\u036f])*")
_within = re.compile(r"[\u00ad\u0300-\u036f]")
_cyrillic = re.compile(r"[а-я]+")
_latin = re.compile(r"[a-z]+")
# Neither ASCII, but for the underscore, nor Cyrillic or the signs between its words.
_unusual = re.compile(r"[^\x00-\x5e\x60-\x7f\u0400-\u04ff«»№\u2010-\u2027]")
# No language has longer ones; a megabyte of letters is no word.
LONGEST = 64
# To find a stem takes 25 us. So many take 5 MB, and are nine tenths of what is said.
REMEMBERED = 16_384
# The stemmers keep the word in hand in themselves.
_stemming = threading.Lock()


def stems(text: str) -> list[str]:
    """Give the stems of all words of a text, in their order."""
    return [_stem(found[:LONGEST]) for found in word.findall(text)]


def stem(written: str) -> str:
    """Give the stem of a word: of small letters and digits, and never empty."""
    return _stem(written[:LONGEST])


def normal(written: str) -> str:
    """Give a word in small letters, as it is without accents and soft hyphens."""
    small = unicodedata.normalize("NFC", written[:LONGEST]).casefold()
    # What does not compose with its letter is a stress mark.
    return _within.sub("", small)


def forget() -> None:
    """Give back the memory that the stems of so many words take."""
    _stem.cache_clear()


@lru_cache(REMEMBERED)
def _stem(written: str) -> str:
    small = normal(written).replace("ё", "е")
    for letters, stemmer in _stemmers():
        if letters.fullmatch(small):
            with _stemming:
                return str(stemmer.stemWord(small)) or small
    return small


class Wanted:
    """The stems that are looked for, and where they are in a text."""

    def __init__(self, looked_for: frozenset[str]) -> None:
        self._stems = looked_for
        # To stem all words of ten texts would take 60 ms, and to look at each still 4: but
        # a Russian word begins with its stem, and an English one with the letter of its.
        beginnings = (each[:1] if _latin.fullmatch(each) else each for each in looked_for)
        either = "|".join(sorted(beginnings)).replace("е", "[её]")
        self._beginning = re.compile(rf"(?<![^\W_])(?:{either})", re.IGNORECASE)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Give where each such word begins and ends, and its stem, in their order."""
        if not self._stems:
            return
        # With accents by themselves or other letters a word may begin otherwise than its stem.
        look = word if _unusual.search(text) else self._beginning
        for match in look.finditer(text):
            whole = word.match(text, match.start())
            assert whole is not None
            found = stem(whole[0])
            if found in self._stems:
                yield whole.start(), whole.end(), found


@lru_cache(1)
def _stemmers() -> tuple[tuple[re.Pattern[str], Any], ...]:
    # As a package snowballstemmer loads the stemmers of all languages: 3 MB in each
    # process, for the two that are wanted here 0.2 MB. So they get a package of our own.
    spec = find_spec("snowballstemmer")
    assert spec is not None
    package = ModuleType("_snowball")
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[package.__name__] = package
    russian = import_module("_snowball.russian_stemmer").RussianStemmer()
    english = import_module("_snowball.english_stemmer").EnglishStemmer()
    return (_cyrillic, russian), (_latin, english)
