"""A folder of entries that a thread keeps the catalogue true to."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from feedsvc.edition import Edition
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync.loop import SyncLoop


def titles(settings: Settings) -> set[str]:
    """Give the titles that are public now."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        return {entry.title for entry in Edition(snapshot, time.time_ns() // 1000).newest(500)}


def degraded(settings: Settings) -> str:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return str(snapshot.degraded)


def old(path: Path, data: bytes) -> None:
    """Write a file as if it had lain there for long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Keep the catalogue true in a thread, as the writer does in its process."""
    done = threading.Event()

    def work() -> None:
        mine = SyncLoop(settings)
        mine.run(lambda: not done.is_set())
        mine.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_for(lambda: is_complete(settings))
        yield
    finally:
        done.set()
        thread.join(10)
    assert not thread.is_alive()


def is_complete(settings: Settings) -> bool:
    try:
        titles(settings)
    except Exception:  # noqa: BLE001 - not ready yet, for whatever reason
        return False
    return True
