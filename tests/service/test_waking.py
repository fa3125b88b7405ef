"""Waking in real services: a worker that misses one call shows old news for an hour here."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from feedsvc.storage.wakeup import FILE
from tests.support.newsroom import ROOT, item
from tests.support.service import BIN, SERVE, Service
from tests.support.waiting import wait_for

WOKEN = ("env", f"PYTHONPATH={ROOT / 'tests' / 'support' / 'woken'}:{ROOT}")
SERVERS = {
    "granian, eight workers": [
        *(sys.executable, "-m", "feedsvc", "serve", "--workers", "8", "--port", "{port}"),
    ],
    "gunicorn, with threads": [
        *(f"{BIN}/gunicorn", "--workers", "2", "--threads", "4"),
        *("--bind", "127.0.0.1:{port}", "wsgi:app"),
    ],
    "gunicorn, preloaded": [
        *(f"{BIN}/gunicorn", "--preload", "--workers", "3"),
        *("--bind", "127.0.0.1:{port}", "wsgi:app"),
    ],
}


@pytest.fixture(params=SERVERS)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """Return a service whose files are in memory, which is another file system than /tmp."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        running = start([*WOKEN, *SERVERS[request.param]], Path(folder))
        try:
            yield running
        finally:
            running.stop()


def start(command: list[str], folder: Path) -> Service:
    """Start a service that has a catalogue, so that its workers begin with what is old."""
    environment = {
        **os.environ,
        "FEEDSVC_ENTRIES": str(folder / "entries"),
        "FEEDSVC_INSTANCE": str(folder / "instance"),
    }
    (folder / "entries").mkdir()
    (folder / "entries" / "zero.md").write_bytes(item("zero"))
    sync = [sys.executable, "-m", "feedsvc", "sync"]
    subprocess.run(sync, cwd=ROOT, env=environment, check=True, timeout=120)
    service = Service(command, folder)
    wait_for(lambda: service.shows("zero"))
    return service


def publish(service: Service, title: str) -> None:
    """Write an entry, and wait until whichever worker is asked shows it."""
    (service.entries / f"{title}.md").write_bytes(item(title))
    wait_for(lambda: all(service.shows(title) for _ in range(15)), 60)


def has_another_writer(service: Service, killed: int) -> bool:
    """Return whether there is a writer, and not that one."""
    return service.writers() not in ([], [killed])


def test_all_workers_are_woken_whatever_happens_to_the_writer(service: Service) -> None:
    publish(service, "one")
    for number in range(2):
        (killed,) = service.writers()
        (service.entries / f"during-{number}.md").write_bytes(item("during"))
        os.kill(killed, signal.SIGKILL)
        wait_for(partial(has_another_writer, service, killed))
        publish(service, f"after-{number}")


def test_a_worker_that_was_stopped_and_one_that_is_new_are_woken(tmp_path: Path) -> None:
    service = start([*WOKEN, *SERVE], tmp_path)
    try:
        wait_for(lambda: len(service.workers()) == 2)
        publish(service, "one")
        first, second = sorted(service.workers())
        os.kill(first, signal.SIGSTOP)
        (service.entries / "two.md").write_bytes(item("two"))
        os.kill(first, signal.SIGCONT)
        publish(service, "three")
        os.kill(second, signal.SIGKILL)
        wait_for(lambda: len(service.workers() - {second}) == 2)
        publish(service, "four")
    finally:
        service.stop()


def test_where_nobody_can_be_woken_workers_look_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "instance" / FILE).mkdir(parents=True)
    service = start(SERVE, tmp_path)
    try:
        for title in ("one", "two"):
            publish(service, title)
    finally:
        service.stop()
