"""The texts of WordPress as HTML: shortcodes, galleries, and paragraphs between blank lines.

WordPress keeps texts as they were typed, and makes HTML of them when it shows a page.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape, unescape

from feedsvc.importing.item import File
from feedsvc.parsing import template_tags
from feedsvc.parsing.embeds import label, page_address
from feedsvc.parsing.templates import is_shortcode

# Returns the pictures of a gallery: those whose numbers it names, or else those of the text.
Gallery = Callable[[Sequence[str]], Sequence[File]]
_BLOCKS = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hr|iframe|legend|li|main|nav|object|ol|p|pre|script|section|style|"
    "summary|table|tbody|td|tfoot|th|thead|tr|ul|video|audio"
)
_block = re.compile(rf"<(?P<end>/?)(?P<name>{_BLOCKS})\b[^<>]*>", re.IGNORECASE)
# In these, all is as it was written; in those, lines are no paragraphs.
_VERBATIM = frozenset("pre script style iframe object video audio".split())
_TIGHT = frozenset("li td th dt dd figure figcaption h1 h2 h3 h4 h5 h6 p summary".split())
_blank = re.compile(r"\n[ \t\xa0]*\n\s*")
_bare_address = re.compile(r"^[ \t]*(https?://[^\s<>\"]+)[ \t]*$", re.MULTILINE)
_shortcode = re.compile(
    r"\[(?P<end>/?)(?P<name>[a-z][\w-]*)(?P<arguments>(?:[\s=][^\[\]<>]*)?)\]", re.IGNORECASE
)
_PLAYERS = frozenset("embed video audio youtube vimeo rutube vk playlist".split())
_CODE = frozenset("code sourcecode source highlight".split())
_CAPTIONS = frozenset(("caption", "wp_caption"))
_SOURCES = "src mp4 m4v webm mp3 ogg url".split()
_picture = re.compile(r"\s*(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)
_number = re.compile(r"\d+")


def as_html(text: str, language: str, gallery: Gallery) -> tuple[str, list[str]]:
    """Return a text of WordPress as HTML, and the shortcodes that are left out.

    `language` is that of the links to what was embedded.
    """
    has_blocks = "<!-- wp:" in text
    text = _without_comments(text.replace("\r\n", "\n").replace("\r", "\n"))
    left_out: list[str] = []
    text = "".join(_without_shortcodes(text, language, gallery, left_out))
    text = _bare_address.sub(lambda found: _link(found[1], language), text)
    return (text if has_blocks else paragraphs(text)), left_out


def paragraphs(text: str) -> str:
    """Return HTML in which blank lines separate paragraphs, and line ends are line breaks."""
    parts: list[str] = []
    open_elements: list[str] = []
    open_now: Counter[str] = Counter()
    verbatim = ""
    end = 0
    for found in _block.finditer(text):
        name = found["name"].lower()
        if verbatim and not (found["end"] and name == verbatim):
            continue
        between = text[end : found.start()]
        is_tight = bool(open_elements) and open_elements[-1] in _TIGHT
        parts += (between,) if verbatim else _paragraphs(between, is_tight=is_tight)
        parts.append(found[0])
        end = found.end()
        verbatim = name if name in _VERBATIM and not found["end"] else ""
        if not found["end"] and name != "hr":
            open_elements.append(name)
            open_now[name] += 1
        elif open_now[name]:
            while open_elements and open_now[name]:
                closed = open_elements.pop()  # some have no end of their own
                open_now[closed] -= 1
                if closed == name:
                    break
    is_tight = bool(open_elements) and open_elements[-1] in _TIGHT
    parts += (text[end:],) if verbatim else _paragraphs(text[end:], is_tight=is_tight)
    return "".join(parts)


def _paragraphs(text: str, *, is_tight: bool) -> Iterator[str]:
    """Yield what stands between two tags of blocks, in paragraphs unless it is tight."""
    for part in _blank.split(text):
        if part := part.strip():
            lines = part.replace("\n", "<br>\n")
            yield lines if is_tight else f"<p>{lines}</p>\n"


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in others)


def _without_shortcodes(
    text: str, language: str, gallery: Gallery, left_out: list[str]
) -> Iterator[str]:
    """Yield the parts of a text, and what its shortcodes become."""
    tags = list(_shortcode.finditer(text))
    ends = _ends(tags)
    is_end_of_a_tag = set(ends.values())
    done = 0
    for number, found in enumerate(tags):
        if found.start() < done:
            continue  # in the content of one that was replaced as a whole
        name, end = found["name"].lower(), ends.get(number)
        is_one = (
            number in ends or number in is_end_of_a_tag or is_shortcode(name, found["arguments"])
        )
        if not is_one and name not in _PLAYERS:
            continue  # words in brackets
        yield text[done : found.start()]
        done = found.end()
        if found["end"]:
            continue
        content = text[done : tags[end].start()] if end is not None else ""
        replaced = _replaced(name, found["arguments"], content, language, gallery)
        if replaced is None:
            left_out.append(found[0])
            continue
        yield replaced
        if end is not None:
            done = tags[end].end()
    yield text[done:]


def _ends(tags: Sequence[re.Match[str]]) -> dict[int, int]:
    """Return the number of the tag that ends each one that has an end."""
    waiting: dict[str, list[int]] = {}
    ends: dict[int, int] = {}
    for number, found in enumerate(tags):
        same = waiting.setdefault(found["name"].lower(), [])
        if not found["end"]:
            same.append(number)
        elif same:
            ends[same.pop()] = number
    return ends


def _replaced(
    name: str, arguments: str, content: str, language: str, gallery: Gallery
) -> str | None:
    """Return the HTML of a shortcode and its content; None if only the content is to be kept."""
    tag = template_tags.read(name, arguments.lstrip("="))
    if name in _CODE:
        return f"<pre><code>{escape(unescape(content.strip()), quote=False)}</code></pre>"
    if name in _CAPTIONS:
        return _figure(content, tag.named.get("caption", ""))
    if name == "gallery":
        named = tag.named.get("ids") or tag.named.get("include") or ""
        return "".join(map(_with_caption, gallery(_number.findall(named))))
    if name in _PLAYERS:
        address = tag.first(_SOURCES, 0) or content.strip()
        return _link(address, language) if address.startswith(("http", "/")) else ""
    return None


def _figure(content: str, caption: str) -> str:
    picture = _picture.match(content)
    if picture is None:
        return content
    caption = content[picture.end() :].strip() or escape(caption)
    return f"<figure>{picture[0].strip()}<figcaption>{caption}</figcaption></figure>"


def _with_caption(file: File) -> str:
    picture = f'<img src="{escape(file.url)}" alt="{escape(file.alt)}">'
    caption = f"<figcaption>{escape(file.caption)}</figcaption>" if file.caption else ""
    return f"<figure>{picture}{caption}</figure>\n"


def _link(address: str, language: str) -> str:
    page = page_address(address)
    text = label(page, language) if page != address else address
    return f'<a href="{escape(page)}">{escape(text)}</a>'
