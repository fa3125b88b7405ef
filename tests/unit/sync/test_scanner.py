"""Looking at the directory: what is found, what is passed over, what is in the way."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedsvc.errors import EntriesUnavailable
from feedsvc.parsing import MAX_SIZE
from feedsvc.settings import Settings
from feedsvc.sync.reading import read_file
from feedsvc.sync.scanner import TRY_AGAIN, Scan, examine
from tests.support.newsroom import item

NOBODY = 65534


def found(root: Path) -> dict[str, str | None]:
    """Scan, and give the code of the problem of each path that was found."""
    return {file.path: file.problem.code if file.problem else None for file in Scan(root)}


def test_entries_are_found_at_any_depth_and_in_any_case(settings: Settings) -> None:
    folder = settings.entries / "2026" / "Июль"
    folder.mkdir(parents=True)
    for path in (settings.entries / "a.txt", folder / "б.MD", folder / "picture.jpg"):
        path.write_bytes(item())
    assert found(settings.entries) == {"a.txt": None, "2026/Июль/б.MD": None}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.txt",
        "_draft.txt",
        "~lock.md",
        "x.txt.tmp",
        "x.md.part",
        ".x.txt.swp",
        "Thumbs.db",
        "x.TMP",
        "x.docx",
        "txt",
        "x.txt~",
    ],
)
def test_temporary_and_private_names_are_passed_over(settings: Settings, name: str) -> None:
    (settings.entries / name).write_bytes(item())
    (settings.entries / f"_{name}").mkdir()
    (settings.entries / f"_{name}" / "inside.txt").write_bytes(item())
    assert found(settings.entries) == {}
    assert examine(settings.entries, f"_{name}/inside.txt") is None


def link_out(root: Path) -> None:
    (root / "x.txt").symlink_to("/etc/hostname")


def link_up(root: Path) -> None:
    (root / "x.txt").symlink_to("../other.txt")


def broken_link(root: Path) -> None:
    (root / "x.txt").symlink_to("nothing.txt")


def link_in_a_circle(root: Path) -> None:
    (root / "x.txt").symlink_to("x.txt")


def link_to_a_folder_outside(root: Path) -> None:
    (root / "x.txt").symlink_to("/etc")


def link_to_a_folder(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "x.txt").symlink_to("sub")


def folder(root: Path) -> None:
    (root / "x.txt").mkdir()
    (root / "x.txt" / "inside.txt").write_bytes(item())


def pipe(root: Path) -> None:
    os.mkfifo(root / "x.txt")


def unix_socket(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "x.txt"))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (link_out, "link-out"),
        (link_up, "link-out"),
        (broken_link, "link-out"),
        (link_in_a_circle, "link-out"),
        (link_to_a_folder_outside, "link-out"),
        (link_to_a_folder, "link-folder"),
        (folder, "not-a-file"),
        (pipe, "not-a-file"),
        (unix_socket, "not-a-file"),
    ],
)
def test_what_stands_in_place_of_a_file_is_a_problem(
    settings: Settings, make: Callable[[Path], None], code: str
) -> None:
    make(settings.entries)
    (settings.entries / "good.txt").write_bytes(item())
    assert {"x.txt": code, "good.txt": None} == found(settings.entries)


def test_a_link_inside_the_folder_is_read_as_its_file(settings: Settings) -> None:
    (settings.entries / "a.txt").write_bytes(b"Title\n13.08.2014\nText")
    (settings.entries / "b.txt").symlink_to("a.txt")
    assert found(settings.entries) == {"a.txt": None, "b.txt": None}
    (link,) = (file for file in Scan(settings.entries) if file.path == "b.txt")
    reading = read_file(settings.entries, link, settings.parsing)
    assert reading is not None
    assert reading[1].entry is not None


def test_a_name_that_is_not_utf8_is_a_problem_with_a_printable_path(settings: Settings) -> None:
    (Path(os.fsdecode(os.fsencode(settings.entries) + b"/\xcd\xee.txt"))).write_bytes(item())
    assert found(settings.entries) == {"\\xcd\\xee.txt": "name-not-utf8"}


def test_another_content_time_or_file_gives_another_stamp(settings: Settings) -> None:
    path = settings.entries / "a.txt"
    path.write_bytes(b"one")
    stamps = {examine(settings.entries, "a.txt")}
    path.write_bytes(b"two")
    stamps.add(examine(settings.entries, "a.txt"))
    os.utime(path, (1, 1))
    stamps.add(examine(settings.entries, "a.txt"))
    assert len({file.fingerprint for file in stamps if file}) == 3


def test_the_stamp_of_an_untouched_file_is_the_same_in_every_process(settings: Settings) -> None:
    (settings.entries / "a.txt").write_bytes(item())
    (here,) = Scan(settings.entries)
    code = (
        "from feedsvc.scan import *\n"
        f"print(next(iter(Scan(Path({str(settings.entries)!r})))).fingerprint)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert here.fingerprint == there.stdout.strip()


def test_a_file_that_changes_while_it_is_read_is_left_for_later(settings: Settings) -> None:
    path = settings.entries / "a.txt"
    path.write_bytes(item())
    (file,) = Scan(settings.entries)
    path.write_bytes(item("Longer title"))
    assert read_file(settings.entries, file, settings.parsing) is None
    path.unlink()
    assert read_file(settings.entries, file, settings.parsing) is None


def test_a_file_over_one_mebibyte_is_refused_without_reading_it_all(settings: Settings) -> None:
    (settings.entries / "a.txt").write_bytes(b"x" * (MAX_SIZE * 3))
    (file,) = Scan(settings.entries)
    reading = read_file(settings.entries, file, settings.parsing)
    assert reading is not None
    (problem,) = reading[1].problems
    assert ("too-large", (("size", str(MAX_SIZE * 3)),)) == (problem.code, problem.values)


@pytest.mark.parametrize("what", ["missing", "file"])
def test_a_directory_that_cannot_be_opened_is_said(settings: Settings, what: str) -> None:
    settings.entries.rmdir()
    if what == "file":
        settings.entries.write_bytes(b"")
    with pytest.raises(EntriesUnavailable):
        Scan(settings.entries)


def as_nobody(settings: Settings, code: str) -> str:
    """Run code in a process that may not do everything; give what it prints."""
    program = (
        "import os; from pathlib import Path\n"
        "from feedsvc.scan import *; from feedsvc.settings import *\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        f"root = Path({str(settings.entries)!r})\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_read_is_a_problem_and_is_tried_again(settings: Settings) -> None:
    for parent in (settings.entries, *settings.entries.parents[:3]):
        parent.chmod(0o755)
    path = settings.entries / "a.txt"
    path.write_bytes(item())
    path.chmod(0o600)
    said = as_nobody(
        settings,
        "s, r = read_file(root, next(iter(Scan(root))), Settings())\nprint(s, r.problems[0].code)",
    )
    assert f"{TRY_AGAIN} no-access" == said


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_read_hides_nothing_that_was_known(settings: Settings) -> None:
    for parent in (settings.entries, *settings.entries.parents[:3]):
        parent.chmod(0o755)
    (settings.entries / "closed").mkdir(mode=0o700)
    (settings.entries / "closed" / "a.txt").write_bytes(item())
    said = as_nobody(
        settings,
        "scan = Scan(root)\nprint([(f.path, f.problem.code) for f in scan],"
        " scan.covered('closed/a.txt'), scan.covered('closedness.txt'))",
    )
    assert said == "[('closed', 'no-access')] False True"


def test_an_obstacle_is_read_as_its_problem(settings: Settings) -> None:
    folder(settings.entries)
    (file,) = Scan(settings.entries)
    reading = read_file(settings.entries, file, settings.parsing)
    assert isinstance(file, FoundFile)
    assert reading is not None
    assert (file.problem,) == reading[1].problems
