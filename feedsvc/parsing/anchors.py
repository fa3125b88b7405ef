"""Ids in an entry's HTML, for links within the page: headings, footnotes, and those written.

An element gets, or keeps, an id only if some link of the text leads to it, or if its author
gave it one in Markdown (`## Heading {#id}`).
"""

import re
from html import escape, unescape
from urllib.parse import unquote

from anyascii import anyascii

# The ids of the page itself.
RESERVED = frozenset("main q words from to category".split())
_link = re.compile(r"href\s*=\s*[\"']#([^\"'\s<>]+)[\"']")
_written = re.compile(r" ?\{([:.#][^{}<>\n]*)\}(?=</h[1-6]>)")
_id = re.compile(r"#([^\s.{}#\"'&<>]+)")
_heading = re.compile(r"<h([1-6])>")
_tag = re.compile(r"<[^<>]*>")
_name = re.compile(r"(<a\s(?:[^<>]*\s)?)name(?=\s*=)", re.IGNORECASE)
# In characters: what a heading may have in front of its id.
_MAX_HEADING = 2000
_footnotes = '<section class="footnotes" data-footnotes>'
_mark = re.compile(r" data-footnote-ref>([^<]*)</a>")


def named(html: str) -> tuple[str, set[str]]:
    """Return the HTML of rendered Markdown with ids for what is linked, and those ids.

    An id may occur more often in what is returned; only its first element is meant.
    """
    explicit: set[str] = set()
    if "}</h" in html:
        html = _with_written_ids(html, explicit)
    linked: set[str] = set()
    if "#" in html:
        linked = {unquote(unescape(each)) for each in _link.findall(html)}
    if linked:
        html = _name.sub(r"\1id", html)
        html = _with_found_ids(html, linked - explicit)
    if _footnotes in html:
        html = _mark.sub(r">[\1]</a>", html.replace(_footnotes, "<hr>"))
    return html, (explicit | linked) - RESERVED


def _with_written_ids(html: str, explicit: set[str]) -> str:
    """Give the headings the ids that stand at their ends, and take away other attributes."""
    parts: list[str] = []
    position = 0
    for found in _written.finditer(html):
        start = html.rfind("<h", max(position, found.start() - _MAX_HEADING), found.start())
        name = _id.search(found[1])
        if start >= 0 and name and html[start + 3 : start + 4] == ">":
            explicit.add(name[1])
            opened = f'{html[start : start + 3]} id="{escape(name[1])}"'
            parts += html[position:start], opened, html[start + 3 : found.start()]
        else:
            parts.append(html[position : found.start()])
        position = found.end()
    return "".join(parts) + html[position:]


def _with_found_ids(html: str, linked: set[str]) -> str:
    """Give the headings the ids by which links of the text call them."""
    wanted: dict[str, list[str]] = {}
    for each in sorted(linked):
        wanted.setdefault(_bare(each), []).append(each)
    parts: list[str] = []
    position = 0
    for found in _heading.finditer(html):
        end = html.find("</h", found.end(), found.end() + _MAX_HEADING)
        text = unescape(_tag.sub("", html[found.end() : end])) if end >= 0 else ""
        names = wanted.get(_bare(text)) or wanted.get(_bare(anyascii(text)))
        if text and names:
            parts += html[position : found.start()], f'<h{found[1]} id="{escape(names.pop(0))}">'
            position = found.end()
    return "".join(parts) + html[position:]


def _bare(text: str) -> str:
    """Return the letters and digits of a text, which is all that systems agree to keep."""
    return "".join(filter(str.isalnum, text.casefold()))
