"""Removals: what is gone goes, what was only moved stays, and a mishap takes nothing away."""

import logging
import shutil
from collections.abc import Callable
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


def test_two_scans_in_a_row_must_miss_a_file() -> None:
    removals = Removals()
    assert removals.confirm(["a", "b"]) == (frozenset(), False)
    assert removals.confirm(["b", "c"]) == (frozenset("b"), False)
    assert removals.confirm([]) == (frozenset(), True)
    assert removals.confirm(["c"]) == (frozenset(), False)
    assert removals.confirm(["c"]) == (frozenset("c"), True)


def test_files_that_are_gone_wait_for_unread_ones_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    removals = Removals()
    assert not removals.may_be_renamed(["a"], lambda: False)
    assert removals.may_be_renamed(["a"], lambda: True)
    monkeypatch.setattr(settling, "SETTLE", 0)
    assert not removals.may_be_renamed(["a"], lambda: True)
    assert not removals.may_be_renamed([], lambda: True)


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
