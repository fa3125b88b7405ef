"""Excerpts: the passage of a text where the found words are, highlighted. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from os.path import commonprefix

from markupsafe import Markup, escape

from feedsvc.search.stemming import find_words

# In characters.
LENGTH = 240
# Start and end of a word, and the word that was searched for.
_Span = tuple[int, int, str]
_space = re.compile(r"\s")


class FormMatcher:
    """Finds written forms in texts; each is given with the word that was searched for."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = forms
        # To look at each word of ten texts would take milliseconds. The forms of a word have
        # few beginnings.
        alike: dict[tuple[str, str], list[str]] = defaultdict(list)
        for form, searched in forms.items():
            alike[searched, form[:1]].append(form)
        self._beginning = re.compile("|".join(sorted(map(commonprefix, alike.values()))))

    def find(self, text: str) -> Iterator[_Span]:
        """Yield each form in a text."""
        if not self._forms:
            return
        for start, end, form in find_words(text, self._beginning):
            searched = self._forms.get(form)
            if searched is not None:
                yield start, end, searched


def highlight(text: str, matcher: FormMatcher) -> Markup:
    """Return a text as HTML with each found word in `<mark>`."""
    return _write(text, 0, len(text), list(matcher.find(text)))


def excerpt(texts: Sequence[str], matcher: FormMatcher) -> Markup:
    """Return the passage with the most found words, from the first text that has any.

    If none has, return the beginning of the first text. Lines follow each other in one.
    """
    lines = [each.replace("\n", " ") for each in texts]
    for text in lines:
        spans = list(matcher.find(text))
        if spans:
            return _passage(text, spans)
    return _passage(lines[0], [])


def _passage(text: str, spans: list[_Span]) -> Markup:
    first, last = _richest(spans)
    # As much before as after it, as far as there is text.
    start = max(0, min(first - max(0, LENGTH - (last - first)) // 2, len(text) - LENGTH))
    end = min(len(text), start + LENGTH)
    if start > 0:
        space = _space.search(text, start - 1, first)
        start = space.end() if space else start
    if end < len(text):
        space_at = text.rfind(" ", max(start, last), end + 1)
        end = space_at if space_at > 0 else end
    inside = [span for span in spans if start <= span[0] and span[1] <= end]
    before = "… " if start > 0 else ""
    after = " …" if end < len(text) else ""
    return escape(before) + _write(text, start, end, inside) + after


def _richest(spans: list[_Span]) -> tuple[int, int]:
    """Return start and end of the passage with the most different words, then the most words."""
    best, richest = (0, 0), (0, 0)
    within: Counter[str] = Counter()
    left = 0
    for start, end, searched in spans:
        within[searched] += 1
        while end - spans[left][0] > LENGTH and spans[left][0] < start:
            within[spans[left][2]] -= 1
            left += 1
        worth = (sum(1 for count in within.values() if count), within.total())
        if worth > best:
            best, richest = worth, (spans[left][0], end)
    return richest


def _write(text: str, start: int, end: int, spans: list[_Span]) -> Markup:
    parts: list[str] = []
    for first, last, _ in spans:
        parts += (escape(text[start:first]), "<mark>", escape(text[first:last]), "</mark>")
        start = last
    parts.append(escape(text[start:end]))
    return Markup("".join(parts))  # noqa: S704 - each text is escaped
