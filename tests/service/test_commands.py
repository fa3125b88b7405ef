"""The command line as a process."""

import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc import __version__
from tests.support.newsroom import ROOT

# What only serving, parsing or writing the catalogue needs.
SLOW_TO_IMPORT = (
    "bs4 comrak feedparser flask granian jinja2 lxml markdownify nh3 PIL sqlite3 Stemmer"
    " trafilatura watchdog werkzeug".split()
)


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        timeout=60,
    )


def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    done = python("-m", "feedsvc", "--version", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"feedsvc {__version__}\n", "")


def test_a_command_that_fails_exits_with_2_and_says_why(tmp_path: Path) -> None:
    done = python("-m", "feedsvc", "check", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"the entries folder {tmp_path / 'entries'} cannot be opened:"
        " there is no such file or folder\n"
    )


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_that_they_do_not_need(tmp_path: Path, option: str) -> None:
    code = (
        "import sys; from feedsvc.cli import main;"
        f" main([{option!r}], standalone_mode=False); print(*sys.modules)"
    )
    imported = python("-c", code, folder=tmp_path).stdout.splitlines()[-1].split()
    assert "click" in imported
    assert sorted(set(imported) & set(SLOW_TO_IMPORT)) == []


def test_the_service_loads_nothing_of_what_imports_need(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    code = (
        "import sys; from feedsvc import app, server, cli; from feedsvc.sync import loop;"
        " app.create_app(); print(*sys.modules)"
    )
    imported = python("-c", code, folder=tmp_path).stdout.split()
    assert "feedsvc.sync.loop" in imported
    wings = {"feedsvc.importing", "feedsvc.audience"}
    assert {"bs4", "feedparser", "markdownify", "trafilatura", *wings}.isdisjoint(imported)
