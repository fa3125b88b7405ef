"""The workshop: a child process in which untrusted texts are parsed, within limits.

What a feed or a page of anybody's costs, and whether it breaks a library, is its own affair.
"""

from typing import TypeVar

import msgspec

from feedsvc.importing import entry_file, feeds, saved_pages
from feedsvc.importing.entry_file import Composed, Place, Site
from feedsvc.importing.feeds import Document
from feedsvc.importing.item import Found, Item
from feedsvc.isolation import Child, ChildDied, Limits, fork
from feedsvc.settings import Settings

LIMITS = Limits(processor=20.0, memory=1024 * 1024 * 1024, descriptors=64)
# In seconds: how long a reply may take, however busy the machine.
TIMEOUT = 200.0


class _Feed(msgspec.Struct, tag=True):
    data: bytes
    address: str
    media_type: str


class _Page(msgspec.Struct, tag=True):
    data: bytes
    path: str


class _Files(msgspec.Struct, tag=True):
    item: Item


class _Compose(msgspec.Struct, tag=True):
    item: Item
    path: str
    names: dict[str, str]
    site: Site


_encode = msgspec.msgpack.encode
_decode_request = msgspec.msgpack.Decoder(_Feed | _Page | _Files | _Compose).decode
_T = TypeVar("_T")


class Costly(Exception):
    """What was to be parsed took too much time or memory, or broke a library."""


class Workshop:
    """A child process that is replaced when it dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: Child | None = None

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def feed(self, data: bytes, address: str, media_type: str) -> Document | None:
        """Return a document of a feed, None if it is none. Raises Costly."""
        return self._call(_Feed(data, address, media_type), Document | None)  # type: ignore[arg-type]

    def page(self, data: bytes, path: str) -> Found:
        """Return the text of a saved page (`saved_pages.read`). Raises Costly."""
        return self._call(_Page(data, path), Found)  # type: ignore[arg-type]  # a union

    def files(self, item: Item) -> list[str]:
        """Return the addresses of a text's files (`entry_file.files_of`). Raises Costly."""
        return self._call(_Files(item), list[str])

    def compose(self, item: Item, path: str, names: dict[str, str], site: Site) -> Composed:
        """Return the entry file of a text (`entry_file.compose`). Raises Costly."""
        return self._call(_Compose(item, path, names, site), Composed)

    def _call(self, request: object, kind: type[_T]) -> _T:
        if self._child is None:
            self._child = fork(self._answer, LIMITS)
        try:
            reply = self._child.call(_encode(request), TIMEOUT)
        except (ChildDied, TimeoutError) as error:
            self._child = None
            raise Costly from error
        if not reply:  # a fault of ours or a library's
            raise Costly
        return msgspec.msgpack.decode(reply, type=kind)

    def _answer(self, request: bytes) -> bytes:
        try:
            return _encode(self._done(_decode_request(request)))
        except MemoryError:
            raise  # a limit of the process
        except Exception:  # noqa: BLE001 - one text that cannot be read stops no other
            return b""

    def _done(self, request: _Feed | _Page | _Files | _Compose) -> object:
        parsing = self._settings.parsing
        match request:
            case _Feed(data, address, media_type):
                return feeds.read(data, address, media_type, parsing.timezone)
            case _Page(data, path):
                return saved_pages.read(data, path, parsing.timezone)
            case _Files(item):
                return entry_file.files_of(item, parsing.language)
            case _Compose(item, path, names, site):
                place = Place(self._settings.entries, path)
                return entry_file.compose(item, place, names, site, parsing)
