"""Queries: what somebody typed, as words and phrases.

All words must be in an entry; those in quotation marks must follow each other in that order.
Everything else only separates, so no input is invalid.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from feedsvc.search import stemming
from feedsvc.search.vocabulary import term

# In characters, and in words. The rest is ignored, and the page says so.
MAX_LENGTH = 200
MAX_WORDS = 16
_part = re.compile(rf'"[^"]*"|«[^»]*»|“[^”]*”|„[^“]*“|{stemming.word.pattern}')


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for, where and when.

    `parts` are the words and phrases, all of which must match in some form; `text` is what was
    typed in its canonical spelling, `is_cut` whether there was more. `category` is a slug, ''
    for any; published at `since` or later, and before `until`, unless these are None.
    """

    parts: tuple[tuple[str, ...], ...]
    text: str = ""
    is_cut: bool = False
    category: str = ""
    since: datetime | None = None
    until: datetime | None = None


def parse(typed: str) -> Query:
    """Return the query that somebody typed."""
    spelled: list[str] = []
    parts: list[tuple[str, ...]] = []
    known: set[tuple[str, ...]] = set()
    left = MAX_WORDS
    is_cut = len(typed) > MAX_LENGTH
    for match in _part.finditer(typed[:MAX_LENGTH]):
        words = stemming.word.findall(match[0])
        is_cut = is_cut or len(words) > left
        words = words[:left]
        part = tuple(map(stemming.plain_form, words))
        terms = tuple(map(term, part))
        text = " ".join(map(stemming.normal, words))
        text = f'"{text}"' if len(words) > 1 else text
        if part and terms not in known:
            if len(" ".join((*spelled, text))) > MAX_LENGTH:
                is_cut = True  # some lower-case letters are longer than their capitals
                break
            known.add(terms)
            parts.append(part)
            spelled.append(text)
            left -= len(part)
    return Query(tuple(parts), " ".join(spelled), is_cut)
