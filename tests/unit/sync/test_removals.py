"""Removals: what is gone goes, what was only moved stays, and a mishap takes nothing away."""

import logging
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import settling
from feedsvc.sync.removals import GUARDED, Removals, suspicion
from feedsvc.sync.request import ACCEPT_REMOVALS
from tests.support.folder import degraded, old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item

Restore = Callable[[], object]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which scans come only where something asks for them."""
    return replace(settings, rescan=3600)


def fill(folder: Path, count: int) -> set[str]:
    """Write entries, and return their titles, which are the names of their files as well."""
    names = {f"T{number}" for number in range(count)}
    for name in names:
        old(folder / f"{name}.md", item(name))
    return names


def test_a_removed_file_is_gone_and_a_renamed_one_stays(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", id="a"))
    old(settings.entries / "b.md", item("B", id="b"))
    with running(settings):
        (settings.entries / "a.md").unlink()
        (settings.entries / "b.md").rename(settings.entries / "c.md")
        wait_for(lambda: titles(settings) == {"B"})


def test_a_renamed_folder_takes_nothing_away_meanwhile(settings: Settings) -> None:
    names = fill(settings.entries / "x", 40)

    def is_renamed() -> bool:
        assert titles(settings) == names
        with Catalogue(settings.instance).snapshot() as snapshot:
            return all(path.startswith("y/") for path in snapshot.fingerprints())

    with running(settings):
        (settings.entries / "x").rename(settings.entries / "y")
        wait_for(is_renamed)
        rescan(settings)
        assert titles(settings) == names
        assert degraded(settings) == ""


# Mishaps: each harms the folder, and returns how to restore it.


def missing(entries: Path) -> Restore:
    away = entries.rename(entries.with_name("away"))
    return lambda: away.rename(entries)


def a_link_to_nothing(entries: Path) -> Restore:
    restore = missing(entries)
    entries.symlink_to("nowhere")
    return instead(entries, restore)


def a_file(entries: Path) -> Restore:
    restore = missing(entries)
    entries.write_bytes(b"")
    return instead(entries, restore)


def instead(entries: Path, restore: Restore) -> Restore:
    def undo() -> None:
        entries.unlink()
        restore()

    return undo


def empty(entries: Path) -> Restore:
    return without(entries, sorted(entries.iterdir()))


def more_than_a_third(entries: Path) -> Restore:
    return without(entries, sorted(entries.iterdir())[:11])


def without(entries: Path, paths: list[Path]) -> Restore:
    shutil.copytree(entries, entries.with_name("away"))
    for path in paths:
        path.unlink()
    return lambda: shutil.copytree(entries.with_name("away"), entries, dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        (missing, "closed"),
        (a_link_to_nothing, "closed"),
        (a_file, "closed"),
        (empty, "empty"),
        (more_than_a_third, "vanished"),
    ],
)
def test_the_guard_keeps_what_a_mishap_would_take_away(
    settings: Settings,
    mishap: Callable[[Path], Restore],
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = fill(settings.entries, 30)
    with running(settings):
        restore = mishap(settings.entries)
        for _ in range(3):
            rescan(settings)
        wait_for(lambda: degraded(settings) == code)
        assert titles(settings) == names
        restore()
        rescan(settings)
        wait_for(lambda: degraded(settings) == "")
        assert titles(settings) == names
        (settings.entries / "new.md").write_bytes(item("New"))
        wait_for(lambda: titles(settings) == {*names, "New"}, 5)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1


def test_a_third_of_the_entries_may_go_and_more_once_the_operator_accepts_it(
    settings: Settings,
) -> None:
    fill(settings.entries, 30)
    with running(settings):
        for number in range(10):
            (settings.entries / f"T{number}.md").unlink()
        wait_for(lambda: len(titles(settings)) == 20)
        for path in settings.entries.iterdir():
            path.unlink()
        wait_for(lambda: degraded(settings) == "empty")
        (settings.instance / ACCEPT_REMOVALS).touch()
        wait_for(lambda: titles(settings) == set())
        wait_for(lambda: not (settings.instance / ACCEPT_REMOVALS).exists())
        assert degraded(settings) == ""


def count(paths: Iterable[str]) -> tuple[int, int]:
    """Count as a catalogue of 30 entries does."""
    return 30, len(list(paths))


def test_two_scans_in_a_row_must_miss_a_file() -> None:
    removals = Removals()
    assert removals.confirm(["a", "b"], count) == (frozenset(), False)
    assert removals.confirm(["b", "c"], count) == (frozenset("b"), False)
    assert removals.confirm([], count) == (frozenset(), True)
    assert removals.confirm(["c"], count) == (frozenset(), False)
    assert removals.confirm(["c"], count) == (frozenset("c"), True)


def test_files_that_are_gone_wait_for_unread_ones_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    removals = Removals()
    assert not removals.may_be_renamed(["a"], lambda: False)
    assert removals.may_be_renamed(["a"], lambda: True)
    monkeypatch.setattr(settling, "SETTLE", 0)
    assert not removals.may_be_renamed(["a"], lambda: True)
    assert not removals.may_be_renamed([], lambda: True)


def names(start: int, end: int) -> list[str]:
    return [f"{number:02}" for number in range(start, end)]


def test_what_goes_after_a_mishap_is_judged_by_itself() -> None:
    removals = Removals()
    lost = names(0, 15)
    # Each: what is gone, how many files are there, whether it is all held.
    for gone, seen, is_all_held in (
        (lost, 15, True),
        ([*lost, "20"], 14, False),
        ([*lost, *names(20, 25)], 10, False),
        ([*lost, *names(20, 26)], 9, True),  # more than a third of the others
        (lost, 15, True),
        ([*lost, "20"], 0, True),
    ):
        mishap = removals.guard(gone, seen, count)
        assert mishap is not None
        assert removals.held == frozenset(gone if is_all_held else lost)
        removals = Removals(frozenset(lost))


def test_the_guard_comes_down_once_most_of_the_files_are_back() -> None:
    removals = Removals(frozenset(names(0, 15)))
    assert removals.guard(names(0, 10), 20, count) is None
    assert removals.held == frozenset()


def test_while_files_are_held_nothing_is_removed_before_the_loss_comes_to_rest() -> None:
    lost = names(0, 15)
    removals = Removals(frozenset(lost))
    assert removals.confirm([*lost, "20"], count) == (frozenset(), False)
    assert removals.confirm([*lost, "20", "21"], count) == (frozenset(), False)
    assert removals.confirm([*lost, "20", "21"], count) == (frozenset(("20", "21")), True)


def test_no_more_than_ten_entries_an_hour_are_removed_while_others_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def many(paths: Iterable[str]) -> tuple[int, int]:
        return 900, len(list(paths))

    face = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: face[0])
    lost = [f"lost {number}" for number in range(400)]
    removals = Removals(frozenset(lost))

    def passes(path: str) -> bool:
        gone = [*lost, path]
        for _ in range(2):
            assert removals.guard(gone, 500, many)
            confirmed, _ = removals.confirm(gone, many)
        removals.held = frozenset(lost)
        return path in confirmed

    assert [passes(path) for path in names(0, 12)] == [True] * 10 + [False] * 2
    face[0] += 3600
    assert passes("later")


def test_what_is_deleted_or_withdrawn_after_a_mishap_goes_down_and_the_rest_stays(
    settings: Settings,
) -> None:
    every = fill(settings.entries, 40)
    lost = {f"T{number}" for number in range(20)}

    def only_these_went(*titles_gone: str) -> Callable[[], bool]:
        return lambda: titles(settings) == every - set(titles_gone)

    with running(settings):
        for title in lost:
            (settings.entries / f"{title}.md").unlink()
        wait_for(lambda: degraded(settings) == "vanished")
        (settings.entries / "T30.md").unlink()
        wait_for(only_these_went("T30"))
        (settings.entries / "T31.md").write_bytes(item("T31", status="withdrawn"))
        wait_for(only_these_went("T30", "T31"))
        assert degraded(settings) == "vanished"
    with running(settings):  # it is remembered
        rescan(settings)
        (settings.entries / "T32.md").unlink()
        wait_for(only_these_went("T30", "T31", "T32"))
        assert degraded(settings) == "vanished"
        fill(settings.entries, 20)
        rescan(settings)
        assert degraded(settings) == ""
        (settings.entries / "T33.md").unlink()
        wait_for(only_these_went("T30", "T31", "T32", "T33"))


@pytest.mark.parametrize(
    ("seen", "held", "lost", "code"),
    [
        (1, GUARDED, GUARDED // 3, None),
        (1, GUARDED, GUARDED // 3 + 1, "vanished"),
        (1, GUARDED - 1, GUARDED - 1, None),
        (0, 1, 1, "empty"),
        (0, GUARDED, GUARDED, "empty"),
        (0, 0, 0, None),
    ],
)
def test_more_than_a_third_of_many_entries_or_all_of_them_are_a_mishap(
    seen: int, held: int, lost: int, code: str | None
) -> None:
    found = suspicion(seen, held, lost)
    assert (found and found[0]) == code
