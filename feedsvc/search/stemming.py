"""Words and stems: where the words of a text are, and what is left of each without its ending.

Two words are the same to a search if their stems are equal. Both the index and the queries
are made of stems, so an error of the stemmer is the same in both and cancels out.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

# Letters and digits. Combining accents and soft hyphens do not end a word.
word = re.compile(r"[^\W_](?:[^\W_]|[\u00ad\u0300-\u036f])*")
_within = re.compile(r"[\u00ad\u0300-\u036f]")
_cyrillic = re.compile(r"[а-я]+")
_latin = re.compile(r"[a-z]+")
# Neither ASCII, except the underscore, nor Cyrillic or the punctuation used with it.
_unusual = re.compile(r"[^\x00-\x5e\x60-\x7f\u0400-\u04ff«»№\u2010-\u2027]")
# A word, as `word` finds it, in a text in lower case that has nothing unusual.
_usual_word = re.compile(r"[0-9a-z\u0400-\u0481\u048a-\u04ff]+")
# In characters: no language has longer words, and a megabyte of letters is not one.
MAX_LENGTH = 64
# Of the stemmer: another may give other stems.
VERSION: str = Stemmer.version()
# Stems that are kept, the most recent ones: two thirds of what texts ask for, in 1 MB.
CACHE_SIZE = 4096


class _Stemmers(threading.local):
    """The stemmers of one thread: a stemmer must not be used by two at a time."""

    def __init__(self) -> None:
        # Without their own caches, which hold more than ours, in every thread.
        self.russian = Stemmer.Stemmer("russian", 0)
        self.english = Stemmer.Stemmer("english", 0)


_stemmers = _Stemmers()


def stems(text: str) -> list[str]:
    """Return the stems of all words of a text, in their order."""
    if _unusual.search(text):
        return [stem(found) for found in word.findall(text)]
    # The same, several times faster: normalization changes nothing else in such a text, and
    # no letter becomes two.
    small = text.casefold().replace("ё", "е")
    return [_stem(found[:MAX_LENGTH]) for found in _usual_word.findall(small)]


def stem(written: str) -> str:
    """Return the stem of a word: lower-case letters and digits, never empty."""
    return _stem(normal(written).replace("ё", "е"))


def normal(written: str) -> str:
    """Return a word in lower case, without stress marks and soft hyphens."""
    small = unicodedata.normalize("NFC", written[:MAX_LENGTH]).casefold()
    # An accent that does not compose with its letter is a stress mark. Some letters become two
    # or three, which are too long then.
    return _within.sub("", small)[:MAX_LENGTH]


@lru_cache(CACHE_SIZE)
def _stem(small: str) -> str:
    if _cyrillic.fullmatch(small):
        return _stemmers.russian.stemWord(small) or small
    if _latin.fullmatch(small):
        return _stemmers.english.stemWord(small) or small
    return small


class StemMatcher:
    """The stems of a query, and where words with these stems are in a text."""

    def __init__(self, stems: frozenset[str]) -> None:
        self._stems = stems
        # To stem all words of ten texts would take milliseconds; but a Russian word begins
        # with its stem, and an English one with the first letter of its stem.
        beginnings = (each[:1] if _latin.fullmatch(each) else each for each in stems)
        either = "|".join(sorted(beginnings)).replace("е", "[её]")
        self._beginning = re.compile(rf"(?<![^\W_])(?:{either})", re.IGNORECASE)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and stem of each such word, in their order."""
        if not self._stems:
            return
        # With combining accents or other letters a word may not begin with its stem.
        pattern = word if _unusual.search(text) else self._beginning
        for match in pattern.finditer(text):
            complete = word.match(text, match.start())
            assert complete is not None
            found = stem(complete[0])
            if found in self._stems:
                yield complete.start(), complete.end(), found
