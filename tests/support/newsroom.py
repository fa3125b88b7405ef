"""A newsroom: entries that need not lie anywhere, and what tests compare with."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.parsing import read
from feedsvc.settings import Settings
from feedsvc.storage.batch import Applied, FileUpdate, prepare
from feedsvc.storage.writer import Writer

ROOT = Path(__file__).parent.parent


SITE = "https://news.example"


SECOND = 1_000_000


NOW = to_microseconds(datetime(2026, 7, 1, 12, tzinfo=UTC))


def item(title: str = "Title", date: str = "2026-01-01", body: str = "Text.", **keys: str) -> bytes:
    """Write a Markdown entry; JSON's quotation is YAML's as well."""
    front = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in {"title": title, "date": date, **keys}.items()
    )
    return f"---\n{front}---\n\n{body}\n".encode()


class Newsroom:
    """Publishes entry files that need not lie anywhere."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.writer = Writer(settings.instance)
        self._stamps = count(1)

    def update(self, path: str, data: bytes) -> FileUpdate:
        """Read a file, as one that was never seen with this stamp."""
        return prepare(
            path,
            str(next(self._stamps)),
            read(data, path, self.settings.parsing, self.settings.entries),
        )

    def apply(
        self, files: Mapping[str, bytes], gone: Iterable[str] = (), now: int = NOW
    ) -> Applied:
        """Store what the files hold, in the order given."""
        return self.writer.apply([self.update(*file) for file in files.items()], gone, now)

    def publish(self, files: Mapping[str, bytes], now: int = NOW) -> None:
        """Store what the files hold, and let the readers in."""
        self.apply(files, now=now)
        self.writer.finish_first_index()

    def edition(self, now: int = NOW) -> Edition:
        """Give what is public at a moment, whether there may be readers or not."""
        return Edition(self.writer.snapshot(), now)


def golden(name: str, made: bytes) -> bytes:
    """Give the stored document that a rendered one must equal.

    After a change that is meant, `FEEDSVC_RENEW_GOLDEN=1 make test` stores what is
    made now; `git diff tests/data` then shows what readers will see change.
    """
    path = ROOT / "tests" / "data" / name
    if os.environ.get("FEEDSVC_RENEW_GOLDEN") == "1":
        path.write_bytes(made)
    return path.read_bytes()
