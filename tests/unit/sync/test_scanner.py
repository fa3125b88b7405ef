"""Scanning the folder: what is found, what is passed over, what is in the way."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedsvc.errors import EntriesUnavailable
from feedsvc.settings import Settings
from feedsvc.sync.scanner import FoundFile, Scan, examine
from tests.support.newsroom import item
from tests.support.rights import as_nobody


def found(root: Path) -> dict[str, str | None]:
    """Scan, and return the code of the problem of each path that was found."""
    return {file.path: file.problem.code if file.problem else None for file in Scan(root)}


def test_entries_are_found_at_any_depth_and_in_any_case(settings: Settings) -> None:
    folder = settings.entries / "2026" / "Июль"
    folder.mkdir(parents=True)
    for path in (settings.entries / "a.txt", folder / "б.MD", folder / "picture.jpg"):
        path.write_bytes(item())
    assert found(settings.entries) == {"a.txt": None, "2026/Июль/б.MD": None}


def test_temporary_and_private_names_are_passed_over(settings: Settings) -> None:
    private = ".hidden.txt", "_draft.txt", "~lock.md", ".x.txt.swp"
    temporary = (
        "x.txt.tmp",
        "x.md.part",
        "Thumbs.db",
        "x.TMP",
        "x.xlsx",
        "txt",
        "x.txt~",
        "~$news.docx",
        ".~lock.news.odt#",
    )
    for name in (*private, *temporary):
        (settings.entries / name).write_bytes(item())
        (settings.entries / f"_{name}").mkdir()
        (settings.entries / f"_{name}" / "inside.txt").write_bytes(item())
        assert found(settings.entries) == {}, name
        assert examine(settings.entries, name) is None, name
        assert examine(settings.entries, f"_{name}/inside.txt") is None, name


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
    # A path of any length, where that of a socket must be short.
    descriptor = os.open(root, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{descriptor}/x.txt")
    os.close(descriptor)


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
    assert found(settings.entries) == {"x.txt": code, "good.txt": None}


def test_a_name_that_is_not_utf8_is_a_problem_with_a_printable_path(settings: Settings) -> None:
    (Path(os.fsdecode(os.fsencode(settings.entries) + b"/\xcd\xee.txt"))).write_bytes(item())
    assert found(settings.entries) == {"\\xcd\\xee.txt": "name-not-utf8"}


def test_a_folder_whose_name_is_not_utf8_is_a_problem_and_is_not_entered(
    settings: Settings,
) -> None:
    folder = Path(os.fsdecode(os.fsencode(settings.entries) + b"/\xcd\xee"))
    folder.mkdir()
    (folder / "a.txt").write_bytes(item())
    (settings.entries / "good.txt").write_bytes(item())
    assert found(settings.entries) == {"\\xcd\\xee": "name-not-utf8", "good.txt": None}


def test_files_that_are_no_entries_and_bear_the_name_of_none_are_noted(settings: Settings) -> None:
    files = (
        *("a.md", "a/plan.docx", "a.doc", "named.docx", "alone.docx", "b/c.odt", "x.rst"),
        *("_news/a.md", "_drafts/b.md", ".git/c.html", "photo.jpg"),
        *("_posts/2014-08-13-d.md", "c.markdown", "d.mdown", "notes.org", "~e.docx"),
    )
    for name in files:
        path = settings.entries / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(item())
    scan = Scan(settings.entries, {"a.md": ("named.docx",)})
    assert {file.path for file in scan} == {
        *("a.md", "_posts/2014-08-13-d.md", "c.markdown", "d.mdown", "alone.docx", "b/c.odt"),
    }
    assert {file.path for file in scan.others} == {
        *("x.rst", "photo.jpg", "notes.org"),
    }


def test_another_content_time_or_file_gives_another_fingerprint(settings: Settings) -> None:
    path = settings.entries / "a.txt"

    def fingerprint() -> str:
        file = examine(settings.entries, "a.txt")
        assert file is not None
        return file.fingerprint

    path.write_bytes(b"one")
    fingerprints = [fingerprint()]
    path.write_bytes(b"two")
    fingerprints.append(fingerprint())
    os.utime(path, (1, 1))
    fingerprints.append(fingerprint())
    other = path.with_name("other")
    other.write_bytes(b"two")
    os.utime(other, (1, 1))
    other.rename(path)
    fingerprints.append(fingerprint())
    assert len(set(fingerprints)) == 4


def test_the_fingerprint_of_an_untouched_file_is_the_same_in_every_process(
    settings: Settings,
) -> None:
    (settings.entries / "a.txt").write_bytes(item())
    (here,) = Scan(settings.entries)
    code = (
        "from pathlib import Path\n"
        "from feedsvc.sync.scanner import Scan\n"
        f"print(next(iter(Scan(Path({str(settings.entries)!r})))).fingerprint)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert there.stdout.strip() == here.fingerprint


def test_a_change_of_a_sibling_or_a_named_file_changes_the_fingerprint_and_not_the_own_one(
    settings: Settings,
) -> None:
    (settings.entries / "a.md").write_bytes(item())
    for path in ("a.jpg", "a/inside.pdf", "named.pdf"):
        named = {"a.md": ("named.pdf",)}
        (before,) = Scan(settings.entries, named)
        file = settings.entries / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"1")
        (after,) = Scan(settings.entries, named)
        assert before.own == after.own, path
        assert before.fingerprint != after.fingerprint, path
        assert examine(settings.entries, "a.md", named["a.md"]) == after, path
    assert after.siblings == ("a.jpg", "a/inside.pdf")
    # A name that Notepad made longer has the same files.
    (settings.entries / "a.md").rename(settings.entries / "a.md.txt")
    (longer,) = Scan(settings.entries, {})
    assert longer.siblings == ("a.jpg", "a/inside.pdf")
    assert examine(settings.entries, "a.md.txt") == longer


@pytest.mark.parametrize("what", ["missing", "file"])
def test_a_folder_that_cannot_be_opened_raises(settings: Settings, what: str) -> None:
    settings.entries.rmdir()
    if what == "file":
        settings.entries.write_bytes(b"")
    with pytest.raises(EntriesUnavailable):
        Scan(settings.entries)


def test_a_folder_that_may_not_be_read_hides_nothing_that_was_known(settings: Settings) -> None:
    (settings.entries / "closed").mkdir()
    (settings.entries / "closed" / "a.txt").write_bytes(item())
    (settings.entries / "closed").chmod(0)
    printed = as_nobody(
        settings.entries,
        "from feedsvc.sync.scanner import Scan",
        "scan = Scan(root)\nprint([(f.path, f.problem.code) for f in scan],"
        " scan.covered('closed/a.txt'), scan.covered('closedness.txt'))",
    )
    (settings.entries / "closed").chmod(0o700)
    assert printed == "[('closed', 'no-access')] False True"


def test_an_obstacle_has_a_problem_and_no_fingerprint_of_a_file(settings: Settings) -> None:
    folder(settings.entries)
    (file,) = Scan(settings.entries)
    assert isinstance(file, FoundFile)
    assert (file.fingerprint, file.own) == ("!not-a-file", "")
