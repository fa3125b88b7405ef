"""Quiet: when a look at the folders is enough, and when all files are looked at."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import loop, quiet
from feedsvc.sync.quiet import Quiet
from feedsvc.sync.scanner import FoundFile, Scan
from tests.support.folder import old, running, wait_for
from tests.support.newsroom import item


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(quiet, "_PART", 1_000_000)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.md").write_bytes(item("A"))
    return tmp_path


def seen(folder: Path) -> Quiet:
    """Return what is known after a scan of a folder."""
    found = Quiet()
    found.end()
    scan = Scan(folder)
    list(scan)
    found.begin(scan.folders())
    return found


def test_a_folder_in_which_nothing_happens_is_quiet(folder: Path) -> None:
    assert not Quiet().holds()
    found = seen(folder)
    assert found.holds()
    assert found.holds()
    found.end()
    assert not found.holds()


def test_what_comes_goes_or_is_renamed_ends_it(folder: Path) -> None:
    for change in (
        lambda: (folder / "x" / "b.md").write_bytes(b""),
        lambda: (folder / "x" / "b.md").rename(folder / "x" / "c.md"),
        (folder / "x" / "c.md").unlink,
        (folder / "y").mkdir,
        lambda: shutil.rmtree(folder / "x"),
    ):
        found = seen(folder)
        assert found.holds()
        change()
        assert not found.holds()


def test_it_ends_after_a_thousand_times_what_a_scan_costs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "_PART", 0)
    assert not seen(folder).holds()


def test_a_folder_that_others_may_change_is_never_quiet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not quiet.is_local("/proc")
    assert not quiet.is_local("/nothing is here")
    found = seen(folder)
    monkeypatch.setattr(quiet, "_LOCAL", frozenset())
    assert not found.holds()


def test_folders_of_several_file_systems_are_never_quiet(folder: Path) -> None:
    found = Quiet()
    found.begin({str(folder): quiet.state(str(folder)), "/proc": quiet.state("/proc")})
    assert not found.holds()


def test_what_cannot_be_looked_at_is_looked_at_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("x"):
            raise PermissionError
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert not seen(folder).holds()


def test_a_quiet_folder_is_found_in_order_without_a_scan(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans = []
    iterate = Scan.__iter__

    def counted(scan: Scan) -> Iterator[FoundFile]:
        scans.append(scan)
        return iterate(scan)

    monkeypatch.setattr(Scan, "__iter__", counted)
    monkeypatch.setattr(quiet, "_PART", 1_000_000)
    monkeypatch.setattr(loop, "TICK", 0.02)
    old(settings.entries / "a.md", item("A", id="a"))

    def scanned() -> int:
        with Catalogue(settings.instance).snapshot() as snapshot:
            return int(snapshot.scanned)

    with running(replace(settings, rescan=1)):
        wait_for(lambda: len(scans) >= 2)  # the first one found something to do
        count, before = len(scans), scanned()
        wait_for(lambda: scanned() > before)
        before = scanned()
        wait_for(lambda: scanned() > before)
        assert len(scans) == count
        # Not even a change that the kernel does not report stays unseen where it shows.
        (settings.entries / "b.tmp").write_bytes(b"")
        wait_for(lambda: len(scans) > count)
