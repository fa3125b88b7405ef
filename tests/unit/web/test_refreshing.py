"""Refreshing: what is rendered ahead follows the writer, and leaves time for everything else."""

from types import SimpleNamespace

import pytest

from feedsvc.edition import Edition
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.wakeup import POLLS
from feedsvc.web import freshness, refreshing
from feedsvc.web.document_cache import DocumentCache
from feedsvc.web.refreshing import Refreshing
from feedsvc.web.representation import Representation, represent
from tests.support.newsroom import Newsroom, item


def titles(edition: Edition) -> Representation:
    """Render the titles of all entries."""
    text = " ".join(entry.title for entry in edition.newest(10))
    return represent(text.encode(), "text/plain")


def test_a_change_is_rendered_as_soon_as_it_is_written(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "LONGEST_WAIT", 60.0)
    newsroom.publish({"a.md": item("A", id="a")})
    cache = DocumentCache(Catalogue(newsroom.settings.instance))
    cache.render_ahead("titles", titles)
    refresh = Refreshing(cache, newsroom.settings.instance)
    refresh.refresh()
    newsroom.apply({"a.md": item("B", id="a")})
    refresh.wait()  # not for a minute
    refresh.refresh()
    latest = cache.latest("titles")
    assert latest is not None
    assert latest.body == b"B"


def test_however_often_the_news_change_they_are_not_rendered_more_often(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.publish({"a.md": item("A", id="a")})
    refresh = Refreshing(
        DocumentCache(Catalogue(newsroom.settings.instance)), newsroom.settings.instance
    )
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: 100.0, sleep=pauses.append)
    monkeypatch.setattr(refreshing, "time", clock)
    monkeypatch.setattr(freshness, "LONGEST_WAIT", 0.0)
    refresh.refresh()
    refresh.wait()
    assert pauses == [pytest.approx(1 / POLLS)]
    clock.monotonic = lambda: 200.0
    refresh.refresh()  # nothing is new
    refresh.wait()
    assert pauses[1:] == []


def test_without_a_catalogue_it_is_looked_for(newsroom: Newsroom) -> None:
    cache = DocumentCache(Catalogue(newsroom.settings.instance))
    refresh = Refreshing(cache, newsroom.settings.instance)
    refresh.refresh()
    refresh.wait()
    newsroom.publish({"a.md": item("A", id="a")})
    refresh.refresh()
    assert cache.validity(1).revision == 1
