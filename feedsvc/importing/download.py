"""The files of a text: copied from a folder, or fetched from the old site.

What a text names is anybody's: nothing is fetched from a machine that is not public, unless
the one who imports has named it.
"""

import http.client
import os
import re
import shutil
import socket
import urllib.request
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import unquote, urlsplit

from werkzeug.urls import iri_to_uri

from feedsvc import __version__
from feedsvc.media.types import within
from feedsvc.public_hosts import is_public

# In seconds, for each answer to begin and to go on; in bytes, for one document or file.
TIMEOUT = 30
MAX_SIZE = 100 * 1024 * 1024
_PIECE = 64 * 1024


class NotPublic(OSError):
    """The host of this name is not public, and was not named by the one who imports."""


class Source:
    """Where files come from: a folder that stands for the old site, and the network."""

    def __init__(self, folder: Path | None, hosts: Collection[str], *, is_online: bool) -> None:
        """Take a folder with files of the site, and the hosts that need not be public."""
        self._folder = folder
        self._is_online = is_online
        self._opener = urllib.request.build_opener(
            _handler(urllib.request.HTTPHandler, http.client.HTTPConnection, hosts),
            _handler(urllib.request.HTTPSHandler, http.client.HTTPSConnection, hosts),
        )
        self._opener.addheaders = [("User-Agent", f"feedsvc/{__version__}")]

    def document(self, url: str) -> tuple[bytes, str, str]:
        """Fetch a document; return it, its media type and its address. Raises OSError."""
        with self._open(url) as answer:
            data: bytes = answer.read(MAX_SIZE + 1)
            if len(data) > MAX_SIZE:
                raise OSError("too large")
            return data, answer.headers.get("Content-Type", ""), answer.geturl()

    def save(self, url: str, target: Path) -> bool:
        """Save the file of an address; return whether that was possible."""
        with suppress(OSError, ValueError, http.client.HTTPException):
            if found := self._at_hand(url):
                shutil.copyfile(found, target)
                return True
            if self._is_online and url.startswith(("http://", "https://")):
                with self._open(url) as answer, target.open("wb") as file:
                    _copy(answer, file)
                return True
        target.unlink(missing_ok=True)
        return False

    def _open(self, url: str) -> Any:
        if not url.startswith(("http://", "https://")):
            raise OSError("no address of the Web")
        try:
            return self._opener.open(iri_to_uri(url), timeout=TIMEOUT)
        except URLError as error:
            if isinstance(error.reason, NotPublic):
                raise error.reason from error
            raise

    def _at_hand(self, url: str) -> str | None:
        """Return the file that has the path of an address, or the longest end of it."""
        if self._folder is None:
            return None
        path = re.sub("/{2,}", "/", unquote(urlsplit(url).path)).strip("/")
        parts = path.split("/")
        for start in range(min(len(parts), 20)):
            if found := within(self._folder, os.path.normpath("/".join(parts[start:]))):
                return found
        return None


def _copy(answer: Any, file: IO[bytes]) -> None:
    size = 0
    while piece := answer.read(_PIECE):
        size += len(piece)
        if size > MAX_SIZE:
            raise OSError("too large")
        file.write(piece)


def _handler(
    base: type[urllib.request.AbstractHTTPHandler],
    connection: type[http.client.HTTPConnection],
    hosts: Collection[str],
) -> urllib.request.BaseHandler:
    """Return a handler whose connections lead to public machines only, and to these hosts."""

    class Connection(connection):  # type: ignore[misc,valid-type]  # a class that is chosen
        def connect(self) -> None:
            super().connect()
            if self.host.lower() not in hosts and not _is_public(self.sock):
                self.close()
                raise NotPublic(self.host)

    class Handler(base):  # type: ignore[misc,valid-type]  # as above
        def http_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(Connection, request)

        https_open = http_open

    return Handler()


def _is_public(connection: socket.socket) -> bool:
    """Return whether the machine at the other end is public: what its name was resolved to."""
    return is_public(connection.getpeername()[0])
