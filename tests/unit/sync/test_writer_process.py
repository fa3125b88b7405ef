"""The writer process: it gets its settings by a pipe, and ends rather than work half."""

import pickle
import subprocess
import sys
from dataclasses import replace

import pytest

from feedsvc.settings import Settings
from tests.support.newsroom import ROOT

RUN = "from feedsvc.sync.writer_process import run; run(0)"
# A sync loop one of whose threads dies, as watchdog's may.
DYING = """
import threading
from feedsvc.sync import writer_process
class Loop:
    def __init__(self, settings):
        pass
    def run(self, goes_on):
        threading.Thread(target=lambda: 1 / 0).start()
        threading.Event().wait(60)
writer_process.SyncLoop = Loop
writer_process.run(0)
"""


def started(code: str, settings: Settings) -> tuple[int, str]:
    """Run a writer until it ends by itself; return its exit code and what it logs."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdin
        assert writer.stderr
        writer.stdin.write(pickle.dumps(settings))
        writer.stdin.flush()
        try:
            return writer.wait(30), writer.stderr.read().decode()
        finally:
            writer.kill()


def test_a_writer_whose_watching_thread_dies_ends_so_that_the_next_one_watches(
    settings: Settings,
) -> None:
    code, log = started(DYING, settings)
    assert code == 1
    assert "ZeroDivisionError" in log


def test_a_writer_that_cannot_write_says_why_and_ends(settings: Settings) -> None:
    settings.instance.write_bytes(b"")
    code, log = started(RUN, settings)
    assert code == 1
    assert "catalogue.sqlite3" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("base_url", ["", "https://news.example"])
def test_a_writer_without_base_url_warns_and_ends_without_its_lock(
    settings: Settings, base_url: str
) -> None:
    # Descriptor 0 is no lock in the instance folder, so it ends at once.
    code, log = started(RUN, replace(settings, base_url=base_url))
    assert code == 0
    assert ("base_url" in log) == (base_url == "")
    assert "authority" not in log


def test_a_writer_warns_of_ids_that_nobody_has_chosen(settings: Settings) -> None:
    _, log = started(RUN, replace(settings, authority=Settings().authority))
    assert "authority не задан: номера всех новостей начинаются с localhost,2026" in log
