"""Queries: what somebody looks for, whatever was typed.

Words are wanted all; what stands in quotation marks is wanted in that order, one
right after the other. All else only separates. So no input can be wrong.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from feedsvc.search import stemming
from feedsvc.search.stemming import StemMatcher

# The rest is passed over, and whoever asks is told.
MAX_LENGTH = 200
MAX_WORDS = 16
_part = re.compile(rf'"[^"]*"|«[^»]*»|“[^”]*”|„[^“]*“|{stemming.word.pattern}')


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, where and when.

    `parts` are the stems of words and phrases, all wanted; `text` is what was typed
    in its one right spelling, `is_cut` says that there was more. `category` is a slug,
    '' for any; published at `since` or later, and before `until`, where they are given.
    """

    parts: tuple[tuple[str, ...], ...]
    text: str = ""
    is_cut: bool = False
    category: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def matcher(self) -> StemMatcher:
        """Give the stems of all words of the query."""
        return StemMatcher(frozenset(each for part in self.parts for each in part))


def parse(typed: str) -> Query:
    """Read what somebody typed."""
    spelled: list[str] = []
    parts: list[tuple[str, ...]] = []
    left = MAX_WORDS
    is_cut = len(typed) > MAX_LENGTH
    for match in _part.finditer(typed[:MAX_LENGTH]):
        said = stemming.word.findall(match[0])
        is_cut = is_cut or len(said) > left
        said = said[:left]
        part = tuple(map(stemming.stem, said))
        text = " ".join(map(stemming.normal, said))
        text = f'"{text}"' if len(said) > 1 else text
        if part and part not in parts:
            if len(" ".join((*spelled, text))) > MAX_LENGTH:
                is_cut = True  # some small letters are longer than great ones
                break
            parts.append(part)
            spelled.append(text)
            left -= len(part)
    return Query(tuple(parts), " ".join(spelled), is_cut)
