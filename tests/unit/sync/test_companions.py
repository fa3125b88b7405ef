"""Companions: processes that the writer starts, starts again, and takes along when it ends."""

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from feedsvc.sync import companions
from feedsvc.sync.companions import Companion, wanted
from tests.support.newsroom import ROOT
from tests.support.waiting import wait_for

# It says that it has the settings, and waits.
MODULE = """
import threading
from pathlib import Path
from feedsvc.sync.companions import settings_from_parent
def run():
    settings = settings_from_parent()
    with (settings.instance / "runs").open("a") as file:
        print(__import__("os").getpid(), file=file)
    threading.Event().wait()
"""
PARENT = """
import pickle, sys, threading
from feedsvc.sync.companions import Companion
Companion("companion_module", pickle.load(sys.stdin.buffer)).ensure()
threading.Event().wait()
"""


@pytest.fixture
def folder(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "companion_module.py").write_text(MODULE)
    settings.instance.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(companions, "FIRST_PAUSE", 0.05)
    return tmp_path


def runs(settings: Settings) -> list[int]:
    """Return the numbers of the processes that were started."""
    try:
        return [int(line) for line in (settings.instance / "runs").read_text().split()]
    except FileNotFoundError:
        return []


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_what_is_not_set_up_has_no_companion(settings: Settings) -> None:
    assert wanted(settings) == ()
    assert wanted(replace(settings, desk=replace(settings.desk, port=8001))) == (
        "feedsvc.desk.process",
    )


@pytest.mark.usefixtures("folder")
def test_a_companion_that_ends_is_started_again(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    companion = Companion("companion_module", settings)
    for count in (1, 2, 3):

        def is_there(count: int = count) -> bool:
            companion.ensure()
            return len(runs(settings)) == count

        wait_for(is_there, 20)
        os.kill(runs(settings)[-1], signal.SIGKILL)
    companion.close()
    assert "companion_module" in caplog.text
    assert len({*runs(settings)}) == 3


@pytest.mark.usefixtures("folder")
def test_one_that_ends_at_once_is_started_ever_less_often(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    companion = Companion("no_such_module", settings)

    def has_ended_often() -> bool:
        companion.ensure()
        return len(caplog.records) == 3

    wait_for(has_ended_often, 30)
    companion.close()
    assert companion._pause >= 8 * companions.FIRST_PAUSE  # noqa: SLF001 - what a minute would show


def test_a_companion_ends_with_its_parent(folder: Path, settings: Settings) -> None:

    environ = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, env=environ
    ) as parent:
        assert parent.stdin
        parent.stdin.write(pickle.dumps(settings))
        parent.stdin.close()
        wait_for(lambda: len(runs(settings)) == 1, 20)
        assert is_running(runs(settings)[0])
        parent.kill()
    wait_for(lambda: not is_running(runs(settings)[0]), 20)
