"""The telling process, as the writer starts it: only if wanted, and again if it ends."""

import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Desk, Settings
from feedsvc.sync import telling_process
from feedsvc.sync.telling_process import TellingSupervisor, is_wanted
from feedsvc.telling.incidents import FILE, Incidents
from feedsvc.telling.process import LOCK
from tests.support.mail_server import serving
from tests.support.newsroom import ROOT, Newsroom
from tests.support.telling import BAD, GOOD, with_mail
from tests.support.waiting import wait_for

# A telling process one of whose threads dies.
DYING = """
import threading
from feedsvc.telling import process
def tell(settings):
    threading.Thread(target=lambda: 1 / 0).start()
    threading.Event().wait(60)
process._tell = tell
process.run()
"""
Supervise = Callable[[Settings], TellingSupervisor]


def child_of(supervisor: TellingSupervisor) -> subprocess.Popen[bytes]:
    child = supervisor._child  # noqa: SLF001 - to end it
    assert child is not None
    return child


def ended(supervisor: TellingSupervisor) -> None:
    """End it as the end of its parent does."""
    child = child_of(supervisor)
    assert child.stdin is not None
    # Only the end counts.
    child.stdin.write(b"more")
    child.stdin.close()
    assert child.wait(30) == 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the processes wait less."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "support" / "quick")


def is_running(supervisor: TellingSupervisor) -> bool:
    """Have it started if it is not running; return whether it is."""
    supervisor.ensure()
    child = supervisor._child  # noqa: SLF001 - as above
    return child is not None and child.poll() is None


def states(settings: Settings) -> set[str]:
    """Return how far letters are."""
    return {each.state for each in Incidents(settings.instance).deliveries(99)}


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    """Return a function that makes supervisors, whose children end with the test."""
    made: list[TellingSupervisor] = []

    def make(settings: Settings) -> TellingSupervisor:
        made.append(TellingSupervisor(settings))
        return made[-1]

    yield make
    for supervisor in made:
        child = supervisor._child  # noqa: SLF001 - to end it
        if child is not None:
            with child:
                child.kill()


@pytest.mark.parametrize("wanted", ["mail", "file", "desk", "nothing"])
def test_it_is_wanted_if_anybody_is_to_be_told(
    settings: Settings, tmp_path: Path, wanted: str
) -> None:
    settings = {
        "mail": with_mail(settings),
        "file": replace(settings, problems_folder=tmp_path),
        "desk": replace(settings, desk=Desk(port=8001)),
        "nothing": settings,
    }[wanted]
    assert is_wanted(settings) == (wanted != "nothing")


def test_if_nobody_is_told_nothing_is_started_loaded_or_written(
    supervise: Supervise, settings: Settings
) -> None:
    supervisor = supervise(settings)
    supervisor.ensure()
    assert supervisor._child is None  # noqa: SLF001 - it has no other way to say so
    assert not settings.instance.exists()
    code = (
        "import sys, feedsvc.app, feedsvc.sync.writer_process\n"
        "print([name for name in sys.modules"
        " if name.startswith('feedsvc.telling') or name == 'smtplib'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_it_tells_by_mail_and_file_and_goes_on_after_it_was_killed(
    supervise: Supervise,
    newsroom: Newsroom,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling_process, "FIRST_PAUSE", 0.0)
    newsroom.publish({"a.txt": BAD})
    (tmp_path / "share").mkdir()
    file = tmp_path / "share" / "ПРОБЛЕМЫ.txt"
    with serving() as server:
        wanted = replace(with_mail(settings, server.port), problems_folder=file.parent)
        # More than a pipe holds.
        many = tuple((f"/{'x' * 100}{number}", "/") for number in range(2000))
        supervisor = supervise(replace(wanted, redirects=many))
        supervisor.ensure()
        server.wait(2)
        wait_for(lambda: file.exists() and "a.txt" in file.read_text("utf-8-sig"))
        # Otherwise one that has just arrived may not be recorded, and comes again.
        wait_for(lambda: states(settings) == {"sent"})
        child_of(supervisor).kill()
        child_of(supervisor).wait()
        newsroom.publish({"a.txt": GOOD})
        wait_for(lambda: is_running(supervisor))
        letters = server.wait(4)
        wait_for(lambda: "Всё в порядке" in file.read_text("utf-8-sig"))
        file.unlink()
        wait_for(file.exists)
        ended(supervisor)
    assert [str(letter.message["Subject"]) for letter in letters] == [
        *["Не опубликовано: a.txt"] * 2,
        *["Исправлено и опубликовано: a.txt"] * 2,
    ]


def test_it_records_for_the_desk_alone_and_sends_nothing(
    supervise: Supervise, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    supervisor = supervise(replace(settings, desk=Desk(port=8001)))
    supervisor.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(9)) == 1)
    ended(supervisor)


def test_two_never_tell_at_the_same_time(
    supervise: Supervise, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    with serving() as server:
        wanted = with_mail(settings, server.port)
        first, second = supervise(wanted), supervise(wanted)
        first.ensure()
        server.wait(2)
        second.ensure()
        newsroom.publish({"b.txt": BAD})
        server.wait(4)
        ended(first)
        newsroom.publish({"c.txt": BAD})
        letters = server.wait(6)
        ended(second)
    assert len(letters) == 6
    assert len({letter.id for letter in letters}) == 3


def test_a_store_that_is_damaged_or_deleted_is_made_anew(
    supervise: Supervise, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    wanted = replace(settings, desk=Desk(port=8001))
    settings.instance.mkdir(exist_ok=True)
    (settings.instance / "telling.sqlite3").write_bytes(os.urandom(9000))
    supervisor = supervise(wanted)
    supervisor.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(9)) == 1)
    for path in settings.instance.glob("telling.sqlite3*"):
        path.unlink()
    assert child_of(supervisor).wait(30) == 1
    wait_for(lambda: is_running(supervisor) and len(Incidents(settings.instance).recent(9)) == 1)
    ended(supervisor)


def test_a_store_that_turns_out_to_be_damaged_is_made_anew(
    supervise: Supervise, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({f"{number}.txt": BAD for number in range(200)})
    supervisor = supervise(replace(settings, desk=Desk(port=8001)))
    supervisor.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(999)) == 200)
    ended(supervisor)
    path = settings.instance / FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'incident'")
        (page,) = roots.fetchone()
    with path.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    newsroom.publish({"b.txt": BAD})
    wait_for(
        lambda: is_running(supervisor) and len(Incidents(settings.instance).recent(999)) == 201
    )
    ended(supervisor)


def test_it_ends_if_a_thread_of_it_dies(settings: Settings) -> None:
    settings.instance.mkdir()
    command = [sys.executable, "-c", DYING]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stderr=pipe) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(pickle.dumps(settings) + b"more")
        process.stdin.flush()
        try:
            assert process.wait(30) == 1
            assert "ZeroDivisionError" in process.stderr.read().decode()
        finally:
            process.kill()


def test_one_that_ends_at_once_is_started_less_and_less_often_and_said_once(
    supervise: Supervise,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    passed = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    started: list[float] = []

    def start(_: Settings) -> subprocess.Popen[bytes]:
        started.append(passed[0] - 1000)
        child = subprocess.Popen(["true"], stdin=subprocess.PIPE)
        child.wait()
        return child

    monkeypatch.setattr(telling_process, "_start", start)
    supervisor = supervise(with_mail(settings))
    for _ in range(200):
        supervisor.ensure()
        passed[0] += 1
    assert started == [0, 2, 5, 10, 19, 36, 69, 130, 191]
    assert [record.getMessage() for record in caplog.records] == [
        "процесс, который рассылает письма, завершился; запускается новый"
    ]
    for _ in range(3):
        passed[0] += 1000
        supervisor.ensure()
    # One that has run for long is replaced soon, and said to be.
    assert supervisor._pause == 2  # noqa: SLF001 - it has no other way to say so
    assert len(caplog.records) == 2


def test_one_that_cannot_be_started_is_said_once(
    supervise: Supervise,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    passed = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    monkeypatch.setattr(telling_process, "python", lambda: "/nothing/here")
    supervisor = supervise(with_mail(settings))
    for _ in range(3):
        supervisor.ensure()
        passed[0] += 61
    assert [record.getMessage() for record in caplog.records] == [
        "/nothing/here: нет такого файла или папки"
    ]


def test_an_instance_folder_that_cannot_be_written_ends_it_with_one_line(
    supervise: Supervise, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.instance.write_bytes(b"")
    supervisor = supervise(with_mail(settings))
    supervisor.ensure()
    assert child_of(supervisor).wait(30) == 1
    log = capfd.readouterr().err
    assert LOCK in log
    assert "Traceback" not in log
    supervisor.ensure()


def test_a_parent_that_ends_at_once_is_no_fault(tmp_path: Path) -> None:
    code = "from feedsvc.telling.process import run; run()"
    done = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
    assert not list(tmp_path.iterdir())
