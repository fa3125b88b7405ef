"""Files changed by the tools that people use, in any order, against a model of what is visible."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.settings import Settings
from tests.support.faults import done, needs
from tests.support.folder import quicken, running, shown, wait_for
from tests.support.newsroom import item

FOLDERS = ("", "a", "a/b", "в")


class Desk:
    """Changes the files, and knows the id and the title in the file of each path.

    That is the model of what is visible: each id once, with the title its file has last had.
    Ids are unique among the files, and move with their text.
    """

    def __init__(self, settings: Settings, outside: Path, seed: int) -> None:
        self.entries = settings.entries
        self.outside = outside
        self.random = random.Random(seed)
        self.number = 0
        self.files: dict[Path, tuple[str, str]] = {}
        self.folders: dict[str, list[Path]] = {}
        # Paths that the catalogue may still know by what was there before.
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
        """Return the next text of an entry, and note that it is to be visible."""
        self.number += 1
        self.files[path] = entry_id, f"Текст {self.number}"
        return item(f"Текст {self.number}", id=entry_id, body=f"Абзац {self.number}.\n\n" * 20)

    def prepared(self, path: Path, entry_id: str) -> Path:
        """Write the next text outside of the entries folder; return where."""
        source = self.outside / "prepared"
        source.write_bytes(self.draft(path, entry_id))
        return source

    def target(self) -> tuple[Path, str]:
        """Choose an old file to be replaced, or a path for a new one; return path and id."""
        if self.files and self.random.random() < 0.6:
            path = self.any_file()
            return path, self.files[path][0]
        self.number += 1
        return self.free_path(), f"id{self.number}"


# The steps, each what one tool does to one file.


def by_hand(desk: Desk) -> None:
    path, entry_id = desk.target()
    path.write_bytes(desk.draft(path, entry_id))


def by_cp(desk: Desk) -> None:
    path, entry_id = desk.target()
    options = desk.random.choice(([], ["-p"], ["--remove-destination"]))
    done("cp", *options, desk.prepared(path, entry_id), path)


def by_mv(desk: Desk) -> None:
    path, entry_id = desk.target()
    done("mv", desk.prepared(path, entry_id), path)


def by_rsync(desk: Desk) -> None:
    path, entry_id = desk.target()
    options = desk.random.choice(([], ["-t"], ["--inplace"], ["--delay-updates"]))
    # To rsync, two texts of one length and one second are the same.
    done("rsync", "--ignore-times", *options, desk.prepared(path, entry_id), path)


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
    done(
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
    # A folder with the name of an entry file is none, nor is what it contains; the entry stays.
    if not desk.files:
        return
    path = desk.any_file()
    aside = desk.outside / f"aside{desk.number}"
    path.rename(aside)
    path.mkdir()
    (path / "inner.md").write_bytes(item("Не видно", id="inner"))
    # A folder in its place keeps what the catalogue last knew of the path.
    if path in desk.swapped or desk.random.random() < 0.5:
        shutil.rmtree(path)
        aside.rename(path)
    else:
        # The file gets another path, and can be changed there.
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
        # A folder in the place of a file would keep the last version of it.
        for folder in desk.folders.pop(desk.files.pop(path)[0], []):
            shutil.rmtree(folder)


STEPS: tuple[Callable[[Desk], None], ...] = (
    *(by_hand, by_cp, by_mv, by_rsync, by_vim, like_word, rename, rename_by_copy),
    *(swap, replace_by_folder, rename_folder, remove),
)


# A folder that is renamed while watchdog reads it can end watchdog's thread. The service
# starts a new writer then (see unit/sync/test_writer_process); here there is only the scan.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("each", "burst"), [(4, 8), pytest.param(1000, 150, marks=pytest.mark.long)]
)
def test_whatever_tools_do_to_files_their_content_is_visible(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: int, burst: int
) -> None:
    needs("vim", "rsync")
    quicken(monkeypatch)
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
