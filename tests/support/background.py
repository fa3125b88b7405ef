"""Work that goes on in threads while a test does something else."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self


class Background:
    """Runs functions, each in a thread of its own, within a context.

    At its end `_over` is set, and they are waited for.
    """

    def __init__(self, *works: Callable[[], None]) -> None:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in works]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Have a server answer within a context; it is closed at its end."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
