"""A server that is told what has changed, as a cache or a content delivery network is."""

import http.server
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.background import serving
from tests.support.waiting import wait_for


class Told(NamedTuple):
    """A request; `headers` by their names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Purged:
    """The server; `answer` decides each status and headers."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answer: Callable[[Told], tuple[int, dict[str, str]]] = lambda _: (200, {})
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                told = Told(self.command, self.path, headers, self.rfile.read(length))
                status, more = owner.answer(told)
                # Only now: who waits for it may go on at once.
                owner.told.append(told)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait(self, count: int) -> list[Told]:
        """Wait until it was told so often; return everything that it was told."""
        wait_for(lambda: len(self.told) >= count)
        return self.told

    def key_sets(self, header: str = "surrogate-key") -> list[set[str]]:
        """Return the keys of each request."""
        return [{*told.headers.get(header, "").split()} for told in self.told]


@contextmanager
def purged() -> Iterator[Purged]:
    """Run such a server."""
    cache = Purged()
    with serving(cache.server):
        yield cache
