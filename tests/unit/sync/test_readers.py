"""Readers: they die of the files they read, and nothing else is lost by it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.isolation import Answer, Child, ChildDied, Limits, fork
from feedsvc.model import Reading
from feedsvc.settings import ParseSettings, Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.writer import Writer
from feedsvc.sync import readers, reading
from feedsvc.sync.readers import Readers
from feedsvc.sync.scanner import TRY_AGAIN, FoundFile, Scan
from tests.support.folder import old, quicken, rescan, running, titles, wait_for
from tests.support.newsroom import item

Happening = Callable[[Path], None]


def takes_long(_path: Path) -> None:
    while True:
        pass


def takes_memory(_path: Path) -> None:
    bytearray(2**31)


def crashes(_path: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def is_killed(_path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def is_killed_once(path: Path) -> None:
    flag = path.with_name("killed")
    if not flag.exists():
        flag.write_bytes(b"")
        os.kill(os.getpid(), signal.SIGKILL)


def hangs(_path: Path) -> None:
    time.sleep(60)


def fails(_path: Path) -> None:
    raise ZeroDivisionError


@pytest.fixture
def at_bad_files(monkeypatch: pytest.MonkeyPatch) -> Callable[[Happening], None]:
    """Return a function by which something happens to readers at files named `bad-…`."""
    monkeypatch.setattr(readers, "LIMITS", Limits(processor=0.3, memory=2**28))
    monkeypatch.setattr(readers, "TIMEOUT", 20.0)
    # In the test's own process, which the readers are forked from.
    really = reading.read_file

    def happen(happening: Happening) -> None:
        def read_file(
            root: Path, found: FoundFile, settings: ParseSettings
        ) -> tuple[str, Reading] | None:
            if found.path.startswith("bad-"):
                happening(root.parent / "x")
            return really(root, found, settings)

        monkeypatch.setattr(reading, "read_file", read_file)

    return happen


@pytest.fixture
def deaths() -> list[ChildDied]:
    return []


@pytest.fixture
def pool(settings: Settings, deaths: list[ChildDied]) -> Iterator[Readers]:
    with closing(Readers(settings, deaths.append)) as opened:
        yield opened


def files(settings: Settings) -> list[FoundFile]:
    return sorted(Scan(settings.entries), key=lambda file: file.path)


def write(settings: Settings, *names: str) -> list[FoundFile]:
    for name in names:
        (settings.entries / name).write_bytes(item(name, id=name))
    return files(settings)


@pytest.mark.parametrize(
    ("happening", "code"),
    [
        (takes_long, "too-costly"),
        (takes_memory, "too-costly"),
        (crashes, "reading-failed"),
        (is_killed, "too-costly"),
        (fails, "reading-failed"),
    ],
)
def test_a_file_that_ends_its_reader_becomes_a_problem_and_no_other_is_lost(
    settings: Settings,
    pool: Readers,
    at_bad_files: Callable[[Happening], None],
    happening: Happening,
    code: str,
) -> None:
    at_bad_files(happening)
    found = write(settings, "a.md", "bad-1.md", "c.md", "d.md")
    updates = list(pool.read(found))
    assert [update.path for update in updates] == [file.path for file in found]
    codes = [[problem.code for problem in update.problems] for update in updates]
    assert codes == [[], [code], [], []]
    assert [update.fingerprint for update in updates] == [file.fingerprint for file in found]


def test_a_file_whose_reader_was_killed_once_is_read_by_the_next(
    settings: Settings,
    pool: Readers,
    deaths: list[ChildDied],
    at_bad_files: Callable[[Happening], None],
) -> None:
    at_bad_files(is_killed_once)
    (update,) = pool.read(write(settings, "bad-1.md"))
    assert update.stored is not None
    assert [death.cause for death in deaths] == ["killed"]


def test_a_file_that_no_reader_returns_from_is_tried_again_at_the_next_scan(
    settings: Settings,
    pool: Readers,
    monkeypatch: pytest.MonkeyPatch,
    at_bad_files: Callable[[Happening], None],
) -> None:
    at_bad_files(hangs)
    monkeypatch.setattr(readers, "TIMEOUT", 0.5)
    good, bad = pool.read(write(settings, "a.md", "bad-1.md"))
    assert good.stored is not None
    assert (bad.fingerprint, bad.problems[0].code) == (TRY_AGAIN, "disk-fault")


def test_many_files_are_read_by_as_many_readers_as_there_are_cores(
    settings: Settings,
    pool: Readers,
    deaths: list[ChildDied],
    monkeypatch: pytest.MonkeyPatch,
    at_bad_files: Callable[[Happening], None],
) -> None:
    for name, value in {"MANY": 20, "CHUNK": 3, "_AHEAD": 2}.items():
        monkeypatch.setattr(readers, name, value)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    at_bad_files(takes_long)
    found = write(settings, *(f"{number:02}.md" for number in range(40)), "bad-1.md", "bad-2.md")
    updates = list(pool.read(found))
    assert [update.path for update in updates] == [file.path for file in found]
    assert [update.path for update in updates if update.stored is None] == ["bad-1.md", "bad-2.md"]
    assert {death.cause for death in deaths} == {"time"}


def test_requests_that_do_not_fit_into_a_connection_are_sent_one_by_one(
    settings: Settings, pool: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "CHUNK", 20)
    found = write(settings, *(f"{number:02}.md" for number in range(60)))
    many = tuple(f"none/{'x' * 200}-{number}.jpg" for number in range(100))
    named = [replace(file, siblings=many) for file in found]
    assert len(list(pool.read(named))) == 60


def test_a_reader_that_dies_between_two_files_is_noticed_and_replaced(
    settings: Settings, pool: Readers, deaths: list[ChildDied]
) -> None:
    found, before = write(settings, "a.md"), _children()
    assert len(list(pool.read(found))) == 1
    pool.check()
    assert deaths == []
    (reader,) = _children() - before
    os.kill(reader, signal.SIGKILL)

    def is_noticed() -> bool:
        pool.check()
        return bool(deaths)

    wait_for(is_noticed)
    assert [death.cause for death in deaths] == ["killed"]
    assert len(list(pool.read(found))) == 1


def _children() -> set[int]:
    listed = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children")
    return {int(pid) for pid in listed.read_text("ascii").split()}


def test_a_reader_with_nothing_to_do_ends_after_a_while(
    settings: Settings, pool: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,), before = write(settings, "a.md"), _children()
    assert len(list(pool.read([found]))) == 1
    pool.check()
    assert len(_children() - before) == 1
    monkeypatch.setattr(readers, "KEPT", -1.0)
    assert len(list(pool.read([found]))) == 1
    pool.check()
    pool.check()
    assert _children() == before
    assert len(list(pool.read([found]))) == 1


def test_results_that_nobody_takes_leave_no_reader(settings: Settings, pool: Readers) -> None:
    found, before = write(settings, *(f"{number:03}.md" for number in range(200))), _children()
    results = pool.read(found)
    next(results)
    results.close()  # type: ignore[attr-defined] # a generator
    assert _children() == before
    assert len(list(pool.read(found))) == 200


def test_a_file_that_costs_too_much_keeps_its_last_good_version_and_is_tried_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, at_bad_files: Callable[[Happening], None]
) -> None:
    quicken(monkeypatch)
    old(settings.entries / "bad-1.md", item("Good", id="bad"))
    with running(replace(settings, rescan=3600)):
        assert titles(settings) == {"Good"}
    at_bad_files(takes_long)
    (settings.entries / "bad-1.md").write_bytes(item("Worse", id="bad"))
    for _ in range(2):  # whoever restarts whatever
        with running(replace(settings, rescan=3600)):
            wait_for(lambda: bool(_problems(settings)))
            rescan(settings)
            (settings.entries / "c.md").write_bytes(item("C"))
            wait_for(lambda: "C" in titles(settings))
            (settings.entries / "c.md").unlink()
            wait_for(lambda: "C" not in titles(settings))
        assert titles(settings) == {"Good"}
        assert _problems(settings) == ["too-costly"]
    with Catalogue(settings.instance).snapshot() as snapshot:
        assert snapshot.writer_faults()[1] == 1


def _problems(settings: Settings) -> list[str]:
    with closing(Writer(settings.instance)) as writer:
        return [problem.code for problem in writer.snapshot().problems()]


def test_where_no_process_can_be_started_that_is_logged_once_and_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quicken(monkeypatch)
    refusals = iter(range(3))

    def refuse_at_first(answer: Answer, limits: Limits) -> Child:
        if next(refusals, None) is not None:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return fork(answer, limits)

    monkeypatch.setattr(readers, "fork", refuse_at_first)
    old(settings.entries / "a.md", item("A"))
    with running(settings):
        wait_for(lambda: titles(settings) == {"A"})
    logged = [record.getMessage() for record in caplog.records]
    assert len([text for text in logged if "EAGAIN" in text]) == 1
