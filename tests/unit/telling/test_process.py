"""The telling process, as the writer starts it."""

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

from feedsvc import companions
from feedsvc.companions import Companion
from feedsvc.setting_tables import Desk
from feedsvc.settings import Settings
from feedsvc.telling.incidents import FILE, Incidents
from feedsvc.telling.process import LOCK
from tests.support.loading import loaded_by_a_service
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
Starts = Callable[[Settings], Companion]


def child_of(companion: Companion) -> subprocess.Popen[bytes]:
    child = companion._child  # noqa: SLF001 - to end it
    assert child is not None
    return child


def ended(companion: Companion) -> None:
    """End it as the end of its parent does."""
    child = child_of(companion)
    assert child.stdin is not None
    # Only the end counts.
    child.stdin.write(b"more")
    child.stdin.close()
    assert child.wait(30) == 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the processes wait less."""
    monkeypatch.syspath_prepend(ROOT / "tests" / "support" / "quick")


def is_running(companion: Companion) -> bool:
    """Have it started if it is not running; return whether it is."""
    companion.ensure()
    child = companion._child  # noqa: SLF001 - as above
    return child is not None and child.poll() is None


def states(settings: Settings) -> set[str]:
    """Return how far letters are."""
    return {each.state for each in Incidents(settings.instance).deliveries(99)}


@pytest.fixture
def starts() -> Iterator[Starts]:
    """Return a function that makes companions, whose children end with the test."""
    made: list[Companion] = []

    def make(settings: Settings) -> Companion:
        made.append(Companion("feedsvc.telling.process", settings))
        return made[-1]

    yield make
    for companion in made:
        child = companion._child  # noqa: SLF001 - to end it
        if child is not None:
            with child:
                child.kill()


def test_if_nobody_is_told_nothing_is_loaded() -> None:
    assert loaded_by_a_service("feedsvc.telling", "smtplib") == []


def test_it_tells_by_mail_and_file_and_goes_on_after_it_was_killed(
    starts: Starts,
    newsroom: Newsroom,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(companions, "FIRST_PAUSE", 0.0)
    newsroom.publish({"a.txt": BAD})
    (tmp_path / "share").mkdir()
    file = tmp_path / "share" / "ПРОБЛЕМЫ.txt"
    with serving() as server:
        wanted = replace(with_mail(settings, server.port), problems_folder=file.parent)
        # More than a pipe holds.
        many = tuple((f"/{'x' * 100}{number}", "/") for number in range(2000))
        companion = starts(replace(wanted, redirects=many))
        companion.ensure()
        server.wait(2)
        wait_for(lambda: file.exists() and "a.txt" in file.read_text("utf-8-sig"))
        # Otherwise one that has just arrived may not be recorded, and comes again.
        wait_for(lambda: states(settings) == {"sent"})
        child_of(companion).kill()
        child_of(companion).wait()
        newsroom.publish({"a.txt": GOOD})
        wait_for(lambda: is_running(companion))
        letters = server.wait(4)
        wait_for(lambda: "Всё в порядке" in file.read_text("utf-8-sig"))
        file.unlink()
        wait_for(file.exists)
        ended(companion)
    assert [str(letter.message["Subject"]) for letter in letters] == [
        *["Не опубликовано: a.txt"] * 2,
        *["Исправлено и опубликовано: a.txt"] * 2,
    ]


def test_it_records_for_the_desk_alone_and_sends_nothing(
    starts: Starts, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    companion = starts(replace(settings, desk=Desk(port=8001)))
    companion.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(9)) == 1)
    ended(companion)


def test_two_never_tell_at_the_same_time(
    starts: Starts, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    with serving() as server:
        wanted = with_mail(settings, server.port)
        first, second = starts(wanted), starts(wanted)
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
    starts: Starts, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({"a.txt": BAD})
    wanted = replace(settings, desk=Desk(port=8001))
    settings.instance.mkdir(exist_ok=True)
    (settings.instance / "telling.sqlite3").write_bytes(os.urandom(9000))
    companion = starts(wanted)
    companion.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(9)) == 1)
    for path in settings.instance.glob("telling.sqlite3*"):
        path.unlink()
    assert child_of(companion).wait(30) == 1
    wait_for(lambda: is_running(companion) and len(Incidents(settings.instance).recent(9)) == 1)
    ended(companion)


def test_a_store_that_turns_out_to_be_damaged_is_made_anew(
    starts: Starts, newsroom: Newsroom, settings: Settings
) -> None:
    newsroom.publish({f"{number}.txt": BAD for number in range(200)})
    companion = starts(replace(settings, desk=Desk(port=8001)))
    companion.ensure()
    wait_for(lambda: len(Incidents(settings.instance).recent(999)) == 200)
    ended(companion)
    path = settings.instance / FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'incident'")
        (page,) = roots.fetchone()
    with path.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"\xff" * 4096)
    newsroom.publish({"b.txt": BAD})
    wait_for(lambda: is_running(companion) and len(Incidents(settings.instance).recent(999)) == 201)
    ended(companion)


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


def test_an_instance_folder_that_cannot_be_written_ends_it_with_one_line(
    starts: Starts, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.instance.write_bytes(b"")
    companion = starts(with_mail(settings))
    companion.ensure()
    assert child_of(companion).wait(30) == 1
    log = capfd.readouterr().err
    assert LOCK in log
    assert "Traceback" not in log
    companion.ensure()


def test_a_parent_that_ends_at_once_is_no_fault(tmp_path: Path) -> None:
    code = "from feedsvc.telling.process import run; run()"
    done = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
    assert not list(tmp_path.iterdir())
