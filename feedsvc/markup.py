"""An entry's body: safe HTML, plain text, summary.

Addresses that lead to this site are kept behind the mark `SITE` and get
their beginning when a document is rendered: `https://host` in feeds, nothing in
pages. So a move to another host re-reads no file, and renderers need no parser.
"""

import math
import re
import threading
from collections import Counter
from html import escape
from typing import Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit

import nh3
from comrak import ExtensionOptions, RenderOptions, render_markdown
from linkify_it import LinkifyIt
from lxml import etree
from werkzeug.urls import iri_to_uri

# A Unicode noncharacter: `clean` removes it from everything people write, so
# that wherever it stands in an entry's HTML, we put it there.
SITE = "\ufdd0"

MAX_DEPTH = 100
# The sanitizer's time grows with the square of the escaped signs in one run of
# text: 100,000 cost 0.15 s, a million 9 s.
MAX_ESCAPES = 100_000
# Steps through open tags, summed up over all tags: what HTML opens again in every
# paragraph multiplies. A million elements cost about a second.
MAX_STEPS = 1_000_000
SUMMARY_LENGTH = 300

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
_BLOCKS = frozenset(
    "blockquote br caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table"
    " td th tr ul".split()
)
# XML 1.0 section 2.2 forbids the C0 controls, lone surrogates, U+FFFE and U+FFFF;
# HTML forbids the C1 controls and every noncharacter as well.
_FORBIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_forbidden = re.compile(_FORBIDDEN)
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
_host = re.compile(r"[\w.-]+(?::\d+)?")
_sentence_end = re.compile(r"[.!?…][»\")]*(?=\s)")
# A line that opens more quotations and list items than any text needs.
_deep_line = re.compile(
    rf"^(?:[ \t]*(?:>|[-*+][ \t]|\d{{1,9}}[.)][ \t])){{{MAX_DEPTH + 1}}}", re.MULTILINE
)
# Where there may be an address; the linkifier's own search costs 500 times as much.
_hint = re.compile(r"[@/]|\w\.\w")
_linkify = LinkifyIt()
_parser = etree.HTMLParser()


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


def clean(text: str) -> str:
    """Remove the characters that XML 1.0 (section 2.2) or HTML forbids."""
    return text if _is_harmless(text) else _forbidden.sub("", text)


def first_forbidden_line(text: str) -> int:
    """Say in which line, from 1, the first forbidden character stands; 0 where there is none."""
    match = None if _is_harmless(text) else _forbidden.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else 0


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
        "<p>" + "<br>\n".join(_linked(line) for line in paragraph.split("\n")) + "</p>"
        for paragraph in paragraphs
    )
    return _sanitize(lines, page)


def media_path(entry_id: str, name: str) -> str:
    """Give the path at which a file of an entry is served."""
    return f"/media/{entry_id}/{quote(name, safe='')}"


def place(html: str, beginning: str) -> str:
    """Complete the addresses on this site: `https://host` for feeds, nothing for pages."""
    return html.replace(SITE, beginning)


def plain(html: str, enough: float = math.inf) -> str:
    """Give the text of safe HTML, one line for each paragraph, heading or cell.

    With `enough`, only its beginning: at least so many characters, if there are.
    """
    cut = -1 if enough == math.inf else html.find("<", round(4 * enough))
    root = etree.HTML(f"<div>{html if cut < 0 else html[:cut]}</div>", _parser)
    parts = []
    length = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            parts.append("\n")
        text = (element.text if event == "start" else element.tail) or ""
        parts.append(text.replace("\n", " "))
        length += sum(map(len, text.split()))
        if length > enough:
            break
    if cut > 0 and length <= enough:
        return plain(html)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def summarize(text: str) -> str:
    """Give the first sentences of plain text, up to 300 characters."""
    text = " ".join(text.split())
    if len(text) <= SUMMARY_LENGTH:
        return text
    head = text[: SUMMARY_LENGTH + 1]
    ends = [match.end() for match in _sentence_end.finditer(head)]
    if ends and ends[-1] >= SUMMARY_LENGTH // 4:
        return head[: ends[-1]]
    head = head[: SUMMARY_LENGTH - 1]
    return (head.rpartition(" ")[0].rstrip(",;:–—- ") or head) + "…"


def _is_harmless(text: str) -> bool:
    # All that is forbidden is unprintable, and asking for that costs a third of searching.
    return text.replace("\n", "").isprintable()


def _linked(line: str) -> str:
    if not _hint.search(line):
        return escape(line)
    parts = []
    end = 0
    for match in _linkify.match(line) or ():
        parts.append(escape(line[end : match.index]))
        parts.append(f'<a href="{escape(match.url)}">{escape(match.text)}</a>')
        end = match.last_index
    parts.append(escape(line[end:]))
    return "".join(parts)


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
    if number in _WINDOWS or (number <= 0x10FFFF and not _forbidden.match(chr(number))):
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


def absolute(address: str, page: str) -> str | None:
    """Resolve an address written in an entry against the path of its page.

    Returns a URI (RFC 3986; IRIs are encoded), behind `SITE` where it leads to
    this site, or None where it is no address.
    """
    try:
        parts = urlsplit(clean(address).strip())
        if not parts.scheme and not parts.netloc:
            # Two slashes at the beginning would name a host.
            return SITE + "/" + iri_to_uri(urljoin(page, parts.geturl())).lstrip("/")
        if parts.scheme in ("mailto", "tel"):
            return iri_to_uri(parts.geturl())
        netloc = unquote(parts.netloc)
        if not _host.fullmatch(netloc):
            return None
        return iri_to_uri(parts._replace(scheme=parts.scheme or "https", netloc=netloc).geturl())
    except ValueError:
        return None
