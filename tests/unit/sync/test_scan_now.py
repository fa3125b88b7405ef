"""Scanning now: here if there is no writer, else by the writer, within a time."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from feedsvc.settings import Settings
from feedsvc.sync.coordination import take_lock, writer_is_alive
from feedsvc.sync.request import ACCEPT_REMOVALS, RESCAN
from feedsvc.sync.scan_now import scan_now
from tests.support.folder import degraded, old, quicken, running, titles, wait_for
from tests.support.newsroom import item


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    quicken(monkeypatch)
    return replace(settings, rescan=3600)


@pytest.fixture
def lock(settings: Settings) -> Iterator[None]:
    """Hold the writer's lock."""
    descriptor = take_lock(settings.instance)
    assert descriptor is not None
    yield
    os.close(descriptor)


def test_without_a_writer_the_scan_is_made_here(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A"))
    assert scan_now(settings, accept_removals=False)
    assert titles(settings) == {"A"}
    (settings.entries / "a.md").unlink()
    assert scan_now(settings, accept_removals=False)
    assert (titles(settings), degraded(settings)) == ({"A"}, "empty")
    assert scan_now(settings, accept_removals=True)
    assert (titles(settings), degraded(settings)) == (set(), "")
    assert not writer_is_alive(settings.instance)


@pytest.mark.usefixtures("lock")
def test_a_writer_is_asked_and_does_it(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A"))
    with running(settings):
        (settings.entries / "a.md").unlink()
        assert scan_now(settings, accept_removals=False)
        wait_for(lambda: degraded(settings) == "empty")
        assert titles(settings) == {"A"}
        assert scan_now(settings, accept_removals=True)
        assert (titles(settings), degraded(settings)) == (set(), "")


@pytest.mark.usefixtures("lock")
def test_a_writer_that_does_not_answer_is_not_waited_for_any_longer(settings: Settings) -> None:
    assert not scan_now(settings, accept_removals=False, timeout=0)
    assert not scan_now(settings, accept_removals=True, timeout=0)
    # The requests stay, for a writer that comes later.
    names = {path.name for path in settings.instance.iterdir()}
    assert names >= {RESCAN, ACCEPT_REMOVALS}
