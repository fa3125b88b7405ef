"""Keeping the catalogue true: whole files, removals, the guard."""

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.edition import Edition
from feedsvc.media.types import is_passed_over
from feedsvc.model import Entry, Reading
from feedsvc.problems import severity
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.writer import Writer
from feedsvc.sync import loop as sync_module
from feedsvc.sync.check import check
from feedsvc.sync.loop import SyncLoop
from feedsvc.sync.reading import read_file
from feedsvc.sync.request import ACCEPT_REMOVALS, RESCAN
from feedsvc.sync.scanner import FoundFile, Scan
from feedsvc.sync.watcher import Hints, Watcher
from tests.support.folder import degraded, old, running, titles, wait_for
from tests.support.newsroom import item


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files come to rest sooner, for the tests that do not measure it."""
    monkeypatch.setattr(sync_module, "SETTLE", 0.3)
    monkeypatch.setattr(sync_module, "QUIET", 0.2)
    monkeypatch.setattr(sync_module, "TICK", 0.1)


@pytest.fixture
def slow_scans(settings: Settings) -> Settings:
    return replace(settings, rescan=3600)


@pytest.mark.usefixtures("quick")
def test_a_file_is_published_when_it_is_closed_and_not_before(slow_scans: Settings) -> None:
    with running(slow_scans):
        with (slow_scans.entries / "a.md").open("wb") as file:
            whole = item("Whole")
            file.write(whole[:-3])
            file.flush()
            # Twice as long as a file needs to come to rest: it is held open still.
            time.sleep(0.8)
            assert set() == titles(slow_scans)
            file.write(whole[-3:])
        wait_for(lambda: titles(slow_scans) == {"Whole"})


@pytest.mark.usefixtures("quick")
def test_a_file_moved_into_place_is_published(slow_scans: Settings, tmp_path: Path) -> None:
    with running(slow_scans):
        (slow_scans.entries / "a.tmp").write_bytes(item("Renamed"))
        (slow_scans.entries / "a.tmp").rename(slow_scans.entries / "a.md")
        (tmp_path / "b").write_bytes(item("From elsewhere"))
        (tmp_path / "b").rename(slow_scans.entries / "b.md")
        (tmp_path / "c").write_bytes(item("Linked"))
        os.link(tmp_path / "c", slow_scans.entries / "c.md")
        wait_for(lambda: titles(slow_scans) == {"Renamed", "From elsewhere", "Linked"})


@pytest.mark.usefixtures("quick")
def test_windows_1251_is_believed_only_at_rest(slow_scans: Settings) -> None:
    text = "Заголовок\n13.08.2014\nТекст новости".encode("cp1251")
    with running(slow_scans):
        (slow_scans.entries / "a.txt").write_bytes(text)
        time.sleep(0.15)
        assert set() == titles(slow_scans)
        wait_for(lambda: titles(slow_scans) == {"Заголовок"})


@pytest.mark.usefixtures("quick")
def test_a_new_folder_is_watched_too(slow_scans: Settings) -> None:
    with running(slow_scans):
        (slow_scans.entries / "new" / "deeper").mkdir(parents=True)
        (slow_scans.entries / "new" / "deeper" / "a.md").write_bytes(item("Deep"))
        wait_for(lambda: titles(slow_scans) == {"Deep"})


@pytest.mark.usefixtures("quick")
def test_a_removed_file_is_gone_and_a_renamed_one_stays(slow_scans: Settings) -> None:
    old(slow_scans.entries / "a.md", item("A", id="a"))
    old(slow_scans.entries / "b.md", item("B", id="b"))
    with running(slow_scans):
        (slow_scans.entries / "a.md").unlink()
        (slow_scans.entries / "b.md").rename(slow_scans.entries / "c.md")
        wait_for(lambda: titles(slow_scans) == {"B"})


@pytest.mark.usefixtures("quick")
def test_a_renamed_folder_takes_nothing_away_meanwhile(slow_scans: Settings) -> None:
    names = {f"T{number}" for number in range(40)}
    for name in names:
        old(slow_scans.entries / "x" / f"{name}.md", item(name))
    seen: list[set[str]] = []
    with running(slow_scans):
        (slow_scans.entries / "x").rename(slow_scans.entries / "y")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            seen.append(titles(slow_scans))
        assert degraded(slow_scans) == ""
    assert [names] * len(seen) == seen


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mishap", ["missing", "empty", "closed", "a third", "a file"])
def test_the_guard_keeps_what_a_mishap_would_take_away(
    settings: Settings, mishap: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings, rescan=1)
    names = {f"T{number}" for number in range(30)}
    for name in names:
        old(settings.entries / f"{name}.md", item(name))
    away = settings.entries.with_name("away")
    with running(settings):
        if mishap == "missing":
            settings.entries.rename(away)
        elif mishap == "empty":
            shutil.copytree(settings.entries, away)
            for path in settings.entries.iterdir():
                path.unlink()
        elif mishap == "closed":
            settings.entries.rename(away)
            settings.entries.symlink_to("nowhere")
        elif mishap == "a file":
            settings.entries.rename(away)
            settings.entries.write_bytes(b"")
        else:
            shutil.copytree(settings.entries, away)
            for number in range(11):
                (settings.entries / f"T{number}.md").unlink()
        word = {"empty": "empty", "a third": "vanished"}.get(mishap, "closed")
        wait_for(lambda: degraded(settings) == word)
        assert names == titles(settings)
        if mishap in ("empty", "a third"):
            shutil.copytree(away, settings.entries, dirs_exist_ok=True)
        else:
            if settings.entries.is_symlink() or settings.entries.is_file():
                settings.entries.unlink()
            away.rename(settings.entries)
        wait_for(lambda: degraded(settings) == "")
        assert names == titles(settings)
        (settings.entries / "new.md").write_bytes(item("New"))
        wait_for(lambda: titles(settings) == {*names, "New"}, 5)
    loud = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(loud) == 1


@pytest.mark.usefixtures("quick")
def test_a_third_of_the_entries_may_go_and_more_once_it_is_said_to_be_meant(
    settings: Settings,
) -> None:
    settings = replace(settings, rescan=1)
    for number in range(30):
        old(settings.entries / f"T{number}.md", item(f"T{number}"))
    with running(settings):
        for number in range(10):
            (settings.entries / f"T{number}.md").unlink()
        wait_for(lambda: len(titles(settings)) == 20)
        for path in settings.entries.iterdir():
            path.unlink()
        wait_for(lambda: degraded(settings) == "empty")
        (settings.instance / ACCEPT_REMOVALS).touch()
        wait_for(lambda: titles(settings) == set())
        assert degraded(settings) == ""
        assert not (settings.instance / ACCEPT_REMOVALS).exists()


@pytest.mark.usefixtures("quick")
def test_a_scan_can_be_asked_for(slow_scans: Settings) -> None:
    with running(slow_scans):
        (slow_scans.instance / RESCAN).touch()
        wait_for(lambda: not (slow_scans.instance / RESCAN).exists())


@pytest.mark.usefixtures("quick")
def test_without_change_notices_scans_find_everything(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    settings = replace(settings, rescan=1)
    with running(settings):
        (settings.entries / "a.md").write_bytes(item("A"))
        wait_for(lambda: titles(settings) == {"A"})
        (settings.entries / "a.md").unlink()
        (settings.entries / "b.md").write_bytes(item("B"))
        wait_for(lambda: titles(settings) == {"B"})
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


@pytest.mark.usefixtures("quick")
def test_a_problem_is_logged_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings = replace(settings, rescan=1)
    with running(settings):
        (settings.entries / "a.txt").write_bytes(b"Title\nsoon\nText")
        time.sleep(2.5)
    with running(settings):
        time.sleep(0.5)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    sentence = (
        "a.txt:2: «soon» — не дата с днём, месяцем и годом: "
        "напишите так: 13.08.2014, 13.08.2014 15:30 или 13 августа 2014"
    )
    assert [sentence] == said


@pytest.mark.usefixtures("quick")
def test_many_files_are_read_by_all_cores_and_in_their_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sync_module, "MANY", 50)
    monkeypatch.setattr(sync_module, "BATCH", 30)
    caplog.set_level(logging.INFO)
    for number in range(100):
        old(settings.entries / f"{number:03}.md", item(f"T{number}", id=f"i{number // 2}"))
    with running(settings):
        # Of each two that want the same id, the first by its path has it.
        assert {f"T{number}" for number in range(0, 100, 2)} == titles(settings)
    tenths = [record.getMessage() for record in caplog.records if "%" in record.getMessage()]
    assert len(tenths) == 10


@pytest.mark.usefixtures("quick")
def test_a_restart_reads_only_what_has_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        old(settings.entries / f"{name}.md", item(name))
    with running(settings):
        pass
    read: list[str] = []

    def spy(root: Path, file: FoundFile, settings: Settings) -> object:
        read.append(file.path)
        return read_file(root, file, settings.parsing)

    monkeypatch.setattr(sync_module, "read_file", spy)
    old(settings.entries / "b.md", item("changed"))
    with running(settings):
        wait_for(lambda: titles(settings) == {"a", "changed"})
    assert read == ["b.md"]


@pytest.mark.usefixtures("quick")
def test_other_settings_that_shape_entries_have_all_files_read_again(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", date="2026-01-01"))
    with running(settings):
        pass
    with running(replace(settings, timezone=ZoneInfo("Asia/Tokyo"))):
        wait_for(lambda: published(settings, "a") == "2026-01-01T00:00:00+09:00")


def published(settings: Settings, entry_id: str) -> str:
    with Catalogue(settings.instance).snapshot() as snapshot:
        entry = Edition(snapshot, time.time_ns() // 1000).find(entry_id)
    assert isinstance(entry, Entry)
    return entry.published.isoformat()


def test_check_finds_what_a_new_catalogue_would(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", id="x"))
    old(settings.entries / "b.md", item("B", id="x"))
    old(settings.entries / "c.txt", b"Title\n")
    assert [(problem.path, problem.line, problem.code) for problem in check(settings)] == [
        ("b.md", 0, "id-twice"),
        ("c.txt", 2, "no-date"),
    ]
    assert not settings.instance.exists()


def test_check_refuses_categories_that_share_an_address(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A", categories="Спорт"))
    old(settings.entries / "b.md", item("B", categories="СПОРТ"))
    old(settings.entries / "c.md", item("C", categories="Sport"))
    (problem,) = check(settings)
    values = (("label", "Sport"), ("other", "a.md"), ("taken", "Спорт"))
    assert (problem.path, problem.code, problem.values) == ("c.md", "category-twice", values)
    assert severity(problem) == "error"
    # The service publishes all three: nothing is lost by it.
    with running(settings):
        assert titles(settings) == {"A", "B", "C"}


def test_other_settings_change_every_document_and_the_same_ones_none(settings: Settings) -> None:
    old(settings.entries / "a.md", item("A"))

    def changed(settings: Settings) -> int:
        with closing(SyncLoop(settings)) as sync:
            sync.run(sync.is_busy)
        with Catalogue(settings.instance).snapshot() as snapshot:
            return int(snapshot.changed)

    first = changed(settings)
    assert changed(settings) == first
    moved = changed(replace(settings, base_url="https://moved.example"))
    assert moved > first


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name not in (".", ".."))
GOOD = item("Any title")


@hypothesis_settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tree=st.dictionaries(
        st.tuples(st.lists(NAMES, max_size=2).map(tuple), NAMES, st.sampled_from((".txt", ".md"))),
        st.sampled_from((GOOD, b"Title\n13.08.2014\nText", b"", b"\xff\xfe", b"---\n"))
        | st.binary(),
        max_size=8,
    )
)
def test_any_tree_of_files_gives_an_entry_or_a_problem_for_each(
    settings: Settings, tree: dict[tuple[tuple[str, ...], str, str], bytes]
) -> None:
    shutil.rmtree(settings.entries, ignore_errors=True)
    shutil.rmtree(settings.instance, ignore_errors=True)
    settings.entries.mkdir()
    written = set()
    for (folders, stem, suffix), data in tree.items():
        path = settings.entries.joinpath(*folders, stem + suffix)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError:
            continue  # the name is too long, or a file stands in the folder's place
        if not any(is_passed_over(part) for part in (*folders, stem + suffix)):
            written.add(path.relative_to(settings.entries).as_posix())
    errors = {problem.path for problem in check(settings) if severity(problem) == "error"}
    with closing(Writer(settings.instance)) as writer:
        files = sorted(Scan(settings.entries), key=lambda file: file.path)
        writer.apply(list(sync_module.read_all(files, settings)), (), 0)
        held, published = writer.count_entries(written - errors)
    assert held == published == len(written - errors)
    assert errors <= {file.path for file in files}


def test_what_changes_during_a_scan_is_shown_before_its_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "HEARING", 1)
    monkeypatch.setattr(sync_module, "SETTLE", 0.3)
    settings = replace(settings, rescan=3600)
    for name in ("a", "b", "c"):
        old(settings.entries / f"{name}.md", item(f"Old {name}"))
    looks = Scan.__iter__
    last = [item.name for item in os.scandir(settings.entries)][-1]
    shown: list[set[str]] = []
    was_read: list[str] = []

    def counted(root: Path, found: FoundFile, settings: Settings) -> tuple[str, Reading] | None:
        was_read.append(found.path)
        return read_file(root, found, settings.parsing)

    def slow(scan: Scan) -> Iterator[FoundFile]:
        for index, file in enumerate(looks(scan)):
            yield file
            if index == 0:
                (settings.entries / last).write_bytes(item("New"))
                (settings.entries / "d.md").write_bytes(item("New d"))
                time.sleep(0.5)
        shown.append(titles(settings))

    with running(settings):
        monkeypatch.setattr(Scan, "__iter__", slow)
        monkeypatch.setattr(sync_module, "read_file", counted)
        (settings.instance / RESCAN).touch()
        wait_for(lambda: bool(shown))
        assert shown[0] == {"Old a", "Old b", "Old c", "New", "New d"} - {f"Old {last[0]}"}
        time.sleep(1)
        assert titles(settings) == shown[0]
        assert sorted(was_read) == sorted([last, "d.md"])


def test_what_was_written_to_and_not_closed_is_not_taken_because_a_scan_saw_it_grow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(_: Watcher, seconds: float) -> Hints:
        time.sleep(min(seconds, 0.1))
        return Hints()

    monkeypatch.setattr(sync_module, "SETTLE", 0.3)
    settings = replace(settings, rescan=1)
    with running(settings), (settings.entries / "a.md").open("wb") as file:
        file.write(item("Half"))
        file.flush()
        time.sleep(0.5)
        monkeypatch.setattr(Watcher, "wait", deaf)
        time.sleep(1)
        file.write(b"More and")
        file.flush()
        time.sleep(2.5)
        assert titles(settings) == set()


def test_a_catalogue_that_cannot_be_used_is_tried_at_growing_intervals(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "TICK", 0.05)
    monkeypatch.setattr(sync_module, "PATIENCE", 0.8)
    tries: list[float] = []
    make = Writer.__init__

    def counted(writer: Writer, instance: Path, *, suspect: bool = False) -> None:
        tries.append(time.monotonic())
        make(writer, instance, suspect=suspect)

    old(settings.entries / "a.md", item("A"))
    with running(settings):
        monkeypatch.setattr(Writer, "__init__", counted)
        aside = settings.instance.with_name("aside")
        settings.instance.rename(aside)
        settings.instance.touch()  # a file, in which nothing can be made
        time.sleep(3)
        assert 2 <= len(tries) <= 8
        settings.instance.unlink()
        aside.rename(settings.instance)
        (settings.entries / "b.md").write_bytes(item("B"))
        wait_for(lambda: titles(settings) == {"A", "B"})
