"""Settling: a file is published once it is complete, and not before."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc import clock
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.waiting import MAX_WAITING, NONE, Waiting
from feedsvc.sync import settling
from feedsvc.sync.scanner import FoundFile
from feedsvc.sync.settling import Settling
from feedsvc.sync.watcher import Hints, Watcher
from tests.support.folder import old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings by which scans come only where something asks for them."""
    quicken(monkeypatch)
    return replace(settings, rescan=3600)


def link(settings: Settings, tmp_path: Path, name: str) -> None:
    """Let a file appear that nothing closes, so that it must stand still before it is read."""
    (tmp_path / name).write_bytes(item(name))
    os.link(tmp_path / name, settings.entries / f"{name}.md")


def test_a_file_is_published_when_it_is_closed_and_not_before(
    settings: Settings, tmp_path: Path
) -> None:
    complete = item("Complete")
    with running(settings):
        with (settings.entries / "a.md").open("wb") as file:
            file.write(complete[:-3])
            file.flush()
            # Another two files appear and settle, one after the other.
            for name in ("one", "two"):
                link(settings, tmp_path, name)
                wait_for(lambda name=name: name in titles(settings))  # type: ignore[misc]
            assert titles(settings) == {"one", "two"}
            file.write(complete[-3:])
        wait_for(lambda: titles(settings) == {"one", "two", "Complete"})


def test_a_file_moved_into_place_is_published(settings: Settings, tmp_path: Path) -> None:
    with running(settings):
        (settings.entries / "a.tmp").write_bytes(item("Renamed"))
        (settings.entries / "a.tmp").rename(settings.entries / "a.md")
        (tmp_path / "b").write_bytes(item("From elsewhere"))
        (tmp_path / "b").rename(settings.entries / "b.md")
        link(settings, tmp_path, "Linked")
        wait_for(lambda: titles(settings) == {"Renamed", "From elsewhere", "Linked"})


def test_windows_1251_is_believed_only_at_rest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Заголовок\n13.08.2014\nТекст новости".encode("cp1251")
    monkeypatch.setattr(settling, "SETTLE", 3600)
    old(settings.entries / "old.md", item("Old"))
    with running(settings):
        (settings.entries / "a.txt").write_bytes(text)
        (settings.entries / "b.md").write_bytes(item("Later"))
        wait_for(lambda: titles(settings) == {"Old", "Later"})
        rescan(settings)
        assert titles(settings) == {"Old", "Later"}
        monkeypatch.setattr(settling, "SETTLE", 0.1)
        wait_for(lambda: titles(settings) == {"Old", "Later", "Заголовок"})


def test_a_file_that_was_written_to_and_not_closed_is_not_read_because_a_scan_saw_it_grow(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = threading.Event()
    listen = Watcher.wait

    def listening(watcher: Watcher, seconds: float) -> Hints:
        hints = listen(watcher, seconds)
        if "a.md" in hints.written:
            heard.set()
        return hints

    def deaf(_: Watcher, seconds: float) -> Hints:
        time.sleep(min(seconds, 0.05))
        return Hints()

    monkeypatch.setattr(Watcher, "wait", listening)
    with running(settings), (settings.entries / "a.md").open("wb") as file:
        file.write(item("Half"))
        file.flush()
        assert heard.wait(30)
        monkeypatch.setattr(Watcher, "wait", deaf)
        file.write(b"More and")
        file.flush()
        for name in ("one", "two"):
            link(settings, tmp_path, name)
            rescan(settings)
            wait_for(lambda name=name: name in titles(settings))  # type: ignore[misc]
        assert titles(settings) == {"one", "two"}


def test_only_the_first_scan_trusts_the_time_of_a_file() -> None:
    settled = FoundFile("a.md", "1", modified=time.time() - settling.SETTLE - 1)
    fresh = replace(settled, modified=time.time())
    from_the_future = replace(settled, modified=time.time() + 3600)
    assert Settling().is_complete(settled, first_scan=True)
    for file, first_scan in ((settled, False), (fresh, True), (from_the_future, True)):
        files = Settling()
        assert not files.is_complete(file, first_scan=first_scan)
        assert files
        files.discard("a.md")
        assert not files


def test_a_file_settles_once_it_stands_still_and_later_while_it_is_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "SETTLE", 0)
    files = Settling()
    found = FoundFile("a.md", "1")
    grown = FoundFile("a.md", "2")
    files.wait(found)
    # It grew meanwhile, so it waits again.
    assert files.take_settled(lambda _: grown) == []
    assert files.take_settled(lambda _: grown) == [grown]
    assert files.take_settled(lambda _: None) == []
    assert not files
    files.wait(found, written=True)
    # A scan that sees it grow does not forget that it is being written to.
    assert not files.is_complete(grown, first_scan=False)
    assert files.take_settled(lambda _: grown) == []
    monkeypatch.setattr(settling, "SETTLE_WRITTEN", 0)
    assert files.take_settled(lambda _: grown) == [grown]


def waiting(settings: Settings) -> Waiting:
    with Catalogue(settings.instance).snapshot() as snapshot:
        return snapshot.waiting()


def test_files_that_are_still_copied_are_listed_until_they_are_complete(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "RECORD_EVERY", 0.1)
    with running(settings):
        before = clock.now()
        with (settings.entries / "b.md").open("wb") as file:
            file.write(item("B")[:-3])
            file.flush()
            wait_for(lambda: waiting(settings).count == 1)
            (found,) = waiting(settings).files
            file.write(item("B")[-3:])
            file.flush()
            with (settings.entries / "a.md").open("wb") as other:
                other.write(b"A")
                other.flush()
                wait_for(lambda: waiting(settings).count == 2)
        wait_for(lambda: waiting(settings) == NONE)
    assert found.path == "b.md"
    assert before <= found.since <= clock.now()


def test_the_files_that_wait_longest_are_listed_and_the_others_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter(range(1000, 0, -1))
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    files, lists = Settling(), list[Waiting]()
    for number in range(MAX_WAITING + 2):
        files.wait(FoundFile(f"{number:03}.md", "x"))
    files.wait(FoundFile("000.md", "y"))  # it has waited since 1000 nevertheless
    files.record(lists.append)
    (listed,) = lists
    assert listed.count == MAX_WAITING + 2
    assert [file.path for file in listed.files] == [f"{n:03}.md" for n in range(101, 1, -1)]
    assert listed.files[-1].since == 998


def test_what_waits_is_recorded_once_a_second_at_most_and_only_if_it_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files, lists = Settling(), list[Waiting]()
    clock_face = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock_face[0])

    def counts(seconds: float) -> list[int]:
        clock_face[0] = seconds
        files.record(lists.append)
        files.record(lists.append)
        return [each.count for each in lists]

    assert counts(0) == [0]  # a list of a writer that was ended is corrected
    files.wait(FoundFile("a.md", "x"))
    assert counts(0.5) == [0]
    files.wait(FoundFile("b.md", "x"))
    assert counts(1) == [0, 2]
    assert counts(3) == [0, 2]
    files.discard("a.md")
    files.discard("b.md")
    assert counts(3.5) == [0, 2, 0]
    files.wait(FoundFile("a.md", "x"))
    files.discard("a.md")
    assert counts(9) == [0, 2, 0]
