"""Words and stems: where the words of a text are, and what is left of each without its ending.

Stems are for words that the dictionary lacks. Both the index and the queries are made of them,
so an error of the stemmer is the same in both and cancels out.
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
# Stems that are kept, the most recent ones.
CACHE_SIZE = 1024


class _Stemmers(threading.local):
    """The stemmers of one thread: a stemmer must not be used by two at a time."""

    def __init__(self) -> None:
        # Without their own caches, which hold more than ours, in every thread.
        self.russian = Stemmer.Stemmer("russian", 0)
        self.english = Stemmer.Stemmer("english", 0)


_stemmers = _Stemmers()


def words(text: str) -> list[str]:
    """Return the words of a text in their order, each as `plain_form` returns it."""
    if _unusual.search(text):
        return [plain_form(found) for found in word.findall(text)]
    # The same, several times faster: normalization changes nothing else in such a text, and
    # no letter becomes two.
    small = text.casefold().replace("ё", "е")
    return [found[:MAX_LENGTH] for found in _usual_word.findall(small)]


def find_words(
    text: str, beginning: re.Pattern[str] = _usual_word
) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and plain form of each word of a text, in their order.

    With `beginning`, a pattern of letters, yield at least those words that begin so.
    """
    if _unusual.search(text):
        for match in word.finditer(text):
            yield match.start(), match.end(), plain_form(match[0])
        return
    small = text.casefold().replace("ё", "е")
    for match in beginning.finditer(small):
        start = match.start()
        if start == 0 or not small[start - 1].isalnum():
            whole = _usual_word.match(small, start)
            assert whole is not None
            yield start, whole.end(), whole[0][:MAX_LENGTH]


def plain_form(written: str) -> str:
    """Return a word in lower case, without marks, with «е» for «ё»: never empty."""
    return normal(written).replace("ё", "е")


def normal(written: str) -> str:
    """Return a word in lower case, without stress marks and soft hyphens."""
    small = unicodedata.normalize("NFC", written[:MAX_LENGTH]).casefold()
    # An accent that does not compose with its letter is a stress mark. Some letters become two
    # or three, which are too long then.
    return _within.sub("", small)[:MAX_LENGTH]


def is_russian(form: str) -> bool:
    """Return whether a plain form has letters of Russian only."""
    return _cyrillic.fullmatch(form) is not None


def is_inflected(form: str) -> bool:
    """Return whether a plain form may have others: of a number, say, there are none."""
    return (_cyrillic.fullmatch(form) or _latin.fullmatch(form)) is not None


@lru_cache(CACHE_SIZE)
def stem(form: str) -> str:
    """Return the stem of a plain form: lower-case letters and digits, never empty."""
    if _cyrillic.fullmatch(form):
        return _stemmers.russian.stemWord(form) or form
    if _latin.fullmatch(form):
        return _stemmers.english.stemWord(form) or form
    return form
