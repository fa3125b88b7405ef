"""Watching: what each event of the kernel hints at, and which folder is watched."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from feedsvc.errors import EntriesUnavailable
from feedsvc.settings import Settings
from feedsvc.sync.watcher import Hints, Watcher
from tests.support.folder import quicken, running, titles, wait_for
from tests.support.newsroom import item

ROOT = "/entries"


def hints(*events: FileSystemEvent) -> dict[str, set[str] | bool]:
    """Return the hints that events give, without those that are empty."""
    found = Hints()
    for event in events:
        found.add(event, ROOT)
    assert found.heard
    return {name: value for name, value in vars(found).items() if value and name != "heard"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (FileCreatedEvent(f"{ROOT}/a.md"), {"unsure": {"a.md"}}),
        (FileModifiedEvent(f"{ROOT}/a.md"), {"written": {"a.md"}}),
        (FileClosedEvent(f"{ROOT}/x/a.md"), {"closed": {"x/a.md"}}),
        (FileClosedEvent(os.fsencode(f"{ROOT}/ы.txt")), {"closed": {"ы.txt"}}),
        (FileDeletedEvent(f"{ROOT}/a.md"), {"scan": True}),
        (
            FileMovedEvent(f"{ROOT}/a.tmp", f"{ROOT}/a.md"),
            {"closed": {"a.md"}, "moved": {"a.tmp"}},
        ),
        (FileMovedEvent(f"{ROOT}/a.md", f"{ROOT}/a.tmp"), {"scan": True}),
        (FileClosedEvent(f"{ROOT}/a.jpg"), {"scan": True}),
        (FileMovedEvent(f"{ROOT}/a.tmp", f"{ROOT}/a.jpg"), {"scan": True}),
        (FileMovedEvent(f"{ROOT}/a.jpg", f"{ROOT}/a.tmp"), {"scan": True}),
        (FileClosedEvent(f"{ROOT}/a.tmp"), {}),
        (DirCreatedEvent(f"{ROOT}/x"), {"scan": True}),
        (DirMovedEvent(f"{ROOT}/x", f"{ROOT}/y"), {"scan": True}),
    ],
)
def test_an_event_hints_at_an_entry_file_or_at_a_scan(
    event: FileSystemEvent, expected: dict[str, set[str] | bool]
) -> None:
    assert hints(event) == expected


def test_a_file_that_is_closed_is_not_being_written_to_any_more() -> None:
    path = f"{ROOT}/a.md"
    written = FileModifiedEvent(path)
    assert hints(written, FileClosedEvent(path)) == {"closed": {"a.md"}}
    assert hints(FileClosedEvent(path), written) == {"closed": {"a.md"}, "written": {"a.md"}}


def test_a_folder_that_was_replaced_is_watched_instead(tmp_path: Path) -> None:
    root = tmp_path / "entries"
    watcher = Watcher(root)
    try:
        with pytest.raises(EntriesUnavailable):
            watcher.watch_current()
        root.mkdir()
        assert watcher.watch_current()
        assert not watcher.watch_current()
        root.rename(tmp_path / "away")
        with pytest.raises(EntriesUnavailable):
            watcher.watch_current()
        (tmp_path / "away").rename(root)
        assert watcher.watch_current()
        (root / "a.md").write_bytes(b"")
        wait_for(lambda: "a.md" in watcher.wait(0.05).closed)
    finally:
        watcher.stop()


def test_a_new_folder_is_watched_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)
    with running(replace(settings, rescan=3600)):
        (settings.entries / "new" / "deeper").mkdir(parents=True)
        (settings.entries / "new" / "deeper" / "a.md").write_bytes(item("Deep"))
        wait_for(lambda: titles(settings) == {"Deep"})


def test_watches_that_fail_leave_nothing_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    def held() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    watcher = Watcher(settings.entries)
    before = held()
    for _ in range(5):
        with pytest.raises(OSError, match="limit"):
            watcher.watch_current()
    assert held() == before
