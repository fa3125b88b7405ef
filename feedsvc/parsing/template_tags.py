"""What the tags of templates and shortcodes become: pictures, links, code, or nothing.

A tag is known by its name and its arguments; how it is written is `templates`' affair.
"""

import re
from dataclasses import dataclass, field
from html import escape

from feedsvc.media.types import suffix
from feedsvc.parsing.embeds import PAGES, label, page_address

_argument = re.compile(
    r"(?<![\w-])(?:(?P<name>[\w-]+)\s*[=:](?!//)\s*)?"
    r"(?P<value>\"[^\"]*\"|'[^']*'|`[^`]*`|“[^”]*”|«[^»]*»|https?://[^\s()|\"'`]+|[^\s,()|\"'`=]+)"
)
# Under which names arguments stand, in the tags of many systems.
_SOURCE = "src url image_path path file image img link mp4 m4v webm ogg mp3 href data-src".split()
_TITLE = "alt title caption text description".split()
_CAPTION = "caption description".split()
_VIDEO_ID = "id video_id key code url src".split()
_PICTURES = frozenset(".jpg .jpeg .png .gif .webp .svg .avif .bmp".split())
# Names of tags, by what they become.
_FIGURES = frozenset(
    "figure img image picture asset_img imgproc photo imgcap thumbnail lightbox".split()
)
_PLAYERS = frozenset("video audio embed media player iframe oembed videoplayer html5video".split())
_LINKS = frozenset("post_url post_link link ref relref doc".split())
_HOSTS = {"yt": "youtube", "twitter": "tweet", "x": "tweet"}
# What only says where something begins or ends, or sets a value: nothing is lost without it.
_SILENT = frozenset(
    """
    endraw assign set increment decrement import extends block endblock layout cache endcache
    toc table_of_contents readmore more teaser break clear clearfix nextpage br rawhtml raw
    notoc no_toc section endsection
    """.split()
)
_picture = re.compile(
    r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?|\[?!\[[^\]\n]*\]\([^)\n]*\)(?:\]\([^)\n]*\))?",
    re.IGNORECASE,
)
_remote = re.compile("https?://|//", re.IGNORECASE)
_id = re.compile(r"[\w-]+(?:/[\w-]+)?")


@dataclass(slots=True)
class Tag:
    """A tag: its name in small letters, and its arguments, by name or in order."""

    name: str
    named: dict[str, str] = field(default_factory=dict)
    ordered: list[str] = field(default_factory=list)

    def first(self, names: list[str], position: int | None = None) -> str:
        """Return the first argument that has one of these names, or the one at a position."""
        for name in names:
            if self.named.get(name):
                return self.named[name]
        if position is not None and position < len(self.ordered):
            return self.ordered[position]
        return ""


def read(name: str, arguments: str) -> Tag:
    """Return the tag of a name and of what stands behind it."""
    tag = Tag(name.lower())
    for found in _argument.finditer(arguments):
        value = found["value"].strip("\"'`“”«»")
        if found["name"]:
            tag.named.setdefault(found["name"].lower(), value)
        else:
            tag.ordered.append(value)
    if tag.name in ("include", "render", "include_relative", "include_cached") and tag.ordered:
        # What is included says what it is: youtube.html, figure, video-embed.html.
        tag.name = tag.ordered.pop(0).rpartition("/")[2].lower()
    tag.name = tag.name.removesuffix(".html").removesuffix(".liquid").removesuffix(".md")
    return tag


def is_link(tag: Tag) -> bool:
    """Return whether a tag becomes the address of another text, whose file it names."""
    return tag.name in _LINKS


def replacement(tag: Tag, content: str, language: str, *, is_alone: bool) -> str | None:
    """Return Markdown for a tag that is no link, or None if nothing is known of it.

    `content` is what stands between the tag and its end, if that is for the tag alone.
    `is_alone` says that nothing else stands in its lines.
    """
    name = tag.name
    host = next((each for each in PAGES if each in name), _HOSTS.get(name))
    if host is not None:
        return _video(tag, host, content, language)
    picture = _picture_of(tag)
    if picture and name not in _PLAYERS:
        return _figure(tag, picture, is_alone=is_alone)
    if name in _PLAYERS:
        address = tag.first(_SOURCE, 0) or content.strip()
        return _link(page_address(address), tag, language) if address else None
    return "" if name in _SILENT else None


def _video(tag: Tag, host: str, content: str, language: str) -> str | None:
    found = tag.first(_VIDEO_ID, 0) or content.strip()
    if host in ("gist", "tweet") and not tag.named and len(tag.ordered) > 1:
        found = "/".join(tag.ordered[:2]) if host == "gist" else tag.ordered[1]
    elif host == "tweet" and tag.named.get("user"):
        found = tag.named.get("id", "")
    if _remote.match(found):
        return _link(page_address(found), tag, language)
    if not _id.fullmatch(found):
        return None
    return _link(PAGES[host].format(found), tag, language)


def _link(address: str, tag: Tag, language: str) -> str:
    text = label(address, language, tag.named.get("title", "") or tag.named.get("alt", ""))
    return f"[{_escaped(text)}]({_destination(address)})"


def _picture_of(tag: Tag) -> str:
    """Return the address of the picture that a tag shows, or ''."""
    named = tag.first(_SOURCE)
    if named and (suffix(named.partition("?")[0]) in _PICTURES or tag.name in _FIGURES):
        return named
    pictures = (each for each in tag.ordered if suffix(each.partition("?")[0]) in _PICTURES)
    return next(pictures, "")


def _figure(tag: Tag, source: str, *, is_alone: bool) -> str:
    others = [each for each in tag.ordered if each != source and not each.isdigit()]
    # Octopress names classes first: {% img left /a.jpg 200 300 Title %}.
    after = " ".join(others) if tag.name == "asset_img" or source in tag.ordered else ""
    alt = tag.first(_TITLE) or after
    caption = tag.first(_CAPTION)
    if not (caption and is_alone):
        shown = f" *{caption}*" if caption and caption != alt else ""
        return f"![{_escaped(alt)}]({_destination(source)}){shown}"
    picture = f'<img src="{escape(source)}" alt="{escape(alt)}">'
    return f"<figure>{picture}\n<figcaption>\n\n{caption}\n\n</figcaption></figure>\n\n"


def caption(content: str, arguments: str) -> str:
    """Return the figure that a caption of WordPress's makes of a picture and a line of text."""
    picture = _picture.search(content)
    text = read("caption", arguments).named.get("caption", "")
    if picture is None:
        return content
    text = text or (content[: picture.start()] + content[picture.end() :]).strip()
    if not text:
        return picture[0]
    return f"\n\n<figure>\n\n{picture[0]}\n\n<figcaption>\n\n{text}\n\n</figcaption></figure>\n\n"


def _escaped(text: str) -> str:
    return re.sub(r"([\\\[\]`*_<])", r"\\\1", " ".join(text.split()))


def _destination(address: str) -> str:
    """Return an address as it may stand in the round brackets of a link."""
    address = re.sub(r"[<>\n]", "", address.strip())
    return f"<{address}>" if re.search(r"[\s()]", address) else address
