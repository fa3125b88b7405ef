"""Embedded players, and other HTML that is no text: links to what they show, or nothing.

An `iframe` would need scripts of another site, and what stands between `<script>` and
`</script>` is for no reader. The sanitizer takes away tags, but keeps what is between them.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

from feedsvc.i18n import N_, Message
from feedsvc.parsing.bounds import TAG

# What vanishes with its content.
_VANISHING = frozenset("script style noscript noframes noembed template svg title select".split())
# What becomes a link to the address in one of its attributes, and vanishes with its content.
_EMBEDDING = {
    "iframe": ("src", "data-src", "data-lazy-src"),
    "video": ("src",),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
}
_EMPTY = frozenset(("embed",))
# In these a browser reads no tags; the sanitizer would take the rest of the text for theirs.
_RAW = frozenset(("textarea", "xmp", "plaintext", "listing"))
_interesting = re.compile(
    rf"</?(?:{'|'.join(sorted({*_VANISHING, *_EMBEDDING, *_RAW}))})\b", re.IGNORECASE
)
_attribute = re.compile(
    r"(?<![a-z-])([a-z-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", re.IGNORECASE
)
_source = re.compile(r"<(?:source|embed)\b[^<>]*>", re.IGNORECASE)

# The pages of videos on these hosts, by the identifiers that templates name.
PAGES = {
    "youtube": "https://youtube.com/watch?v={}",
    "rutube": "https://rutube.ru/video/{}/",
    "vimeo": "https://vimeo.com/{}",
    "vk": "https://vk.com/video{}",
    "dailymotion": "https://dailymotion.com/video/{}",
    "gist": "https://gist.github.com/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "tweet": "https://x.com/i/status/{}",
}
# How players are embedded, and the pages that show the same.
_PLAYERS = {
    r"(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v|shorts)/([\w-]+)": PAGES["youtube"],
    r"rutube\.ru/(?:play/embed|video/embed|embed)/(\w+)": PAGES["rutube"],
    r"player\.vimeo\.com/video/(\d+)": PAGES["vimeo"],
    r"(?:www\.)?ok\.ru/videoembed/(\d+)": "https://ok.ru/video/{}",
    r"(?:www\.)?dailymotion\.com/embed/video/(\w+)": PAGES["dailymotion"],
    r"my\.mail\.ru/video/embed/(\d+)": "https://my.mail.ru/video/embed/{}",
}
_players = tuple((re.compile(pattern), page) for pattern, page in _PLAYERS.items())
_vk = re.compile(r"(?:www\.|m\.)?vk(?:video)?\.(?:com|ru)/video_ext\.php")
_number = re.compile(r"-?\d{1,20}")
_playlist = "youtube.com/embed/videoseries"


def page_address(address: str) -> str:
    """Return the address of the page that shows what a player at an address shows."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return address
    place = parts.netloc.lower() + parts.path
    query = parse_qs(parts.query, max_num_fields=100) if len(parts.query) < 2000 else {}
    if _vk.fullmatch(place):
        video = [query.get(name, [""])[0] for name in ("oid", "id")]
        if all(map(_number.fullmatch, video)):
            return PAGES["vk"].format("_".join(video))
    if place.removeprefix("www.") == _playlist and "list" in query:
        return f"https://youtube.com/playlist?list={query['list'][0]}"
    for pattern, page in _players:
        if found := pattern.match(place):
            return page.format(found[1])
    return address


def label(address: str, language: str, title: str = "") -> str:
    """Return the text of a link to what was embedded: its title, or its host."""
    if title:
        return Message(N_("Watch: {title}"), {"title": title}).text(language)
    try:
        host = urlsplit(address).netloc
    except ValueError:
        host = ""
    name = host.removeprefix("www.") or address.rpartition("/")[2]
    return Message(N_("Watch at {host}") if host else N_("Open {host}"), {"host": name}).text(
        language
    )


def without_embeds(html: str, language: str) -> str:
    """Return HTML in which players are links, and scripts, styles and the like are gone.

    `html` may be anything, and what is returned has still to be sanitized.
    """
    if not _interesting.search(html):
        return html
    parts: list[str] = []
    position = 0
    for start, end, replacement in _replaced(html, language):
        parts += html[position:start], replacement
        position = end
    # A paragraph of nothing but what is gone.
    return ("".join(parts) + html[position:]).replace("<p></p>\n", "")


def _replaced(html: str, language: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each such element begins and ends, and what takes its place."""
    position = 0
    without_end: set[str] = set()
    while tag := TAG.search(html, position):
        position = tag.end()
        name = (tag["name"] or "").lower()
        if name in _VANISHING or name in _EMBEDDING:
            if tag["end"]:
                yield tag.start(), position + html.startswith(">", position), ""
                continue
            end = _end_of(html, position, name, without_end)
            link = _link(html, tag, end, language) if name in _EMBEDDING else ""
            yield tag.start(), end, link
            position = end
        elif name in _RAW:
            yield tag.start(), position + html.startswith(">", position), ""


def _end_of(html: str, position: int, name: str, without_end: set[str]) -> int:
    """Return where an element ends; if it has no end tag, where its paragraph does."""
    if name in _EMPTY:
        return position + html.startswith(">", position)
    if name not in without_end:
        if found := re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE).search(html, position):
            return found.end()
        without_end.add(name)
    if name in _VANISHING:
        blank = html.find("\n\n", position)
        return len(html) if blank < 0 else blank
    return position + html.startswith(">", position)


def _link(html: str, tag: re.Match[str], end: int, language: str) -> str:
    name = tag["name"].lower()
    written = {key.lower(): _unquoted(value) for key, value in _attribute.findall(tag[0])}
    address = next((written[key] for key in _EMBEDDING[name] if written.get(key)), "")
    if not address and name not in ("iframe", "embed"):
        inner = _source.search(html, tag.end(), end)
        found = dict(_attribute.findall(inner[0])) if inner else {}
        address = _unquoted(found.get("src", ""))
    if not address or address.startswith(("about:", "data:", "javascript:")):
        return ""
    address = page_address(address)
    text = label(address, language, written.get("title", "").strip())
    link = f'<a href="{escape(address)}">{escape(text, quote=False)}</a>'
    # At the beginning of a line it is a block of its own.
    starts_line = tag.start() == 0 or html[tag.start() - 1] == "\n"
    return f"<p>{link}</p>" if starts_line else link


def _unquoted(value: str) -> str:
    return unescape(value.strip("\"'"))
