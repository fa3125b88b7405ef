"""An entry's body as safe HTML: Markdown or paragraphs in, sanitized HTML out.

The bounds below refuse what would take the libraries behind it minutes.
"""

import re
import threading
from collections import Counter
from typing import Protocol

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown

from feedsvc.parsing.links import absolute, linked
from feedsvc.text import FORBIDDEN, SITE, clean

MAX_DEPTH = 100
# The sanitizer's time grows with the square of the escaped signs in one run of
# text: 100,000 cost 0.15 s, a million 9 s.
MAX_ESCAPES = 100_000
# Steps through open tags, summed up over all tags: what HTML opens again in every
# paragraph multiplies. A million elements cost about a second.
MAX_STEPS = 1_000_000

_TAGS = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption"
    " figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub"
    " sup table tbody td tfoot th thead time tr u ul var".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_ALIGNMENTS = {"left", "right", "center"}
_URL_ATTRIBUTES = {"href", "src", "cite"}
_reference = re.compile(r"&#(?:x0*([0-9a-f]+)|0*([0-9]+));?", re.IGNORECASE)
# HTML reads references to these bytes as Windows-1252, so they are signs, not controls.
_WINDOWS = frozenset(range(0x80, 0xA0)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D}
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
_aligned = re.compile(r'(<t[dh]) align="(left|right|center)"')
_heading = re.compile(r"(</?h)([1-6])(?=>)")
# As the sanitizer writes them.
_picture = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_attribute = re.compile(r' ([a-z]+)="([^"]*)"')
_contact = re.compile("(?:mailto|tel):")
# A line that opens more quotations and list items than any text needs.
_deep_line = re.compile(
    rf"^(?:[ \t]*(?:>|[-*+][ \t]|\d{{1,9}}[.)][ \t])){{{MAX_DEPTH + 1}}}", re.MULTILINE
)


def _github() -> ExtensionOptions:
    options = ExtensionOptions()
    options.autolink = True
    options.strikethrough = True
    options.table = True
    options.tagfilter = True
    options.tasklist = True
    return options


def _with_html() -> RenderOptions:
    options = RenderOptions()
    options.unsafe_ = True  # nh3 makes it safe
    return options


_GITHUB = _github()
_WITH_HTML = _with_html()


class TooDeep(ValueError):
    """The body nests so deeply, or escapes so much, that rendering it would crawl."""


class Beside(Protocol):
    """The files beside an entry, as its text may show or link them."""

    def address(self, written: str, *, is_picture: bool) -> str | None:
        """Give the path on this site of a file; None where it is none, '' where it is missing."""

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Give width and height of the pictures asked for, by path."""


def from_markdown(source: str, page: str, beside: Beside | None = None) -> str:
    """Render GitHub-flavoured Markdown to safe HTML.

    `page` is the path of the entry's page, against which relative addresses are
    resolved unless they are of a file `beside` the entry. Raises TooDeep.
    """
    if _deep_line.search(source):
        raise TooDeep
    html = render_markdown(source, extension_options=_GITHUB, render_options=_WITH_HTML)
    return _sanitize(_aligned.sub(r'\1 class="\2"', html), page, beside)


def from_paragraphs(paragraphs: list[str], page: str) -> str:
    """Render plain text to safe HTML: a line break stays one, addresses become links.

    `page` as for `from_markdown`. Raises TooDeep.
    """
    lines = "\n".join(
        "<p>" + "<br>\n".join(linked(line) for line in paragraph.split("\n")) + "</p>"
        for paragraph in paragraphs
    )
    return _sanitize(lines, page)


class _Sanitizer(threading.local):
    """One cleaner for all that a thread reads: to make one costs a third of its use."""

    def __init__(self) -> None:
        self._page = ""
        self._beside: Beside | None = None
        self._cleaner = nh3.Cleaner(
            tags=set(_TAGS),
            attributes=_ATTRIBUTES,
            attribute_filter=self._resolve,
            allowed_classes={"td": _ALIGNMENTS, "th": _ALIGNMENTS},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel=None,
        )

    def clean(self, html: str, page: str, beside: Beside | None) -> str:
        self._page, self._beside = page, beside
        cleaned: str = self._cleaner.clean(html)
        return cleaned

    def _resolve(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute not in _URL_ATTRIBUTES:
            return value
        own = self._beside and self._beside.address(value, is_picture=tag == "img")
        if own is not None:
            return SITE + own if own else None
        address = absolute(value, self._page)
        # A picture cannot be fetched from a mail address or a telephone.
        return None if tag == "img" and address and _contact.match(address) else address


_sanitizer = _Sanitizer()


def _sanitize(html: str, page: str, beside: Beside | None = None) -> str:
    _refuse_crawling(html)
    # In this order: what is removed must not join what stands around it.
    html = clean(html)
    if "&#" in html:
        html = _reference.sub(_keep_allowed, html)

    html = _sanitizer.clean(html, page, beside)
    if "<img" in html:
        sizes = beside.sizes() if beside else {}
        html = _picture.sub(lambda match: _finished(match, sizes), html)
    return _heading.sub(_Outline().level, html) if "<h" in html else html


def _finished(match: re.Match[str], sizes: dict[str, tuple[int, int]]) -> str:
    """Say what a picture that is missing would have shown, or how large another one is."""
    attributes: dict[str, str] = dict(_attribute.findall(match[1]))
    if "src" not in attributes:
        return attributes.get("alt", "")
    size = sizes.get(attributes["src"].removeprefix(SITE))
    if size is None or "width" in attributes or "height" in attributes:
        return match[0]
    return f'<img{match[1]} width="{size[0]}" height="{size[1]}">'


def _keep_allowed(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    number = int(digits, base) if len(digits) < 8 else 0
    if number in _WINDOWS or (number <= 0x10FFFF and not FORBIDDEN.match(chr(number))):
        return match[0]
    return "\ufffd"


class _Outline:
    """Puts headings below the title, the page's own h1, and leaves no level out (WCAG 1.3.1)."""

    def __init__(self) -> None:
        self._above: list[int] = []
        self._begun: list[int] = []

    def level(self, match: re.Match[str]) -> str:
        """Give a heading's tag with its level in the outline; an end tag that of its beginning."""
        if match[1] == "<h":
            written = int(match[2])
            while self._above and self._above[-1] >= written:
                self._above.pop()
            self._above.append(written)
            self._begun.append(min(len(self._above) + 1, 6))
            return f"<h{self._begun[-1]}"
        return f"</h{self._begun.pop()}"


def _refuse_crawling(html: str) -> None:
    if html.count("&") > MAX_ESCAPES:
        raise TooDeep
    if html.count("<") <= MAX_DEPTH:
        return
    opened: Counter[str] = Counter()
    steps = 0
    for tag in _tag.finditer(html):
        name = (tag["name"] or "p").lower()
        if name not in _FLAT:
            # An end tag ends only what has its name: a stray one must not hide a deep nest.
            opened[name] = max(opened[name] - 1, 0) if tag["end"] else opened[name] + 1
        depth = opened.total()
        steps += depth
        if depth > MAX_DEPTH or steps > MAX_STEPS:
            raise TooDeep
