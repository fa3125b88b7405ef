"""A writer that is killed at any moment, while files change."""

import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import pytest
from lxml import etree

from feedsvc.app import build_app
from feedsvc.settings import FILE_VARIABLE, Settings, load
from feedsvc.sync.loop import SyncLoop
from tests.support.faults import needs
from tests.support.newsroom import ROOT, item
from tests.support.service import FEEDS, SERVE, Service, page, soon

LASTING = {"writer.lock"} | {
    f"{name}.sqlite3{suffix}" for name in ("catalogue", "search") for suffix in ("", "-wal", "-shm")
}
NAMES = [f"n{number}" for number in range(20)]
OWN_SHARED_MEMORY = (
    *("unshare", "--mount", "sh", "-c"),
    'mount -t tmpfs none /dev/shm && exec "$0" "$@"',
)
DAY = "2026-01-{:02}"


def settings_of(service: Service) -> Settings:
    """Give the settings that a service has, for a catalogue of the same files."""
    shipped = load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")})
    serve = replace(shipped.serve, port=service.port)
    return replace(shipped, entries=service.entries, serve=serve)


def rendered_anew(settings: Settings, folder: Path) -> dict[str, tuple[int, str]]:
    """Give status and text of all that a fresh catalogue of the same files gives."""
    fresh = replace(settings, instance=folder)
    with closing(SyncLoop(fresh)) as sync:
        sync.run(sync.is_busy)
    client = build_app(fresh).test_client()
    answers = {path: client.get(path) for path in (*FEEDS, "/", *map(page, NAMES))}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


class Newsroom:
    """Changes files, each change a whole new text, and knows every text there ever was."""

    def __init__(self, entries: Path, seed: int) -> None:
        self.entries = entries
        self.random = random.Random(seed)
        self.count = 0

    def change(self) -> None:
        self.count += 1
        name = self.random.choice(NAMES)
        path = self.entries / f"{name}.md"
        kind = self.random.random()
        if kind < 0.15 and path.exists() and len(list(self.entries.iterdir())) > 15:
            path.unlink()
        elif kind < 0.3:
            path.write_bytes(b"---\ntitle: [broken\n")
        else:
            self.write(path)

    def write(self, path: Path) -> None:
        day = DAY.format(NAMES.index(path.stem) + 1)
        text = f"[{self.count}]"
        path.write_bytes(item(text, date=day, body=f"{text} " * 200, id=path.stem))

    def mend(self) -> None:
        """Mend what is broken: its last good version is what no fresh catalogue can know."""
        for path in self.entries.iterdir():
            if b"broken" in path.read_bytes():
                self.count += 1
                self.write(path)


def whole(feed: str) -> list[str]:
    """Read a feed; the title and the text of each entry must be of one and the same change."""
    root = etree.fromstring(feed.encode())
    titles = []
    for entry in root.iter("{*}entry", "item"):
        title = entry.findtext("{*}title") or ""
        texts = [part.text or "" for part in entry.iter("{*}content", "{*}encoded", "description")]
        assert texts
        assert max(text.count(title) for text in texts) == 200
        titles.append(title)
    return titles


@pytest.mark.parametrize("kills", [10, pytest.param(500, marks=pytest.mark.long)])
def test_kills_of_the_writer_leave_everything_whole(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    service = Service(SERVE, tmp_path)
    newsroom = Newsroom(service.entries, kills)
    for _ in range(60):
        newsroom.change()
    try:
        soon(lambda: service.get("/")[0] == 200, 60)
        killed = 0
        while killed < kills:
            for _ in range(chance.randrange(4)):
                newsroom.change()
            # Some die while they start, others while they read or write.
            time.sleep(chance.choice((0, 0.01, 0.05, chance.random() * 0.6)))
            for writer in service.writers():
                # The one that was killed last may be seen while it dies.
                with suppress(ProcessLookupError):
                    os.kill(writer, signal.SIGKILL)
                    killed += 1
            if killed % 5 == 0:
                look(service)
        settings = settings_of(service)
        newsroom.mend()
        (service.entries / "n0.md").write_bytes(item("[0]", body="[0] " * 200, id="n0"))
        time.sleep(3)
        anew = rendered_anew(settings, tmp_path / "anew")
        # By the status: a port or the number of a change may have 404 in it, too.
        gone = [path for path, (status, _) in anew.items() if status == 404]
        kept = {path: answer for path, answer in anew.items() if path not in gone}
        assert {status for status, _ in kept.values()} == {200}
        soon(lambda: {path: service.get(path) for path in kept} == kept, 60)
        # They may all have come from one process, and the other notice a moment later.
        with suppress(AssertionError):
            soon(lambda: not there(service, gone))
        assert there(service, gone) == {}
        assert service.shows("[0]")
        look(service)
        assert {path.name for path in service.instance.iterdir()} == LASTING
    finally:
        service.stop()
    assert sorted(path.suffix for path in service.entries.iterdir()) == [".md"] * len(
        list(service.entries.iterdir())
    )
    assert "Traceback" not in (tmp_path / "log").read_text()


def there(service: Service, paths: list[str]) -> dict[str, int]:
    """Give the statuses of those paths that something is at."""
    statuses = {path: service.get(path)[0] for path in paths}
    return {path: status for path, status in statuses.items() if status not in (404, 410)}


def look(service: Service) -> None:
    """See that the catalogue opens and is sound, and that both feeds are whole and agree."""
    with closing(sqlite3.connect(service.instance / "catalogue.sqlite3", timeout=10)) as catalogue:
        assert catalogue.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for path in FEEDS:
        status, text = service.get(path)
        assert status == 200
        assert whole(text)


@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.long)])
def test_kills_during_the_first_index_leave_nothing_behind(tmp_path: Path, kills: int) -> None:
    needs("unshare")
    # Enough for a pool of processes, which must not outlive a writer that was killed.
    (tmp_path / "entries").mkdir()
    for number in range(1200):
        (tmp_path / "entries" / f"n{number}.md").write_bytes(item(f"T{number}", body="Т. " * 500))
    chance = random.Random(kills)
    service = Service([*OWN_SHARED_MEMORY, *SERVE], tmp_path)
    try:
        for _ in range(kills):
            soon(lambda: bool(service.writers()), 60)
            # It starts in 0.3 s, its pool in another 0.2 s or so.
            time.sleep(0.3 + chance.random() * 0.9)
            for writer in service.writers():
                os.kill(writer, signal.SIGKILL)
        soon(lambda: service.get("/feeds/atom.xml")[0] == 200, 60)
        soon(lambda: len(service.writers()) == 1)
        # The pools' semaphores.
        soon(lambda: os.listdir(f"/proc/{service.process.pid}/root/dev/shm") == [])
        counts = service.get("/readyz")[1]
        assert '"published":1200' in counts.replace(" ", "")
        # The index of words is only begun then.
        soon(lambda: {path.name for path in service.instance.iterdir()} == LASTING)
    finally:
        service.stop()


def test_a_writer_whose_watching_thread_dies_ends_so_that_the_next_one_watches() -> None:
    died = """
import threading, time
from feedsvc import keeper
def run(sync, goes_on):
    threading.Thread(target=lambda: 1 / 0).start()
    time.sleep(60)
keeper.Sync = type("Sync", (), {"__init__": lambda *_: None, "run": run})
keeper.write(0)
"""
    command = [sys.executable, "-c", died]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stderr=PIPE) as writer:
        assert writer.stdin
        assert writer.stderr
        writer.stdin.write(pickle.dumps(load({})))
        writer.stdin.flush()
        assert writer.wait(30) == 1
        assert b"ZeroDivisionError" in writer.stderr.read()
