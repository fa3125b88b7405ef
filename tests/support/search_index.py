"""A newsroom whose catalogue is indexed and searched, step by step."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.search import indexer
from feedsvc.search.index import FILE, Search
from feedsvc.search.indexer import Indexer
from feedsvc.search.results import SearchForm, search
from feedsvc.storage.changes import Changes
from feedsvc.web import freshness
from tests.support.newsroom import NOW, Newsroom


class IndexedNewsroom:
    """A newsroom with an indexer, which works when it is told to, and a search."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.indexer = Indexer(newsroom.settings.instance, "en")
        self.search = Search(newsroom.settings.instance)

    @property
    def path(self) -> Path:
        """Return the file of the index."""
        return self.newsroom.settings.instance / FILE

    def advance(self) -> bool:
        """Have the indexer do a portion of its work."""
        return self.indexer.advance(Changes(self.newsroom.writer.snapshot(), NOW))

    def catch_up(self) -> None:
        while self.advance():
            pass

    def publish(self, files: dict[str, bytes], gone: tuple[str, ...] = ()) -> None:
        """Store what the files hold, and index it."""
        self.newsroom.apply(files, gone)
        self.newsroom.writer.finish_first_index()
        self.catch_up()

    def found(self, words: str, now: int = NOW, **fields: str) -> list[str]:
        """Return the ids on the first page of results."""
        form = SearchForm(words, **fields)
        results = search(form, self.newsroom.edition(now), self.search, self.newsroom.settings)
        return [result.entry.id for result in results.items]

    def state(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("SELECT * FROM state").fetchone())


@pytest.fixture
def index(newsroom: Newsroom) -> Iterator[IndexedNewsroom]:
    indexed = IndexedNewsroom(newsroom)
    yield indexed
    indexed.indexer.close()


@pytest.fixture
def site(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Return a client of the newsroom's site, whose clock stands still."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    return build_app(newsroom.settings).test_client()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the indexer retry at once after a fault, and always check its files."""
    monkeypatch.setattr(indexer, "MIN_PAUSE", 0)
    monkeypatch.setattr(indexer, "MAX_PAUSE", 0)
    monkeypatch.setattr(indexer, "CHECK_EVERY", -1)


def delete_index(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
