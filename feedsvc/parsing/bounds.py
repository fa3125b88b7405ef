"""Bounds on an entry's body: refuse what would keep the libraries busy for minutes."""

import re
from collections import Counter

MAX_DEPTH = 100
# The sanitizer's time grows with the square of the escaped characters in one run of text:
# 100,000 cost 0.15 s, a million 9 s.
MAX_ESCAPES = 100_000
# The open tags at each tag, added up: HTML opens unclosed formatting again in every
# paragraph, which multiplies it. A million elements cost about a second.
MAX_OPEN = 1_000_000

# A comment, or a tag with all its attributes: either may hold what looks like a tag.
_tag = re.compile(
    r"<!--.*?-->|<(?P<end>/?)(?P<name>[a-z][^\s/>]*)(?:[^>\"']|\"[^\"]*\"|'[^']*')*",
    re.IGNORECASE | re.DOTALL,
)
# These do not nest: they have no content, or HTML closes them by itself.
_FLAT = frozenset(
    "area base br col embed hr img input link meta source track wbr"
    " p li dt dd tr td th thead tbody tfoot colgroup option".split()
)
# A line that opens more quotations and list items than any text needs.
_deep_line = re.compile(
    rf"^(?:[ \t]*(?:>|[-*+][ \t]|\d{{1,9}}[.)][ \t])){{{MAX_DEPTH + 1}}}", re.MULTILINE
)


class TooDeep(ValueError):
    """A body nests so deeply, or escapes so much, that rendering it would take minutes."""


def check_markdown(source: str) -> None:
    """Raise TooDeep if the source of a body nests too deeply to be rendered."""
    if _deep_line.search(source):
        raise TooDeep


def check_html(html: str) -> None:
    """Raise TooDeep if HTML nests too deeply, or escapes too much, to be sanitized."""
    if html.count("&") > MAX_ESCAPES:
        raise TooDeep
    if html.count("<") <= MAX_DEPTH:
        return
    opened: Counter[str] = Counter()
    total = 0
    for tag in _tag.finditer(html):
        name = (tag["name"] or "p").lower()
        if name not in _FLAT:
            # An end tag ends only what has its name: a stray one must not hide deep nesting.
            opened[name] = max(opened[name] - 1, 0) if tag["end"] else opened[name] + 1
        depth = opened.total()
        total += depth
        if depth > MAX_DEPTH or total > MAX_OPEN:
            raise TooDeep
