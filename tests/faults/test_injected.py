"""System calls of the writer that fail, one after the other."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import count

import pytest

from feedsvc.app import build_app
from feedsvc.search import index
from feedsvc.settings import Settings
from feedsvc.storage import wakeup
from feedsvc.storage.schema import FILE
from feedsvc.sync.loop import SyncLoop
from feedsvc.sync.request import RESCAN
from tests.support.faults import needs
from tests.support.folder import old, quicken
from tests.support.newsroom import ROOT, SITE, item
from tests.support.service import FEEDS, page

# `feedsvc sync`, which waits less.
COMMAND = """
from feedsvc.sync import loop, settling
loop.TICK = loop.QUIET = 0.02
settling.SETTLE = 0.1
from feedsvc.cli import main
main(["sync"])
"""
# What SQLite and Python make of open, read, stat and so on.
CALLS = (
    *("openat", "read", "pread64", "newfstatat", "statx", "getdents64", "rename", "renameat"),
    *("fsync", "fdatasync", "write", "pwrite64", "ftruncate", "unlink"),
)
ERRORS = ("EIO", "ENOSPC", "EACCES")
PATHS = (*FEEDS, *(page(f"n{number}") for number in range(1, 7)))
DATABASES = (FILE, index.FILE)
Rendered = dict[str, tuple[int, str]]
_building = threading.Lock()


class Stage:
    """A catalogue of old files, and the files as they are now, changed in every way there is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        entries = settings.entries
        for number in range(1, 6):
            old(entries / f"n{number}.md", item(f"Old {number}", date=f"2026-01-0{number}"))
        settle(settings)
        self.old = rendered(settings)
        old(entries / "n1.md", item("New 1", date="2026-01-01", body="New. " * 2000))
        old(entries / "n2.md", item("New 2", date="2026-02-02"))
        (entries / "n3.md").unlink()
        # Only the catalogue has its last good version.
        old(entries / "n4.md", b"broken")
        (entries / "n5.md").rename(entries / "r5.md")
        old(entries / "r5.md", item("Old 5", date="2026-01-05", id="n5"))
        old(entries / "deep" / "n6.md", item("New 6", date="2026-01-06"))
        self.new = rendered(settle(self.copy("new")))
        assert self.old[page("n4")] == self.new[page("n4")]

    def copy(self, name: str) -> Settings:
        """Return settings with a copy of the old catalogue."""
        instance = self.settings.instance.with_name(name)
        shutil.copytree(self.settings.instance, instance)
        return replace(self.settings, instance=instance)

    def survives(self, call: str, error: str, when: str) -> bool:
        """Inject one fault and check that nothing is lost; return whether it did happen."""
        settings = self.copy(f"{call}-{error}-{when}")
        try:
            hit = inject(settings, call, error, when)
            with closing(sqlite3.connect(settings.instance / FILE)) as catalogue:
                assert catalogue.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            shown = rendered(settings)
            for path in PATHS[len(FEEDS) :]:
                if path == page("n5") and when.endswith("+") and shown[path][0] == 410:
                    continue  # it was renamed, and under its new name it cannot be read
                assert shown[path] in (self.old[path], self.new[path]), (call, error, when, path)
            assert all(shown[path][0] == 200 for path in FEEDS)
            after = rendered(settle(settings))
            assert after == self.new, (call, error, when)
            names = {path.name for path in settings.instance.iterdir()}
            files = {f"{name}{suffix}" for name in DATABASES for suffix in ("", "-wal", "-shm")}
            lasting = {*files, "writer.lock", wakeup.FILE, RESCAN, index.DAMAGED}
            assert names <= lasting, (call, error, when)
        finally:
            shutil.rmtree(settings.instance)
        return hit


def settle(settings: Settings) -> Settings:
    """Bring the catalogue up to date, undisturbed."""
    with closing(SyncLoop(settings)) as sync:
        sync.run(sync.is_busy)
    return settings


def rendered(settings: Settings) -> Rendered:
    # Werkzeug's routes go through ast.parse, which counts its depth wrongly in Python
    # 3.11.7 where two threads are in it (CPython's issue 106905).
    with _building:
        client = build_app(settings).test_client()
    answers = {path: client.get(path) for path in PATHS}
    return {path: (answer.status_code, _own(answer.text)) for path, answer in answers.items()}


def _own(text: str) -> str:
    """Return the entry itself of a page, without the titles of its neighbours."""
    _, begin, rest = text.partition("<article")
    return begin + rest.partition("</article>")[0] if begin else text


def inject(settings: Settings, call: str, error: str, when: str) -> bool:
    """Run `feedsvc sync` under strace; return whether a call was made to fail."""
    trace = settings.instance.with_name(f"{settings.instance.name}.trace")
    instance = [settings.instance, settings.entries, settings.entries / "deep"]
    files = [f"{name}{suffix}" for name in DATABASES for suffix in ("", "-wal", "-shm")]
    instance += [settings.instance / name for name in (*files, "writer.lock", wakeup.FILE, RESCAN)]
    watched = [*instance, *settings.entries.rglob("*.md"), settings.entries / "n3.md"]
    command = [
        *("strace", "-f", "--seccomp-bpf", "-qq", "-o", trace, "-e", f"trace={call}"),
        *("-e", f"inject={call}:error={error}:when={when}"),
        *(part for path in watched for part in ("-P", path)),
        *(sys.executable, "-c", COMMAND),
    ]
    environ = {
        **os.environ,
        "FEEDSVC_ENTRIES": str(settings.entries),
        "FEEDSVC_INSTANCE": str(settings.instance),
        "FEEDSVC_BASE_URL": SITE,
    }
    lasting = when.endswith("+")
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            _, log = process.communicate(timeout=2 if lasting else 60)
            assert b"Traceback" not in log, (call, error, when, log.decode())
        except subprocess.TimeoutExpired:
            assert lasting, (call, error, when)
            os.killpg(process.pid, 9)
            process.communicate()
    hit = "(INJECTED)" in trace.read_text(errors="replace")
    trace.unlink()
    return hit


@pytest.fixture
def stage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Stage:
    needs("strace")
    quicken(monkeypatch, 0.3)
    return Stage(settings)


def test_a_fault_now_and_then_loses_nothing(stage: Stage) -> None:
    faults = (("openat", "EIO"), ("openat", "EACCES"), ("pwrite64", "ENOSPC"), ("pread64", "EIO"))
    for call, error in faults:
        hits = [stage.survives(call, error, str(number)) for number in (1, 2, 5, 8)]
        # They were made to fail; otherwise the filter of paths would miss them.
        assert all(hits), (call, error)


@pytest.mark.long
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_in_any_call_loses_nothing(stage: Stage, error: str) -> None:
    def every(call: str) -> int:
        return next(number for number in count(1) if not stage.survives(call, error, str(number)))

    with ThreadPoolExecutor(2) as pool:
        hits = dict(zip(CALLS, pool.map(every, CALLS), strict=True))
    # So many calls were made to fail. If it were fewer, the filter of paths would miss some.
    assert hits["openat"] > 10
    assert hits["newfstatat"] > 30
    assert hits["pwrite64"] > 30
    print(hits)  # noqa: T201 - seen with -s


@pytest.mark.long
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_that_lasts_loses_nothing(stage: Stage, error: str) -> None:
    calls = ("openat", "pread64", "newfstatat", "fdatasync", "pwrite64", "ftruncate", "unlink")
    faults = [(call, f"{number}+") for call in calls for number in (1, 2, 5, 12)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda fault: stage.survives(fault[0], error, fault[1]), faults))
