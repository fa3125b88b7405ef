"""Excerpts: where in a text the found words stand, with these marked. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

from feedsvc.search.stemming import StemMatcher

# In characters.
LENGTH = 240
_Found = tuple[int, int, str]
_space = re.compile(r"\s")


def marked(text: str, matcher: StemMatcher) -> Markup:
    """Write a text as HTML, each found word in it as `<mark>`."""
    return _write(text, 0, len(text), list(matcher.find(text)))


def excerpt(texts: Sequence[str], matcher: StemMatcher) -> Markup:
    """Write the passage that has the most of what is wanted, from the first text that has any.

    Where none has, it is the beginning of the first.
    """
    for each in texts:
        text = " ".join(each.split())
        found = list(matcher.find(text))
        if found:
            return _passage(text, found)
    return _passage(" ".join(texts[0].split()), [])


def _passage(text: str, found: list[_Found]) -> Markup:
    first, last = _richest(found)
    # As much before as after it, as far as there is.
    start = max(0, min(first - max(0, LENGTH - (last - first)) // 2, len(text) - LENGTH))
    end = min(len(text), start + LENGTH)
    if start > 0:
        space = _space.search(text, start - 1, first)
        start = space.end() if space else start
    if end < len(text):
        space_at = text.rfind(" ", max(start, last), end + 1)
        end = space_at if space_at > 0 else end
    inside = [each for each in found if start <= each[0] and each[1] <= end]
    before = "… " if start > 0 else ""
    after = " …" if end < len(text) else ""
    return escape(before) + _write(text, start, end, inside) + after


def _richest(found: list[_Found]) -> tuple[int, int]:
    """Give beginning and end of the span that has the most different words, and then the most."""
    best, span = (0, 0), (0, 0)
    within: Counter[str] = Counter()
    left = 0
    for start, end, stem in found:
        within[stem] += 1
        while end - found[left][0] > LENGTH and found[left][0] < start:
            within[found[left][2]] -= 1
            left += 1
        worth = (sum(1 for count in within.values() if count), within.total())
        if worth > best:
            best, span = worth, (found[left][0], end)
    return span


def _write(text: str, start: int, end: int, found: list[_Found]) -> Markup:
    html = Markup()
    for first, last, _ in found:
        html += escape(text[start:first]) + Markup("<mark>") + escape(text[first:last])
        html += Markup("</mark>")
        start = last
    return html + escape(text[start:end])
