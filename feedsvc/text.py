"""Text and safe HTML: plain text, summaries, and the placeholder for this site's address.

An entry's HTML is stored with `SITE` in front of every address on this site. Rendering replaces
it with `https://host` in feeds and with nothing in pages. So no file is read again when the
site moves to another host, and no renderer needs an HTML parser.
"""

import math
import re
from collections.abc import Iterable, Iterator
from html import unescape
from unicodedata import combining, is_normalized, normalize

# A Unicode noncharacter. `clean` removes it from everything people write, so wherever it occurs
# in an entry's HTML, the sanitizer has put it there.
SITE = "\ufdd0"
SUMMARY_LENGTH = 300
# The most combining marks in a row, as in the Stream-Safe Text Format (UAX #15 section 13).
MAX_MARKS = 30

# XML 1.0 section 2.2 forbids the C0 controls, lone surrogates, U+FFFE and U+FFFF;
# HTML forbids the C1 controls and every noncharacter as well.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
# Soft hyphens, and spaces without a width: programs leave them in copied text, where they split
# words for searches. The joiners U+200C and U+200D belong to scripts and emoji.
_INVISIBLE = "\xad\u200b\u2060\ufeff"
# What an excerpt ends above.
_end_of_lead = re.compile(r"<(?:h[1-6]|ul|ol|dl|table)[\s>]")
# Tags as the sanitizer writes them, and character references that it does not write.
_tag = re.compile(r'</?([a-z][a-z0-9]*)(?: [a-z-]+="[^"<>]*")*>')
_other_reference = re.compile("&(?!(?:amp|lt|gt|quot|nbsp);)")
_heading_end = re.compile(r"\s*<h[1-6][\s>].*?</h[1-6]>", re.DOTALL)
_BLOCKS = frozenset(
    "blockquote br caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table"
    " td th tr ul".split()
)
_SAFE_TAGS = _BLOCKS.union(
    "a abbr b cite code col colgroup del details dfn em i img ins kbd mark q s samp small span"
    " strong sub summary sup tbody tfoot thead time u var".split()
)
# The marks that close a quotation, by the one that opens it.
_QUOTES = {'"': '"', "'": "'", "«": "»", "“": "”", "„": "“”", "‘": "’", "‚": "‘’", "”": "”"}
# In characters: marks around more than that are looked for by nobody.
_MAX_QUOTED = 10_000
# What may have too many marks in a row: no letter, digit or space is one.
_symbols = re.compile(rf"[^\w\s]{{{MAX_MARKS + 1},}}")
_sentence_end = re.compile(r"[.!?…][»\")]*(?=\s)")


def clean(text: str) -> str:
    """Return a text without the characters that XML 1.0 (section 2.2) or HTML forbids."""
    return text if _is_harmless(text) else FORBIDDEN.sub("", text)


def visible(text: str) -> str:
    """Return a text without soft hyphens and spaces of no width."""
    # Looking for each costs a fiftieth of what `str.translate` does.
    for character in "" if text.isascii() else _INVISIBLE:
        text = text.replace(character, "")
    return text


def first_forbidden_line(text: str) -> int:
    """Return the line, from 1, of the first forbidden character; 0 if there is none."""
    match = None if _is_harmless(text) else FORBIDDEN.search(text)
    return text.count("\n", 0, match.start()) + 1 if match else 0


def _is_harmless(text: str) -> bool:
    # Every forbidden character is unprintable, and this test takes a third of a search's time.
    return text.replace("\n", "").isprintable()


def normalized(text: str) -> str:
    """Return a text in Normalization Form C, with at most `MAX_MARKS` marks on a letter.

    Bringing marks into their order takes time with the square of their number.
    """
    if is_normalized("NFC", text):
        return text
    return normalize("NFC", _symbols.sub(_without_surplus_marks, text))


def surplus_marks_line(text: str) -> int:
    """Return the line, from 1, where `normalized` removes marks; 0 if it removes none.

    Call this with a text that is not in NFC.
    """
    for match in _symbols.finditer(text):
        if len(_without_surplus_marks(match)) < len(match[0]):
            return text.count("\n", 0, match.start()) + 1
    return 0


def _without_surplus_marks(match: re.Match[str]) -> str:
    kept = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def unquoted(text: str) -> str:
    """Return a text without the quotation marks of any kind around the whole of it."""
    closing = _QUOTES.get(text[:1], "")
    if not 2 <= len(text) <= _MAX_QUOTED or text[-1] not in closing:
        return text
    inner = text[1:-1].strip()
    is_whole = not any(mark in inner for mark in (text[0], *closing))
    return inner if is_whole else _nested(text, closing)


def _nested(text: str, closing: str) -> str:
    """Return a text without its outer quotation marks if they belong together."""
    depth = 0
    for position, mark in enumerate(text):
        # A mark that opens and closes closes, unless it is the first one.
        if mark in closing and position:
            depth -= 1
            if depth == 0 and position < len(text) - 1:
                return text
        elif mark == text[0]:
            depth += 1
    return text[1:-1].strip() if depth == 0 else text


def place(html: str, site: str) -> str:
    """Complete the addresses on this site; `site` is `https://host` in feeds, "" in pages."""
    return html.replace(SITE, site)


def plain(html: str, enough: float = math.inf) -> str:
    """Return the text of safe HTML, one line for each paragraph, heading or cell.

    With `enough`, return only the beginning: at least that many characters, if it has as many.
    """
    if len(html) <= enough:
        enough = math.inf  # to count would take as long as the rest
    cut = -1 if enough == math.inf else html.find("<", round(4 * enough))
    parts = []
    length = 0
    for tag, text in _pieces(html if cut < 0 else html[:cut]):
        if tag in _BLOCKS:
            parts.append("\n")
        parts.append(text.replace("\n", " "))
        if enough < math.inf:
            length += sum(map(len, text.split()))
            if length > enough:
                break
    if cut > 0 and length <= enough:
        return plain(html)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(html: str) -> Iterable[tuple[str, str]]:
    """Return each tag of HTML, by its name, and the text behind it; the first text has no tag."""
    found = _tag.split(html)
    texts, tags = found[::2], found[1::2]
    is_known = _SAFE_TAGS.issuperset(tags) and not any("<" in text for text in texts)
    if is_known and not ("&" in html and _other_reference.search(html)):
        return zip(["", *tags], map(_characters, texts), strict=True)
    return _parsed_pieces(html)


def _characters(text: str) -> str:
    return unescape(text) if "&" in text else text


def _parsed_pieces(html: str) -> Iterator[tuple[str, str]]:
    from lxml import etree  # noqa: PLC0415 - it is needed only for what the sanitizer never wrote

    root = etree.HTML(f"<div>{html}</div>")
    for event, element in etree.iterwalk(root, events=("start", "end")):
        yield element.tag, (element.text if event == "start" else element.tail) or ""


def lead(html: str) -> str:
    """Return the beginning of safe HTML that an excerpt is made of.

    It ends above the first heading, list or table below a paragraph; a heading that the text
    begins with is left out. All of it is returned if nothing else is there.
    """
    heading = _heading_end.match(html)
    start = heading.end() if heading else 0
    end = _end_of_lead.search(html, start)
    found = html[start : end.start()] if end else html[start:]
    return found if re.search(r">[^<\s]|\A[^<\s]", found) else html


def summarize(text: str) -> str:
    """Return the first sentences of plain text, at most `SUMMARY_LENGTH` characters."""
    text = " ".join(text.split())
    if len(text) <= SUMMARY_LENGTH:
        return text
    head = text[: SUMMARY_LENGTH + 1]
    ends = [match.end() for match in _sentence_end.finditer(head)]
    if ends and ends[-1] >= SUMMARY_LENGTH // 4:
        return head[: ends[-1]]
    head = head[: SUMMARY_LENGTH - 1]
    return (head.rpartition(" ")[0].rstrip(",;:–—- ") or head) + "…"
