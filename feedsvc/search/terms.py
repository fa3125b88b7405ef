"""Terms: the text by which an entry is found in the index, and the FTS5 queries for it.

An entry is one text: the stems of its title, of its summary and of its whole body. Each stem
of the first two is in it once more with a prefix, so that a search of titles need not read
bodies. The fields are separated, so that no phrase extends from one into the next.
"""

from collections.abc import Iterable

from feedsvc.model import Entry
from feedsvc.search.query import Query
from feedsvc.search.stemming import stems

# Tokens, to FTS5, are what has no other characters than letters, digits and these (see
# `tokenchars` in the index); a stem consists of letters and digits alone.
TITLE, SUMMARY, CATEGORY = "=", "+", "#"
_GAP = " . "


def index_text(entry: Entry, text: str) -> str:
    """Return everything an entry is found by; `text` is its plain text."""
    title, summary, body = stems(entry.title), stems(entry.summary), stems(text)
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


def match(query: Query, prefix: str) -> str:
    """Return a query in FTS5's language (SQLite, FTS5, 3).

    `prefix` is TITLE to search titles, SUMMARY for titles and summaries, "" for everything.
    It consists of quoted stems only, so no input makes it invalid.
    """
    phrases = [_prefixed(prefix, part) for part in query.parts]
    if query.category:
        phrases.append(CATEGORY + query.category)
    return " AND ".join(f'"{phrase}"' for phrase in phrases)


def _prefixed(prefix: str, terms: Iterable[str]) -> str:
    return " ".join(prefix + term for term in terms)
