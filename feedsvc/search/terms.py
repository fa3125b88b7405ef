"""Terms: the text by which an entry is found in the index, and the FTS5 queries for it.

An entry is one text: the terms of its title, of its summary and of its whole body. Each term
of the first two is in it once more with a prefix, so that a search of titles need not read
bodies. The fields are separated, so that no phrase extends from one into the next.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise, product
from math import prod

from feedsvc.model import Entry
from feedsvc.search.query import Query

# The most spellings of a phrase that are looked for one by one.
MAX_SPELLINGS = 64
# Tokens, to FTS5, are what has no other characters than letters, digits and these (see
# `tokenchars` in the index); a term consists of letters, digits and hyphens.
TITLE, SUMMARY, CATEGORY = "=", "+", "#"
_GAP = " . "


def index_text(entry: Entry, text: str, terms: Callable[[str], list[str]]) -> str:
    """Return everything an entry is found by.

    `text` is its plain text, `terms` returns the terms of the words of a text.
    """
    title, summary, body = terms(entry.title), terms(entry.summary), terms(text)
    # Most summaries are the beginning of the body.
    more = [] if body[: len(summary)] == summary else [summary]
    return _GAP.join(
        (
            _prefixed(TITLE, title),
            _prefixed(SUMMARY, title),
            _prefixed(SUMMARY, summary),
            *map(" ".join, (title, *more, body)),
            _prefixed(CATEGORY, [category.slug for category in entry.categories]),
        )
    )


def match(query: Query, terms: Mapping[str, tuple[str, ...]], prefix: str) -> str | None:
    """Return a query in FTS5's language (SQLite, FTS5, 3); None if nothing can match it.

    `terms` are those of each word. `prefix` is TITLE to search titles, SUMMARY for titles and
    summaries, "" for everything. It consists of quoted terms only, so no input makes it invalid.
    """
    if not all(terms[word] for part in query.parts for word in part):
        return None
    parts = [
        " OR ".join(f'"{_prefixed(prefix, spelling)}"' for spelling in spellings)
        for part in query.parts
        for spellings in _spellings([terms[word] for word in part])
    ]
    if query.category:
        parts.append(f'"{CATEGORY}{query.category}"')
    return " AND ".join(f"({part})" for part in parts)


def _spellings(words: list[tuple[str, ...]]) -> Iterable[Iterable[Iterable[str]]]:
    """Return the spellings of a phrase in terms; each of the outer ones must match.

    If there are too many, look for each two neighbours: the same but for a text where these
    stand in different places.
    """
    if prod(map(len, words)) <= MAX_SPELLINGS:
        return [product(*words)]
    return [product(*pair) for pair in pairwise(words)]


def _prefixed(prefix: str, terms: Iterable[str]) -> str:
    return " ".join(prefix + term for term in terms)
