"""Files changed by the tools people use, in any order, against a plain model of what is visible."""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.edition import Edition
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.sync import loop as sync_module
from tests.support.faults import needs
from tests.support.folder import running, wait_for
from tests.support.newsroom import item

FOLDERS = ("", "a", "a/b", "в")


class Desk:
    """Works on the files, and knows of each path what its file says: an id and a title.

    The model of what is visible: each id once, with the title its file says last.
    Ids are unique among the files, and travel with their text.
    """

    def __init__(self, settings: Settings, outside: Path, seed: int) -> None:
        self.entries = settings.entries
        self.outside = outside
        self.random = random.Random(seed)
        self.number = 0
        self.files: dict[Path, tuple[str, str]] = {}
        self.folders: dict[str, list[Path]] = {}
        # Paths that may still be known by what they held before.
        self.swapped: set[Path] = set()
        for folder in FOLDERS:
            (self.entries / folder).mkdir(exist_ok=True)

    def visible(self) -> dict[str, str]:
        return dict(self.files.values())

    def any_file(self) -> Path:
        return self.random.choice(sorted(self.files))

    def free_path(self) -> Path:
        self.number += 1
        return self.entries / self.random.choice(FOLDERS) / f"f{self.number}.md"

    def draft(self, path: Path, entry_id: str) -> bytes:
        """Write the next text of an entry, and note that it is to be visible."""
        self.number += 1
        self.files[path] = entry_id, f"Текст {self.number}"
        return item(f"Текст {self.number}", id=entry_id, body=f"Абзац {self.number}.\n\n" * 20)

    def prepared(self, path: Path, entry_id: str) -> Path:
        """Write the next text outside of the entries folder."""
        source = self.outside / "prepared"
        source.write_bytes(self.draft(path, entry_id))
        return source

    def target(self) -> tuple[Path, str]:
        """Choose an old file to be replaced, or a place for a new one."""
        if self.files and self.random.random() < 0.6:
            path = self.any_file()
            return path, self.files[path][0]
        self.number += 1
        return self.free_path(), f"id{self.number}"


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


# The steps: everything that one tool does to one file.


def by_hand(desk: Desk) -> None:
    path, entry_id = desk.target()
    path.write_bytes(desk.draft(path, entry_id))


def by_cp(desk: Desk) -> None:
    path, entry_id = desk.target()
    options = desk.random.choice(([], ["-p"], ["--remove-destination"]))
    run("cp", *options, desk.prepared(path, entry_id), path)


def by_mv(desk: Desk) -> None:
    path, entry_id = desk.target()
    run("mv", desk.prepared(path, entry_id), path)


def by_rsync(desk: Desk) -> None:
    path, entry_id = desk.target()
    options = desk.random.choice(([], ["-t"], ["--inplace"], ["--delay-updates"]))
    # Two texts of one length in one second are the same to it.
    run("rsync", "--ignore-times", *options, desk.prepared(path, entry_id), path)


def by_vim(desk: Desk) -> None:
    if not desk.files:
        return
    path = desk.any_file()
    entry_id = desk.files[path][0]
    old = path.read_bytes()
    new = desk.draft(path, entry_id)
    assert path.read_bytes() == old
    title = desk.files[path][1]
    assert title.encode() in new
    way = desk.random.choice(("set backupcopy=yes", "set backupcopy=no", "set nobackup nowb"))
    change = f'%s/^title:.*/title: "{title}"/'
    run(
        "vim", "-Nu", "NONE", "-es", "-c", "set swapfile", "-c", way, "-c", change, "-c", "wq", path
    )


def like_word(desk: Desk) -> None:
    # A temporary file, the old one renamed away, the new one in its place, the old one deleted.
    path, entry_id = desk.target()
    temporary, old = path.with_name("~WRD0001.tmp"), path.with_name("~WRL0002.tmp")
    temporary.write_bytes(desk.draft(path, entry_id))
    if path.exists():
        path.rename(old)
    temporary.rename(path)
    old.unlink(missing_ok=True)


def rename(desk: Desk) -> None:
    if desk.files:
        old, new = desk.any_file(), desk.free_path()
        old.rename(new)
        desk.files[new] = desk.files.pop(old)


def rename_by_copy(desk: Desk) -> None:
    # As mv does from one disk to another, or a file manager over the network.
    if desk.files:
        old, new = desk.any_file(), desk.free_path()
        shutil.copy(old, new)
        old.unlink()
        desk.files[new] = desk.files.pop(old)


def swap(desk: Desk) -> None:
    if len(desk.files) > 1:
        one, other = desk.random.sample(sorted(desk.files), 2)
        aside = one.with_name("~aside")
        one.rename(aside)
        other.rename(one)
        aside.rename(other)
        desk.files[one], desk.files[other] = desk.files[other], desk.files[one]
        desk.swapped.update((one, other))


def replace_by_folder(desk: Desk) -> None:
    # A folder of an entry's name is none, nor is what lies in it; the news stays.
    if not desk.files:
        return
    path = desk.any_file()
    aside = desk.outside / f"aside{desk.number}"
    path.rename(aside)
    path.mkdir()
    (path / "inner.md").write_bytes(item("Не видно", id="inner"))
    # A folder in its place keeps what was last known of it, be that what it held before.
    if path in desk.swapped or desk.random.random() < 0.5:
        shutil.rmtree(path)
        aside.rename(path)
    else:
        # The file finds another place, and can be changed there.
        new = desk.free_path()
        shutil.move(aside, new)
        desk.files[new] = desk.files.pop(path)
        desk.folders.setdefault(desk.files[new][0], []).append(path)


def rename_folder(desk: Desk) -> None:
    old, new = desk.entries / "a", desk.entries / "z"
    old.rename(new)
    new.rename(old)


def remove(desk: Desk) -> None:
    if len(desk.files) > 30:
        path = desk.any_file()
        path.unlink()
        # A folder in the place of a file would keep the last version there was of it.
        for folder in desk.folders.pop(desk.files.pop(path)[0], []):
            shutil.rmtree(folder)


STEPS: tuple[Callable[[Desk], None], ...] = (
    *(by_hand, by_cp, by_mv, by_rsync, by_vim, like_word, rename, rename_by_copy),
    *(swap, replace_by_folder, rename_folder, remove),
)


def shown(settings: Settings) -> dict[str, str]:
    with Catalogue(settings.instance).snapshot() as snapshot:
        entries = Edition(snapshot, time.time_ns() // 1000).newest(100_000)
    return {entry.id: entry.title for entry in entries}


# A folder that is renamed while watchdog looks at it can end watchdog's thread. The
# service begins a new writer then (see test_faults_kills); here there is only the rescan.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("each", "burst"), [(4, 8), pytest.param(1000, 150, marks=pytest.mark.long)]
)
def test_whatever_tools_do_to_files_what_they_say_is_visible(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: int, burst: int
) -> None:
    needs("vim", "rsync")
    for name, value in (("SETTLE", 0.3), ("QUIET", 0.2), ("TICK", 0.1)):
        monkeypatch.setattr(sync_module, name, value)
    settings = replace(settings, rescan=1)
    outside = tmp_path / "outside"
    outside.mkdir()
    seed = int(os.environ.get("FEEDSVC_SEED", "1"))
    desk = Desk(settings, outside, seed)
    steps = [step for step in STEPS for _ in range(each)]
    desk.random.shuffle(steps)
    for _ in range(10):
        by_hand(desk)
    with running(settings):
        wait_for(lambda: shown(settings) == desk.visible())
        for start in range(0, len(steps), burst):
            kept = set(desk.visible())
            part = steps[start : start + burst]
            for number, step in enumerate(part):
                step(desk)
                # An entry that is there all the time is visible all the time, wherever its
                # file goes; only of two that are swapped one may be read before the other.
                kept &= set(desk.visible())
                if not kept <= set(shown(settings)):
                    names = [step.__name__ for step in part[: number + 1]]
                    try:
                        wait_for(lambda: kept <= set(shown(settings)), 5)  # noqa: B023 - at once
                    except AssertionError:
                        lost = kept - set(shown(settings))
                        raise AssertionError((seed, start, names, lost)) from None
            names = [step.__name__ for step in part]
            desk.swapped.clear()
            try:
                wait_for(lambda: shown(settings) == desk.visible(), 30)
            except AssertionError:
                difference = set(shown(settings).items()) ^ set(desk.visible().items())
                raise AssertionError((seed, start, names, difference)) from None
