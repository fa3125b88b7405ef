"""An entry's body as safe HTML: Markdown or paragraphs in, sanitized HTML out."""

import re
import threading
from collections.abc import Iterable
from typing import Protocol

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown

from feedsvc.parsing.anchors import named
from feedsvc.parsing.bounds import (
    MAX_ADDRESSES,
    Excess,
    check_html,
    check_length,
    check_markdown,
)
from feedsvc.parsing.embeds import without_embeds
from feedsvc.parsing.links import absolute
from feedsvc.text import FORBIDDEN, SITE, clean

TAGS = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em"
    " figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span"
    " strong sub summary sup table tbody td tfoot th thead time tr u ul var".split()
)
ATTRIBUTES = {
    "*": {"id"},
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
ALIGNMENTS = {"left", "right", "center"}
_URL_ATTRIBUTES = {"href", "src", "cite"}
_reference = re.compile(r"&#(?:x0*([0-9a-f]+)|0*([0-9]+));?", re.IGNORECASE)
# HTML reads references to these bytes as Windows-1252, so they are characters, not controls.
_WINDOWS = frozenset(range(0x80, 0xA0)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D}
_aligned = re.compile(r'(<t[dh]) align="(left|right|center)"')
_heading = re.compile(r"(</?h)([1-6])(?=[ >])")
# Pictures as nh3 writes them.
_picture = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_attribute = re.compile(r' ([a-z]+)="([^"]*)"')
_contact = re.compile("(?:mailto|tel):")


def _github() -> ExtensionOptions:
    options = ExtensionOptions()
    options.autolink = True
    options.description_lists = True
    options.footnotes = True
    options.strikethrough = True
    options.table = True
    options.tasklist = True
    return options


def _with_html() -> RenderOptions:
    options = RenderOptions()
    options.unsafe_ = True  # nh3 makes it safe
    return options


_GITHUB = _github()
_WITH_HTML = _with_html()


class LinkedFiles(Protocol):
    """The files that a text shows or links."""

    def address(self, written: str, *, is_picture: bool) -> str | None:
        """Return the path on this site of a file.

        None if the address is not one of an entry's file; "" if it cannot be published.
        """

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return width and height in pixels of the pictures found so far, by their paths."""


def from_markdown(
    source: str, page: str, files: LinkedFiles | None = None, language: str = "en"
) -> str:
    """Render GitHub-flavoured Markdown to safe HTML.

    `page` is the path of the entry's page, against which relative addresses are resolved,
    except those of `files`. `language` is that of links to what was embedded. Raises Excess.
    """
    check_markdown(source)
    html = render_markdown(source, extension_options=_GITHUB, render_options=_WITH_HTML)
    check_html(html)
    if "<" in source:
        html = without_embeds(html, language)
    if "<" in source or "|" in source:
        html = _aligned.sub(r'\1 class="\2"', html)
    return _sanitize(html, page, files)


def from_html(html: str, page: str, files: LinkedFiles | None = None, language: str = "en") -> str:
    """Make HTML safe; the arguments are those of `from_markdown`. Raises Excess."""
    check_html(html)
    return _sanitize(without_embeds(html, language), page, files)


def from_blocks(blocks: Iterable[str], page: str) -> str:
    """Make safe HTML of the blocks of a text (`press_blocks`), which have no markup but ours.

    `page` as for `from_markdown`. Raises Excess.
    """
    html = "\n".join(blocks)
    check_html(html)
    return _sanitize(html, page)


class _Sanitizer(threading.local):
    """A thread's one cleaner: making it takes a third as long as using it once."""

    def __init__(self) -> None:
        self._page = ""
        self._addresses = 0
        self._files: LinkedFiles | None = None
        # The ids that no element has yet.
        self._anchors: set[str] = set()
        self._cleaner = nh3.Cleaner(
            tags=set(TAGS),
            attributes=ATTRIBUTES,
            attribute_filter=self._resolve,
            allowed_classes={"td": ALIGNMENTS, "th": ALIGNMENTS},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel=None,
        )

    def clean(self, html: str, page: str, files: LinkedFiles | None, anchors: set[str]) -> str:
        self._page, self._files, self._anchors = page, files, anchors
        self._addresses = 0
        cleaned: str = self._cleaner.clean(html)
        if self._addresses > MAX_ADDRESSES:
            raise Excess("too-many-parts")
        return cleaned

    def _resolve(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            if value not in self._anchors:
                return None
            self._anchors.remove(value)
        if attribute not in _URL_ATTRIBUTES:
            return value
        self._addresses += 1
        if self._addresses > MAX_ADDRESSES:
            return None  # an exception would not leave nh3
        path = self._files and self._files.address(value, is_picture=tag == "img")
        if path is not None:
            return SITE + path if path else None
        address = absolute(value, self._page)
        # A picture cannot be fetched from a mail address or a telephone number.
        return None if tag == "img" and address and _contact.match(address) else address


_sanitizer = _Sanitizer()


def _sanitize(html: str, page: str, files: LinkedFiles | None = None) -> str:
    html, anchors = named(html)
    # In this order: removing a character must not form a reference from what surrounds it.
    html = clean(html)
    if "&#" in html:
        html = _reference.sub(_allowed_or_replaced, html)
    html = _sanitizer.clean(html, page, files, anchors)
    if "<img" in html:
        sizes = files.sizes() if files else {}
        html = _picture.sub(lambda match: _complete_picture(match, sizes), html)
    check_length(html)
    return _heading.sub(_Outline().level, html) if "<h" in html else html


def _complete_picture(match: re.Match[str], sizes: dict[str, tuple[int, int]]) -> str:
    """Return a picture's tag with its size if that is known; if it has no source, its text."""
    attributes: dict[str, str] = dict(_attribute.findall(match[1]))
    if "src" not in attributes:
        return attributes.get("alt", "")
    size = sizes.get(attributes["src"].removeprefix(SITE))
    if size is None or "width" in attributes or "height" in attributes:
        return match[0]
    return f'<img{match[1]} width="{size[0]}" height="{size[1]}">'


def _allowed_or_replaced(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    number = int(digits, base) if len(digits) < 8 else 0
    if number in _WINDOWS or (number <= 0x10FFFF and not FORBIDDEN.match(chr(number))):
        return match[0]
    return "\ufffd"


class _Outline:
    """Puts headings below the title, the page's own h1, without gaps in level (WCAG 1.3.1)."""

    def __init__(self) -> None:
        self._above: list[int] = []
        self._open: list[int] = []

    def level(self, match: re.Match[str]) -> str:
        """Return a heading's start tag with its level in the outline, or the matching end tag."""
        if match[1] == "<h":
            written = int(match[2])
            while self._above and self._above[-1] >= written:
                self._above.pop()
            self._above.append(written)
            self._open.append(min(len(self._above) + 1, 6))
            return f"<h{self._open[-1]}"
        return f"</h{self._open.pop()}"
