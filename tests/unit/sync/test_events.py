"""Subscribers: each hears of every event exactly once, whenever the service was restarted."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedsvc import clock
from feedsvc.settings import Settings
from feedsvc.storage.changes import Changes, Position
from tests.support.folder import old, quicken, rescan, running, wait_for
from tests.support.newsroom import item

HOUR = 3_600_000_000
Event = tuple[str, str | None, bool]


class Journal:
    """A subscriber that keeps its events and its position in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_closed = False
        self.events: list[Event] = []
        self.checked = 0
        self._position = Position()
        if path.exists():
            position, events = json.loads(path.read_text(encoding="utf-8"))
            self._position = Position(*position)
            self.events = [(entry_id, title, is_public) for entry_id, title, is_public in events]
            self.checked = len(self.events)

    def advance(self, changes: Changes) -> bool:
        limit = 2
        found, position = changes.after(self._position, limit)
        events = self.events + [
            (event.row.id, event.entry.title if event.entry else None, event.is_public)
            for event in found
        ]
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps((position, events)), encoding="utf-8")
        new.replace(self._path)
        self._position, self.events = position, events
        return len(found) == limit

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    quicken(monkeypatch)
    return replace(settings, rescan=3600)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets the clock of what is public run ahead, in microseconds."""
    now = clock.now
    return lambda ahead: monkeypatch.setattr(clock, "now", lambda: now() + ahead)


def in_hours(number: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=number)).isoformat()


def hear(settings: Settings, journal: Journal, *expected: Event) -> None:
    """Wait until these events have come, in any order, and no other, since the last call."""
    start = journal.checked
    wait_for(lambda: len(journal.events) >= start + len(expected))
    for _ in range(2):
        rescan(settings)
    assert sorted(journal.events[start:]) == sorted(expected)
    journal.checked = len(journal.events)


def test_a_subscriber_hears_of_each_event_once_scheduled_moments_included(
    settings: Settings, tmp_path: Path, set_clock: Callable[[int], None]
) -> None:
    journal = Journal(tmp_path / "journal")
    for name in ("a", "b", "c"):
        old(settings.entries / f"{name}.md", item(name.upper()))
    old(settings.entries / "later.md", item("Later", date=in_hours(1)))
    with running(settings, journal):
        public: tuple[Event, ...] = (("a", "A", True), ("b", "B", True), ("c", "C", True))
        hear(settings, journal, *public, ("later", "Later", False))
        (settings.entries / "d.md").write_bytes(item("D"))
        hear(settings, journal, ("d", "D", True))
        (settings.entries / "a.md").write_bytes(item("A, changed"))
        hear(settings, journal, ("a", "A, changed", True))
        (settings.entries / "b.md").write_bytes(item("B", status="withdrawn"))
        hear(settings, journal, ("b", None, False))
        (settings.entries / "c.md").unlink()
        hear(settings, journal, ("c", None, False))
        set_clock(2 * HOUR)
        hear(settings, journal, ("later", "Later", True))
    assert journal.is_closed


def test_a_subscriber_goes_on_where_it_was_after_a_restart(
    settings: Settings, tmp_path: Path, set_clock: Callable[[int], None]
) -> None:
    journal = Journal(tmp_path / "journal")
    for name in ("a", "b", "c"):
        old(settings.entries / f"{name}.md", item(name.upper()))
    for number in (1, 3):
        old(settings.entries / f"in{number}.md", item("Later", date=in_hours(number)))
    with running(settings, journal):
        hear(
            settings,
            journal,
            *(("a", "A", True), ("b", "B", True), ("c", "C", True)),
            *(("in1", "Later", False), ("in3", "Later", False)),
        )
    heard = journal.events
    # While it does not run, files change and the moment of a scheduled entry passes.
    old(settings.entries / "a.md", item("A, changed"))
    os.unlink(settings.entries / "b.md")
    set_clock(2 * HOUR)
    journal = Journal(tmp_path / "journal")
    assert journal.events == heard
    with running(settings, journal):
        hear(
            settings,
            journal,
            *(("a", "A, changed", True), ("b", None, False), ("in1", "Later", True)),
        )
    journal = Journal(tmp_path / "journal")
    with running(settings, journal):
        hear(settings, journal)
        set_clock(4 * HOUR)
        hear(settings, journal, ("in3", "Later", True))


def test_two_subscribers_hear_the_same_at_their_own_pace(
    settings: Settings, tmp_path: Path
) -> None:
    first, second = Journal(tmp_path / "first"), Journal(tmp_path / "second")
    old(settings.entries / "a.md", item("A"))
    with running(settings, first):
        hear(settings, first, ("a", "A", True))
    (settings.entries / "b.md").write_bytes(item("B"))
    with running(settings, first, second):
        hear(settings, first, ("b", "B", True))
        wait_for(lambda: sorted(second.events) == sorted(first.events))
