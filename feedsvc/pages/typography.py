"""Typography of pages: what must not be broken at the end of a line. Pure.

A number keeps its sign («№ 142»), its ending («30-летия») and its range («12–24»). They are put
in an element that the style sheet keeps on one line. The characters stay as they were written,
so whatever is copied, found on the page or read by a program is just that; a no-break space or
a non-breaking hyphen would be another text. Feeds, ids and the search have no part in it.
"""

import re

from markupsafe import Markup, escape

_START, _END = '<span class="unbroken">', "</span>"
# Bounded, so that no text becomes wider than a phone.
_KEPT = (
    r"№[ \u00a0]?(?:[0-9]{1,9}(?![0-9])|<mark>[0-9]{1,9}</mark>)"
    r"|(?<![\w–-])[0-9]{1,4}(?:-[а-яё]{1,10}|–[0-9]{1,4})(?![\w–-])"
)
# Tags are matched first, so nothing in them changes. In safe HTML, "<" only ever begins one,
# and only what is in quotation marks may contain ">".
_in_html = re.compile(rf"""<[^>"]*(?:"[^"]*"[^>"]*)*>|({_KEPT})""")
_in_text = re.compile(_KEPT)
# Each begins with one character, which is found much faster than one of many.
_ending = re.compile(r"-(?<=[0-9]-)[а-яё]")
_range = re.compile(r"–(?<=[0-9]–)[0-9]")


def unbroken(text: str) -> Markup:
    """Return a text as HTML in which numbers are not broken from what belongs to them."""
    html = escape(text)
    return Markup(_in_text.sub(_keep_text, html)) if _has_any(text) else html  # noqa: S704


def unbroken_html(html: str) -> str:
    """Do the same to safe HTML."""
    return _in_html.sub(_keep, html) if _has_any(html) else html


def _has_any(text: str) -> bool:
    return "№" in text or bool(_ending.search(text) or _range.search(text))


def _keep_text(match: re.Match[str]) -> str:
    return f"{_START}{match[0]}{_END}"


def _keep(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"{_START}{match[1]}{_END}"
