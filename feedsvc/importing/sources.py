"""Sources: what it is that is to be imported, and the texts in it."""

import re
from collections.abc import Iterator
from html import unescape
from http.client import HTTPException
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from feedsvc.errors import ImportFailed
from feedsvc.i18n import N_, Message, reason
from feedsvc.importing.download import NotPublic, Source
from feedsvc.importing.feeds import Document
from feedsvc.importing.item import Found, LeftOut
from feedsvc.importing.wordpress import NAMESPACE
from feedsvc.importing.workshop import Costly, Workshop

Kind = Literal["wordpress", "feed", "pages", "folder"]
TOO_COSTLY = N_("reading it took too much time or memory, or broke the program")
_page = re.compile(r"\.(?:[sx]?html?|php|aspx?|jsp)(?:[?@].*)?\Z", re.IGNORECASE)
_link = re.compile(r"<link\b[^<>]*>", re.IGNORECASE)
_attribute = re.compile(r"(?<![\w-])([a-z]+)=[\"']([^\"'<>]*)[\"']")
_FEED_TYPES = ("application/atom+xml", "application/rss+xml", "application/feed+json")
# In bytes: where a file says what it is.
_BEGINNING = 64 * 1024
# A feed has no more documents than this.
MAX_DOCUMENTS = 10_000
# What a generator has made, and what it is made of: no texts of anybody's.
_GENERATORS = (
    *("_config.yml", "_config.yaml", "_config.toml", "hugo.toml", "hugo.yaml", "hugo.json"),
    *("config.toml", "config.yaml", "pelicanconf.py", "conf.py", ".eleventy.js"),
    *("eleventy.config.js", "astro.config.mjs", "zola.toml", "_posts", "content"),
)


def is_remote(source: str) -> bool:
    """Return whether a source is an address of the Web."""
    return source.startswith(("http://", "https://"))


def kind_of(source: str) -> Kind:
    """Return what a source is, by what is in it. Raises ImportFailed."""
    if is_remote(source):
        return "feed"
    path = Path(source)
    try:
        if path.is_dir():
            names = {each.name for each in path.iterdir()}
            is_generated = bool(names.intersection(_GENERATORS)) or any(path.rglob("*.md"))
            return "folder" if is_generated else "pages"
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError as error:
        raise _unreadable(path, error) from error
    if NAMESPACE.encode() in beginning:
        return "wordpress"
    return "pages" if re.search(rb"<(?:html|body)\b", beginning, re.IGNORECASE) else "feed"


class Feed:
    """A feed in a file or at an address, with its older documents."""

    def __init__(self, source: str, files: Source, workshop: Workshop) -> None:
        """Read the first document. Raises ImportFailed."""
        self._files = files
        self._workshop = workshop
        if is_remote(source):
            data, media_type, address = self._fetched(source)
        else:
            data, media_type, address = _content(Path(source)), "", ""
        document = self._read(data, address, media_type)
        if document is None and (found := _feed_of_page(data, address)):
            data, media_type, address = self._fetched(found)
            document = self._read(data, address, media_type)
        if document is None:
            raise ImportFailed(Message(N_("{path} is no feed"), {"path": source}))
        self._first = document

    def __iter__(self) -> Iterator[Found]:
        """Yield the entries, from the newest document to the oldest."""
        document: Document | None = self._first
        seen: set[str] = set()
        while document is not None:
            yield from document.items
            older, document = document.older, None
            if older and older not in seen and len(seen) < MAX_DOCUMENTS:
                seen.add(older)
                try:
                    data, media_type, address = self._fetched(older)
                    document = self._read(data, address, media_type)
                except ImportFailed as error:
                    yield LeftOut(older, error.message)

    def _fetched(self, url: str) -> tuple[bytes, str, str]:
        try:
            return self._files.document(url)
        except NotPublic as error:
            text = N_(
                "{path} is not fetched: {host} is no public host; allow it with --host {host}"
            )
            raise ImportFailed(Message(text, {"path": url, "host": str(error)})) from error
        except (OSError, ValueError, HTTPException) as error:
            values = {"path": url, "reason": str(error)}
            raise ImportFailed(Message(N_("{path} cannot be read: {reason}"), values)) from error

    def _read(self, data: bytes, address: str, media_type: str) -> Document | None:
        try:
            return self._workshop.feed(data, address, media_type)
        except Costly as error:
            raise ImportFailed(Message(TOO_COSTLY)) from error


class Pages:
    """A folder of saved pages, or one page."""

    def __init__(self, source: str, workshop: Workshop) -> None:
        self._path = Path(source)
        self._workshop = workshop
        self.root = self._path if self._path.is_dir() else self._path.parent
        inside = [each for each in self.root.iterdir() if each.name[:1] != "."]
        # wget puts all it saves into a folder with the name of the host.
        if len(inside) == 1 and inside[0].is_dir() and "." in inside[0].name:
            self.root = inside[0]

    def __iter__(self) -> Iterator[Found]:
        """Yield the pages in the order of their paths."""
        files = sorted(self.root.rglob("*")) if self._path.is_dir() else [self._path]
        for file in files:
            if not _page.search(file.name) or not file.is_file():
                continue
            path = file.relative_to(self.root).as_posix()
            try:
                yield self._workshop.page(file.read_bytes(), path)
            except OSError as error:
                yield LeftOut(path, reason(error))
            except Costly:
                yield LeftOut(path, Message(TOO_COSTLY))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ImportFailed:
    values = {"path": path, "reason": reason(error)}
    return ImportFailed(Message(N_("{path} cannot be read: {reason}"), values))


def _feed_of_page(data: bytes, address: str) -> str | None:
    """Return the address of the feed that a page names: of several, Atom rather than RSS."""
    text = data.decode("utf-8", "replace")
    links = [dict(_attribute.findall(each)) for each in reversed(_link.findall(text))]
    by_type = {link.get("type"): link.get("href") for link in links if "alternate" in link.values()}
    found = next((by_type[each] for each in _FEED_TYPES if by_type.get(each)), None)
    return urljoin(address, unescape(found)) if address and found else None
