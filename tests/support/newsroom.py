"""A newsroom that publishes entries without files, and golden files to compare with."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.storage.batch import Applied
from feedsvc.storage.updates import FileUpdate, prepare
from feedsvc.storage.writer import Writer

ROOT = Path(__file__).parents[2]
SITE = "https://news.example"
SECOND = 1_000_000
# Sets the clock that decides what is public, and no other, to microseconds since the epoch.
SetClock = Callable[[int], None]
NOW = to_microseconds(datetime(2026, 7, 1, 12, tzinfo=UTC))


def item(title: str = "Title", date: str = "2026-01-01", body: str = "Text.", **keys: str) -> bytes:
    """Return a Markdown entry; strings quoted as in JSON are YAML as well."""
    front = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in {"title": title, "date": date, **keys}.items()
    )
    return f"---\n{front}---\n\n{body}\n".encode()


class Newsroom:
    """Publishes the contents of entry files that need not exist."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.writer = Writer(settings.instance)
        self._fingerprints = count(1)

    def update(self, path: str, data: bytes) -> FileUpdate:
        """Return the update for a file, with a fingerprint that is new each time."""
        return prepare(
            path,
            str(next(self._fingerprints)),
            read(data, path, self.settings.parsing, self.settings.entries),
        )

    def apply(
        self, files: Mapping[str, bytes], gone: Iterable[str] = (), now: int = NOW
    ) -> Applied:
        """Store the contents of files, in the order given."""
        return self.writer.apply([self.update(*file) for file in files.items()], gone, now)

    def publish(self, files: Mapping[str, bytes], now: int = NOW) -> None:
        """Store the contents of files, and complete the catalogue."""
        self.apply(files, now=now)
        self.writer.finish_first_index()

    def edition(self, now: int = NOW) -> Edition:
        """Return what is public at a moment, whether the catalogue is complete or not."""
        return Edition(self.writer.snapshot(), now)


def golden(name: str, made: bytes) -> bytes:
    """Return the stored document that a rendered one must equal.

    After an intended change, `FEEDSVC_RENEW_GOLDEN=1 make test` stores the new one;
    `git diff tests/data` then shows what readers will see change.
    """
    path = ROOT / "tests" / "data" / name
    if os.environ.get("FEEDSVC_RENEW_GOLDEN") == "1":
        path.write_bytes(made)
    return path.read_bytes()
