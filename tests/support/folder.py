"""An entries folder whose catalogue a thread keeps true, as the writer process does."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from feedsvc.edition import Edition
from feedsvc.errors import FeedsvcError
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.schema import FILE
from feedsvc.sync import loop, settling
from feedsvc.sync.events import Subscriber
from feedsvc.sync.loop import SyncLoop
from feedsvc.sync.request import RESCAN
from tests.support.newsroom import NOW
from tests.support.waiting import wait_for

__all__ = [
    "attached",
    "degraded",
    "gone_ids",
    "old",
    "quicken",
    "rescan",
    "running",
    "shown",
    "titles",
    "wait_for",
]

# In seconds; real ones in proportion, but for SETTLE_WRITTEN.
QUICK: Mapping[ModuleType, Mapping[str, float]] = {
    settling: {"SETTLE": 0.2},
    loop: {"QUIET": 0.1, "TICK": 0.05},
}


def quicken(monkeypatch: pytest.MonkeyPatch, factor: float = 1) -> None:
    """Let files settle sooner than in reality, in all sync loops of this process."""
    for module, values in QUICK.items():
        for name, seconds in values.items():
            monkeypatch.setattr(module, name, seconds * factor)


def shown(settings: Settings) -> dict[str, str]:
    """Return the titles of all entries that are public now, by id."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        entries = Edition(snapshot, time.time_ns() // 1000).newest(100_000)
    return {entry.id: entry.title for entry in entries}


def titles(settings: Settings) -> set[str]:
    """Return the titles that are public now."""
    return set(shown(settings).values())


def attached(settings: Settings, entry_id: str) -> list[str]:
    """Return the paths of the pictures and the attachments of a public entry."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        entry = Edition(snapshot, NOW).find(entry_id)
    assert isinstance(entry, Entry)
    files = (entry.image, *entry.inline, *entry.attachments)
    return sorted(file.path for file in files if file is not None)


def degraded(settings: Settings) -> str:
    """Return why the last scan removed nothing, as a code; '' if it was in order."""
    with Catalogue(settings.instance).snapshot() as snapshot:
        return str(snapshot.degraded)


def gone_ids(settings: Settings) -> set[str]:
    """Return the ids of the entries whose files are gone."""
    with closing(sqlite3.connect(settings.instance / FILE)) as connection:
        rows = connection.execute("SELECT id FROM entry WHERE status = 'removed'").fetchall()
    return {entry_id for (entry_id,) in rows}


def old(path: Path, data: bytes) -> None:
    """Write a file, and the folders above it, as if it had been there for years."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def rescan(settings: Settings) -> None:
    """Have the running loop scan the folder, and wait until it has."""
    request = settings.instance / RESCAN
    request.touch()
    wait_for(lambda: not request.exists())


@contextmanager
def running(settings: Settings, *subscribers: Subscriber) -> Iterator[None]:
    """Keep the catalogue true in a thread, as the writer does in its process."""
    done = threading.Event()

    def work() -> None:
        sync = SyncLoop(settings, subscribers)
        sync.run(lambda: not done.is_set())
        sync.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_for(lambda: _is_complete(settings))
        yield
    finally:
        done.set()
        thread.join(10)
    assert not thread.is_alive()


def _is_complete(settings: Settings) -> bool:
    try:
        titles(settings)
    except FeedsvcError:
        return False  # not ready yet
    return True
