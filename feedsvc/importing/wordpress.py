"""WordPress exports: WXR, which is RSS 2.0 with elements of its own.

The file is read twice: what it says of pictures and authors may stand below the texts that use
them. Only one of its items is in memory at a time.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timezone
from html import unescape
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from feedsvc.errors import ImportFailed
from feedsvc.i18n import N_, Message
from feedsvc.importing.item import File, Found, Item, LeftOut, old_paths
from feedsvc.importing.wordpress_text import as_html
from feedsvc.model import Status
from feedsvc.text import plain

# What the names of its namespaces contain, whether they begin with http: or https:.
NAMESPACE = "://wordpress.org/export/"
# The prefixes of the other namespaces, by what their names end with.
_PREFIXES = {
    "/excerpt/": "excerpt:",
    "modules/content/": "content:",
    "purl.org/dc/elements/1.1/": "dc:",
}
# XML 1.0 section 2.2.
_CONTROLS = bytes({*range(32)} - {9, 10, 13})
_NO_DATE = "0000-00-00 00:00:00"
_STATUSES: dict[str, Status] = {
    "publish": "published",
    "future": "published",  # on its date
    "draft": "draft",
    "pending": "draft",
    "private": "draft",
}
_NO_TEXTS = frozenset(("trash", "auto-draft", "inherit"))
# How WordPress names the small forms of a picture.
_small = re.compile(r"-\d+x\d+(?=\.\w+\Z)|-scaled(?=\.\w+\Z)")
_in_attribute = re.compile(r"""(?<=src=["'])[^"'<>]+""")


class Export:
    """An export file, as an iterable of its texts."""

    def __init__(self, path: Path, types: Sequence[str], language: str) -> None:
        """Read what the file says of its pictures. Raises ImportFailed.

        `types` are the types of content that are texts, `language` is that of links to videos.
        """
        self._path = path
        self._types = frozenset(types)
        self._language = language
        self._authors: dict[str, str] = {}
        self._files: dict[str, File] = {}
        self._of_text: dict[str, list[str]] = {}
        # By its address, for each picture of the site.
        self._known: dict[str, File] = {}
        self._site = ""
        self._fault = ""
        self._other_types: Counter[str] = Counter()
        self._comments = 0
        for name, values in self._elements():
            self._note(name, values)

    def __iter__(self) -> Iterator[Found]:
        for name, values in self._elements():
            if name == "item" and values.first("post_type") in self._types:
                yield from self._text(values)
        for kind, count in sorted(self._other_types.items()):
            text = N_("contents of another type, which are no news: {count}; add them with --type")
            yield LeftOut(kind, Message(text, {"count": count}))
        if self._fault:
            text = N_("the file is damaged: {reason}; what could be read is taken")
            yield LeftOut(self._path.name, Message(text, {"reason": self._fault}))
        if self._comments:
            text = N_("comments, for which there is no place here: {count}")
            yield LeftOut(self._path.name, Message(text, {"count": self._comments}))

    def _elements(self) -> Iterator[tuple[str, "_Values"]]:
        """Yield the elements that say something, and what stands in them."""
        try:
            with self._path.open("rb") as file:
                yield from self._parsed(file)
        except (etree.XMLSyntaxError, OSError) as error:
            values = {"path": self._path, "reason": str(error)}
            raise ImportFailed(Message(N_("{path} cannot be read: {reason}"), values)) from error

    def _parsed(self, file: IO[bytes]) -> Iterator[tuple[str, "_Values"]]:
        parsing = etree.iterparse(
            _Clean(file), resolve_entities=False, no_network=True, recover=True
        )
        for _, element in parsing:
            parent = element.getparent()
            if parent is None or parent.tag != "channel":
                continue
            name = _name(element)
            if name in ("author", "item", "base_blog_url", "link"):
                yield name, _Values(element)
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        faults = parsing.error_log
        self._fault = f"{faults[0].line}: {faults[0].message}" if faults else ""

    def _note(self, name: str, values: "_Values") -> None:
        if name in ("base_blog_url", "link"):
            self._site = self._site or values.whole
        elif name == "author":
            login = values.first("author_login")
            self._authors[login] = values.plain("author_display_name") or login
        elif values.first("post_type") == "attachment":
            self._note_file(values)
        elif values.first("post_type") in self._types:
            self._comments += len(values.elements("comment"))
        else:
            self._other_types[values.first("post_type")] += 1

    def _note_file(self, values: "_Values") -> None:
        url = urljoin(self._site, values.first("attachment_url") or values.first("guid"))
        alt = values.meta("_wp_attachment_image_alt")
        file = File(url, alt, values.plain("excerpt:encoded"))
        number = values.first("post_id")
        self._files[number] = self._known[url] = file
        self._known.setdefault(_small.sub("", url), file)
        self._of_text.setdefault(values.first("post_parent"), []).append(number)

    def _text(self, values: "_Values") -> Iterator[Found]:
        title, number = values.plain("title"), values.first("post_id")
        where = f"{title or values.first('post_name')} ({number})"
        written = values.first("status")
        if written in _NO_TEXTS:
            yield LeftOut(where, Message(N_("its status is «{status}»"), {"status": written}))
            return
        status = _STATUSES.get(written, "draft")
        if written not in _STATUSES:
            text = N_("its status «{status}» is unknown here: it becomes a draft")
            yield LeftOut(where, Message(text, {"status": written}))
        if values.first("post_password"):
            status = "draft"
            yield LeftOut(where, Message(N_("it had a password: it becomes a draft")))
        html, left_out = as_html(
            values.first("content:encoded"), self._language, lambda ids: self._gallery(ids, number)
        )
        for code in left_out:
            text = N_("this shortcode is left out: {code}")
            yield LeftOut(where, Message(text, {"code": code}))
        yield self._item(values, where, html, status)

    def _item(self, values: "_Values", where: str, html: str, status: Status) -> Item:
        number, link = values.first("post_id"), values.first("link")
        published = _moment(values, "post_date")
        updated = _moment(values, "post_modified")
        login = values.first("dc:creator")
        image = self._files.get(values.meta("_thumbnail_id"))
        link = "" if urlsplit(link).query.startswith(("p=", "page_id=")) else link
        return Item(
            where=where,
            title=values.plain("title"),
            html=_in_attribute.sub(self._in_full, html),
            base=link or self._site,
            name=unquote(values.first("post_name")),
            published=published or updated,
            updated=updated,
            guid=values.first("guid"),
            address=link,
            aliases=(*old_paths(link), f"/?p={number}"),
            author=self._authors.get(login, login),
            categories=values.labels(),
            summary=values.plain("excerpt:encoded"),
            status=status,
            image=image,
        )

    def _gallery(self, numbers: Sequence[str], text: str) -> list[File]:
        numbers = numbers or self._of_text.get(text, [])
        return [self._files[number] for number in numbers if number in self._files]

    def _in_full(self, found: re.Match[str]) -> str:
        """Return the address of the picture of which another one is the small form."""
        full = _small.sub("", urljoin(self._site, found[0]))
        file = self._known.get(full) if full != found[0] else None
        return file.url if file else found[0]


class _Clean:
    """A file without the control characters that no XML may have, and many exports do."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size).translate(None, _CONTROLS)


class _Values:
    """The texts of an element's children, by their names."""

    def __init__(self, element: etree._Element) -> None:
        self.whole = (element.text or "").strip()
        self._children = [(_name(child), child) for child in element]

    def elements(self, name: str) -> list[etree._Element]:
        return [child for each, child in self._children if each == name]

    def first(self, name: str) -> str:
        found = self.elements(name)
        return "".join(map(str, found[0].itertext())).strip() if found else ""

    def plain(self, name: str) -> str:
        """Return a text that WordPress keeps as HTML, without markup, in one line."""
        html = self.first(name)
        return " ".join((plain(html) if "<" in html or "&" in html else html).split())

    def meta(self, key: str) -> str:
        for child in self.elements("postmeta"):
            values = _Values(child)
            if values.first("meta_key") == key:
                return values.first("meta_value")
        return ""

    def labels(self) -> tuple[str, ...]:
        """Return the labels of categories and tags, but for the one of texts without any."""
        found = {
            unescape((child.text or "").strip()): child.get("nicename")
            for child in self.elements("category")
            if child.get("domain") in ("category", "post_tag")
        }
        return tuple(label for label, name in found.items() if label and name != "uncategorized")


def _name(element: etree._Element) -> str:
    """Return the name of an element, with a prefix unless it is of RSS or WordPress."""
    space, _, name = str(element.tag).rpartition("}")
    space = space.removeprefix("{")
    ends = (prefix for end, prefix in _PREFIXES.items() if space.endswith(end))
    return next(ends, "" if not space or NAMESPACE in space else "?") + name


def _moment(values: _Values, name: str) -> datetime | None:
    """Return a date with the offset that the site's zone had then, which the two forms tell."""
    local, universal = values.first(name), values.first(f"{name}_gmt")
    try:
        moment = datetime.fromisoformat(local) if local not in ("", _NO_DATE) else None
        exact = datetime.fromisoformat(universal) if universal not in ("", _NO_DATE) else None
        if moment is None or exact is None:
            return moment or (exact and exact.replace(tzinfo=UTC))
        return moment.replace(tzinfo=timezone(moment - exact))
    except ValueError:
        return None
