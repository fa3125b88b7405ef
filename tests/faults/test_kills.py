"""A writer that is killed at any moment while files change."""

import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from feedsvc.app import build_app
from feedsvc.settings import FILE_VARIABLE, Settings, load
from feedsvc.storage import wakeup
from feedsvc.sync.loop import SyncLoop
from tests.support.faults import needs
from tests.support.newsroom import ROOT, item
from tests.support.service import FEEDS, QUICK, SERVE, Service, page
from tests.support.waiting import wait_for

LASTING = {wakeup.FILE, "writer.lock"} | {
    f"{name}.sqlite3{suffix}" for name in ("catalogue", "search") for suffix in ("", "-wal", "-shm")
}
NAMES = [f"n{number}" for number in range(20)]
# A mount of its own, so that what is left there is this service's.
OWN_SHARED_MEMORY = (
    *("unshare", "--mount", "sh", "-c"),
    'mount -t tmpfs none /dev/shm && exec "$0" "$@"',
)
DAY = "2026-01-{:02}"


def settings_of(service: Service) -> Settings:
    """Return the settings of a service, for another catalogue of the same files."""
    shipped = load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")})
    serve = replace(shipped.serve, port=service.port)
    return replace(shipped, entries=service.entries, serve=serve)


def rendered_afresh(settings: Settings, folder: Path) -> dict[str, tuple[int, str]]:
    """Return status and text of every path, from a fresh catalogue of the same files."""
    fresh = replace(settings, instance=folder)
    with closing(SyncLoop(fresh)) as sync:
        sync.run(sync.is_busy)
    client = build_app(fresh).test_client()
    answers = {path: client.get(path) for path in (*FEEDS, "/", *map(page, NAMES))}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


class Newsroom:
    """Changes files; each change is a complete new text, known by its number."""

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
        """Repair what is broken: no fresh catalogue can know the last good version of that."""
        for path in self.entries.iterdir():
            if b"broken" in path.read_bytes():
                self.count += 1
                self.write(path)


def titles_of(feed: str) -> list[str]:
    """Return the titles in a feed; each must be of the same change as the text of its entry."""
    root = etree.fromstring(feed.encode())
    titles = []
    for entry in root.iter("{*}entry", "item"):
        title = entry.findtext("{*}title") or ""
        texts = [part.text or "" for part in entry.iter("{*}content", "{*}encoded", "description")]
        assert texts
        assert max(text.count(title) for text in texts) == 200
        titles.append(title)
    return titles


def kill_writers(service: Service, newsroom: Newsroom, kills: int) -> None:
    """Kill the writer again and again, while the files change."""
    chance = random.Random(kills)
    killed = 0
    while killed < kills:
        for _ in range(chance.randrange(4)):
            newsroom.change()
        # Some are killed while they start, others while they read or write.
        time.sleep(chance.choice((0, 0.01, 0.05, chance.random() * 0.6)))
        for writer in service.writers():
            # The last one may still be listed, though it is dead.
            with suppress(ProcessLookupError):
                os.kill(writer, signal.SIGKILL)
                killed += 1
        if killed % 5 == 0:
            check(service)


@pytest.mark.parametrize(
    "kills", [pytest.param(10, marks=pytest.mark.short), pytest.param(500, marks=pytest.mark.long)]
)
def test_kills_of_the_writer_leave_everything_intact(tmp_path: Path, kills: int) -> None:
    service = Service([*QUICK, *SERVE], tmp_path)
    newsroom = Newsroom(service.entries, kills)
    for _ in range(60):
        newsroom.change()
    try:
        wait_for(lambda: service.get("/")[0] == 200)
        kill_writers(service, newsroom, kills)
        settings = settings_of(service)
        newsroom.mend()
        (service.entries / "n0.md").write_bytes(item("[0]", body="[0] " * 200, id="n0"))
        wait_for(lambda: service.shows("[0]"))
        fresh = rendered_afresh(settings, tmp_path / "fresh")
        # By the status: a port or the number of a change may have 404 in it, too.
        gone = [path for path, (status, _) in fresh.items() if status == 404]
        kept = {path: answer for path, answer in fresh.items() if path not in gone}
        assert {status for status, _ in kept.values()} == {200}
        wait_for(lambda: {path: service.get(path) for path in kept} == kept)
        # All of those may have come from one process; the other may notice a moment later.
        with suppress(AssertionError):
            wait_for(lambda: not there(service, gone))
        assert there(service, gone) == {}
        assert service.shows("[0]")
        check(service)
        assert {path.name for path in service.instance.iterdir()} == LASTING
    finally:
        service.stop()
    assert sorted(path.suffix for path in service.entries.iterdir()) == [".md"] * len(
        list(service.entries.iterdir())
    )
    assert "Traceback" not in (tmp_path / "log").read_text()


def there(service: Service, paths: list[str]) -> dict[str, int]:
    """Return the statuses of those paths that are found."""
    statuses = {path: service.get(path)[0] for path in paths}
    return {path: status for path, status in statuses.items() if status not in (404, 410)}


def check(service: Service) -> None:
    """Check that the catalogue is sound, and that the entries of both feeds are complete."""
    with closing(sqlite3.connect(service.instance / "catalogue.sqlite3", timeout=10)) as catalogue:
        assert catalogue.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for path in FEEDS:
        status, text = service.get(path)
        assert status == 200
        assert titles_of(text)


@pytest.mark.parametrize(
    "kills", [pytest.param(4, marks=pytest.mark.short), pytest.param(60, marks=pytest.mark.long)]
)
def test_kills_during_the_first_index_leave_nothing_behind(tmp_path: Path, kills: int) -> None:
    needs("unshare")
    # Enough for a process pool, which must not outlive a writer that was killed.
    (tmp_path / "entries").mkdir()
    for number in range(1200):
        (tmp_path / "entries" / f"n{number}.md").write_bytes(item(f"T{number}", body="Т. " * 500))
    chance = random.Random(kills)
    service = Service([*QUICK, *OWN_SHARED_MEMORY, *SERVE], tmp_path)
    try:
        for _ in range(kills):
            wait_for(lambda: bool(service.writers()))
            # The writer starts in 0.3 s, its pool in another 0.2 s or so.
            time.sleep(0.3 + chance.random() * 0.9)
            for writer in service.writers():
                os.kill(writer, signal.SIGKILL)
        wait_for(lambda: service.get("/feeds/atom.xml")[0] == 200)
        wait_for(lambda: len(service.writers()) == 1)
        # No semaphore of a pool is left.
        wait_for(lambda: os.listdir(f"/proc/{service.process.pid}/root/dev/shm") == [])
        counts = service.get("/readyz")[1]
        assert '"published":1200' in counts.replace(" ", "")
        # The search index is begun only then.
        wait_for(lambda: {path.name for path in service.instance.iterdir()} == LASTING)
    finally:
        service.stop()
