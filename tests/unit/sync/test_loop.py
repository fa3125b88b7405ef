"""The sync loop: whatever is in the folder becomes the catalogue, and faults are survived."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from watchdog.events import FileClosedEvent, FileSystemEvent

from feedsvc.edition import Edition
from feedsvc.media.types import is_passed_over
from feedsvc.model import Entry
from feedsvc.parsing import is_entry_name
from feedsvc.problems import sentence, severity
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.writer import Writer
from feedsvc.sync import loop
from feedsvc.sync.check import check
from feedsvc.sync.request import RESCAN
from feedsvc.sync.scanner import FoundFile, Scan
from feedsvc.sync.watcher import Watcher
from tests.support.folder import old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item
from tests.support.reads import read_all, record_reads


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which scans come only where something asks for them."""
    return replace(settings, rescan=3600)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


@pytest.fixture
def was_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths of the files that are read from now on."""
    return record_reads(monkeypatch)


@pytest.mark.usefixtures("quick")
def test_a_requested_scan_is_made_and_the_request_is_removed(settings: Settings) -> None:
    with running(settings):
        (settings.instance / RESCAN).touch()
        wait_for(lambda: not (settings.instance / RESCAN).exists())


@pytest.mark.usefixtures("quick")
def test_without_change_notices_scans_find_everything(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    with running(replace(settings, rescan=1)):
        (settings.entries / "a.md").write_bytes(item("A"))
        wait_for(lambda: titles(settings) == {"A"})
        (settings.entries / "a.md").unlink()
        (settings.entries / "b.md").write_bytes(item("B"))
        wait_for(lambda: titles(settings) == {"B"})
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


@pytest.mark.usefixtures("quick")
def test_a_problem_is_logged_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    def sentences() -> list[str]:
        errors = [record for record in caplog.records if record.levelno == logging.ERROR]
        return [record.getMessage() for record in errors]

    with running(settings):
        (settings.entries / "a.txt").write_bytes(b"Title\nsoon\nText")
        wait_for(lambda: bool(sentences()))
        for _ in range(3):
            rescan(settings)
    with running(settings):
        rescan(settings)
    (problem,) = check(settings).problems
    assert (problem.path, problem.line) == ("a.txt", 2)
    assert sentences() == [sentence(problem, settings.language)]


@pytest.mark.usefixtures("quick")
def test_a_restart_reads_only_what_has_changed(settings: Settings, was_read: list[str]) -> None:
    for name in ("a", "b"):
        old(settings.entries / f"{name}.md", item(name))
    with running(settings):
        pass
    was_read.clear()
    old(settings.entries / "b.md", item("changed"))
    with running(settings):
        wait_for(lambda: titles(settings) == {"a", "changed"})
    assert was_read == ["b.md"]


@pytest.mark.usefixtures("quick")
def test_other_settings_that_shape_entries_have_all_files_read_again(settings: Settings) -> None:
    def published() -> str:
        with Catalogue(settings.instance).snapshot() as snapshot:
            entry = Edition(snapshot, time.time_ns() // 1000).find("a")
        assert isinstance(entry, Entry)
        return entry.published.isoformat()

    old(settings.entries / "a.md", item("A", date="2026-01-01"))
    with running(settings):
        assert published() == "2026-01-01T00:00:00+03:00"
    with running(replace(settings, timezone=ZoneInfo("Asia/Tokyo"))):
        wait_for(lambda: published() == "2026-01-01T00:00:00+09:00")


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name not in (".", ".."))
GOOD = item("Any title")


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
        # A folder whose name ends like that of an entry is a problem, and is not entered.
        is_entered = not any(map(is_entry_name, folders))
        if is_entered and not any(is_passed_over(part) for part in (*folders, stem + suffix)):
            written.add(path.relative_to(settings.entries).as_posix())
    errors = {problem.path for problem in check(settings).problems if severity(problem) == "error"}
    with closing(Writer(settings.instance)) as writer:
        files = sorted(Scan(settings.entries), key=lambda file: file.path)
        writer.apply(read_all(files, settings), (), 0)
        held, published = writer.count_entries(written - errors)
    assert held == published == len(written - errors)
    assert errors <= {file.path for file in files}


@pytest.mark.usefixtures("quick")
def test_what_changes_during_a_scan_is_public_before_its_end(
    settings: Settings, was_read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LISTEN_EVERY", 1)
    for name in ("a", "b", "c"):
        old(settings.entries / f"{name}.md", item(f"Old {name}"))
    last = [each.name for each in os.scandir(settings.entries)][-1]
    closed: set[str] = set()
    all_closed = threading.Event()
    public: list[set[str]] = []
    scan, dispatch = Scan.__iter__, Watcher.dispatch

    def noting(watcher: Watcher, event: FileSystemEvent) -> None:
        dispatch(watcher, event)
        if isinstance(event, FileClosedEvent):
            closed.add(Path(os.fsdecode(event.src_path)).name)
        if closed >= {last, "d.md"}:
            all_closed.set()

    def slow(found: Scan) -> Iterator[FoundFile]:
        for index, file in enumerate(scan(found)):
            yield file
            if index == 0:
                (settings.entries / last).write_bytes(item("New"))
                (settings.entries / "d.md").write_bytes(item("New d"))
                assert all_closed.wait(30)
        public.append(titles(settings))

    monkeypatch.setattr(Watcher, "dispatch", noting)
    with running(settings):
        was_read.clear()
        monkeypatch.setattr(Scan, "__iter__", slow)
        (settings.instance / RESCAN).touch()
        wait_for(lambda: bool(public))
        monkeypatch.setattr(Scan, "__iter__", scan)
        assert public[0] == {"Old a", "Old b", "Old c", "New", "New d"} - {f"Old {last[0]}"}
        rescan(settings)
        rescan(settings)
        assert titles(settings) == public[0]
        assert sorted(was_read) == sorted([last, "d.md"])


def test_a_catalogue_that_cannot_be_used_is_tried_at_growing_intervals(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick, longest = 0.01, 0.05
    monkeypatch.setattr(loop, "TICK", tick)
    monkeypatch.setattr(loop, "MAX_PAUSE", longest)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    old(settings.entries / "a.md", item("A"))
    with running(settings):
        monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
        aside = settings.instance.with_name("aside")
        settings.instance.rename(aside)
        settings.instance.touch()  # a file, in which nothing can be made
        wait_for(lambda: len(pauses) >= 6)
        assert pauses[:6] == [tick, 2 * tick, 4 * tick, longest, longest, longest]
        settings.instance.unlink()
        aside.rename(settings.instance)
        (settings.entries / "b.md").write_bytes(item("B"))
        wait_for(lambda: titles(settings) == {"A", "B"})
