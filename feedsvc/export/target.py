"""What is exported to: the interface that folders and stores have in common, and their names."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from feedsvc.i18n import Message
from feedsvc.media.types import TYPES, suffix

# Everything of the exporter's own, in the target.
OWN = ".feedsvc/"
# What is no document there, and not listed: the lock, what was written, files that are unfinished.
STATE = ".feedsvc/state/"
GONE = ".feedsvc/gone/"
MARKER = ".feedsvc/state/about.json"
# What a name's end tells a server; deploy/export/ has the same.
SUFFIXES = {
    **TYPES,
    ".html": "text/html",
    ".xml": "application/xml",
    ".json": "application/feed+json",
    ".css": "text/css",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".opml": "text/x-opml",
}
# The end that is added where the name does not tell the type: the first of each.
ADDED = {kind: end for end, kind in reversed(SUFFIXES.items())}
CODINGS = {"gzip": ".gz", "br": ".br"}


class Refused(Exception):
    """One file cannot be written; others can."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What is written: its bytes in parts, and what a store keeps beside them.

    `length` is None if it is not known before; `modified` is in seconds since the epoch.
    """

    parts: Iterable[bytes]
    length: int | None
    media_type: str
    disposition: str = ""
    cache_control: str = "no-cache"
    modified: int
    is_gone: bool = False


class Target(Protocol):
    """A folder or a store. Safe to share among threads.

    Every method raises ExportFailed if the target cannot be used. A version is what the
    listing tells of a file, and differs if the file is another.
    """

    # Whether files in other codings are written as well, and how many at a time.
    has_codings: bool
    threads: int

    def locked(self) -> AbstractContextManager[None]:
        """Keep other exporters out, and take possession of an empty target."""

    def listing(self) -> dict[str, str]:
        """Return the version of each file by its key, without what is below `STATE`."""

    def key(self, path: str, media_type: str, *, is_gone: bool) -> str:
        """Return the key of the document at a path. Raises Refused."""

    def write(self, key: str, file: File, previous: str | None) -> str:
        """Write a file in place of a previous version, and return its version. Raises Refused."""

    def delete(self, key: str) -> None:
        """Delete a file, if it is there."""

    def states(self) -> list[str]:
        """Return the keys below `STATE` of what was written, in their order."""

    def read_state(self, key: str) -> bytes:
        """Return the content of such a key."""

    def write_state(self, key: str, data: bytes) -> None:
        """Write such a key, which must not exist."""


def plain_key(path: str) -> str | None:
    """Return the key of a percent-encoded path; None if no file can have such a name."""
    parts = [unquote(part) for part in path.removeprefix("/").split("/")]
    if parts[-1] == "":
        parts[-1] = "index.html"
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        return None
    return "/".join(parts)


def told_key(key: str, media_type: str) -> str:
    """Return a key whose end tells the media type."""
    kind = media_type.partition(";")[0]
    return key if SUFFIXES.get(suffix(key)) == kind else key + ADDED.get(kind, "")


def shortened(key: str) -> Iterator[str]:
    """Yield a key, and what it was before ends were added to it."""
    for _ in range(3):
        yield key
        stem, dot, end = key.rpartition(".")
        if not dot or f".{end}" not in (*CODINGS.values(), *ADDED.values()):
            return
        key = stem
