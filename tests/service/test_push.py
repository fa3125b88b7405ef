"""The script that brings the news to replicas, as its timer runs it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.faults import needs
from tests.support.newsroom import ROOT, item
from tests.support.ports import free_port


@pytest.fixture
def source(tmp_path: Path) -> Path:
    needs("rsync", "curl", root=False)
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / "first.md").write_bytes(item("First"))
    return folder


def push(source: Path, *replicas: Path) -> subprocess.CompletedProcess[str]:
    """Bring the news to folders, while no balancer answers."""
    targets = [f"{each.name}=http://127.0.0.1:1={each}" for each in replicas]
    return subprocess.run(
        [
            *(ROOT / "deploy/replicas/push", source, source.parent / "staging"),
            *(f"http://127.0.0.1:{free_port()}", *targets),
        ],
        env={**os.environ, "SETTLE": "0", "LEAD": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_round_brings_the_files_and_says_nothing(source: Path) -> None:
    one, two = (source.parent / name for name in ("one", "two"))
    for name in ("first.md", "second.md"):
        done = push(source, one, two)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert names(one) == names(two) == {".stamp", name}
        (source / name).rename(source / "second.md")


def test_a_replica_that_is_away_is_said_once_and_that_it_is_back(source: Path) -> None:
    one, two = (source.parent / name for name in ("one", "two"))
    two.write_text("no folder")
    first = push(source, one, two)
    assert first.returncode == 1
    assert "push: two did not get the files" in first.stderr
    assert "rsync" in first.stderr
    assert len(first.stderr.splitlines()) == 2
    again = push(source, one, two)
    assert (again.returncode, again.stderr) == (1, "")
    assert names(one) == {".stamp", "first.md"}
    two.unlink()
    back = push(source, one, two)
    assert (back.returncode, back.stderr) == (0, "push: two gets the files again\n")
    assert names(two) == {".stamp", "first.md"}
