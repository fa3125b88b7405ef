"""Companions: processes that the writer starts, starts again, and takes along when it ends."""

import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc import companions, isolation
from feedsvc.companions import Companion, wanted
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from tests.support.newsroom import ROOT
from tests.support.waiting import wait_for

# It says that it has the settings, and waits.
MODULE = """
import threading
from pathlib import Path
from feedsvc.companions import settings_from_parent
def run():
    settings = settings_from_parent()
    with (settings.instance / "runs").open("a") as file:
        print(__import__("os").getpid(), file=file)
    threading.Event().wait()
"""
PARENT = """
import pickle, sys, threading
from feedsvc.companions import Companion
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
    desk = replace(settings, desk=replace(settings.desk, port=8001))
    assert wanted(desk) == ("feedsvc.desk.process", "feedsvc.telling.process")
    purging = ("feedsvc.purging.process",)
    for purge in (Purge(urls=("http://cache/",)), Purge(command=("purge",))):
        assert wanted(replace(settings, purge=purge)) == purging
    told = ("feedsvc.telling.process",)
    assert wanted(replace(settings, mail=replace(settings.mail, host="localhost"))) == told
    assert wanted(replace(settings, problems_folder=settings.entries)) == told


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


def test_one_that_ends_at_once_is_started_less_and_less_often_and_said_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    passed = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    started: list[float] = []

    def start(_module: str, _settings: Settings) -> subprocess.Popen[bytes]:
        started.append(passed[0] - 1000)
        child = subprocess.Popen(["true"], stdin=subprocess.PIPE)
        child.wait()
        return child

    monkeypatch.setattr(companions, "_start", start)
    companion = Companion("the_module", settings)
    for _ in range(200):
        companion.ensure()
        passed[0] += 1
    assert started == [0, 2, 5, 10, 19, 36, 69, 130, 191]
    assert [record.getMessage() for record in caplog.records] == [
        "процесс the_module завершился (0) и будет запущен снова"
    ]
    for _ in range(3):
        passed[0] += 1000
        companion.ensure()
    # One that has run for long is replaced soon, and said to be.
    assert companion._pause == 2  # noqa: SLF001 - it has no other way to say so
    assert len(caplog.records) == 2
    companion.close()


def test_one_that_cannot_be_started_is_said_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    passed = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: passed[0])
    monkeypatch.setattr(isolation, "_python", lambda: "/nothing/here")
    companion = Companion("the_module", settings)
    for _ in range(3):
        companion.ensure()
        passed[0] += 61
    assert [record.getMessage() for record in caplog.records] == [
        "процесс the_module не удаётся запустить: нет такого файла или папки"
    ]


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


def test_one_that_is_asked_to_end_may_finish_and_one_that_does_not_is_ended(
    folder: Path, settings: Settings
) -> None:
    module = """
import pathlib, pickle, signal, sys, time
from feedsvc.companions import settings_from_parent

def run():
    settings = settings_from_parent()
    if {heeds}:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(time.sleep(0.2) or end(settings)))
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (settings.instance / "begun").touch()
    time.sleep(60)

def end(settings):
    (settings.instance / "finished").touch()
"""
    for name, heeds in (("finishing", True), ("stubborn", False)):
        (folder / f"{name}.py").write_text(module.format(heeds=heeds))
        companion = Companion(name, settings)
        companion.ensure()
        wait_for((settings.instance / "begun").exists, 20)
        (settings.instance / "begun").unlink()
        companion.ask_to_end()
        begun = time.monotonic()
        companion.close(30 if heeds else 0.1)
        assert time.monotonic() - begun < 20
        assert (settings.instance / "finished").exists() == heeds
        (settings.instance / "finished").unlink(missing_ok=True)
