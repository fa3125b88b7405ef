"""Opening files: nothing but a regular file in the folder, whatever takes its place meanwhile."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedsvc.media import opening
from feedsvc.media.opening import ContentDigests, open_beneath, open_real, reopened
from feedsvc.media.types import within
from tests.support.files import open_files
from tests.support.folder import old


@contextmanager
def repeated(*steps: object) -> Iterator[None]:
    """Do the steps again and again, in another thread."""
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            for step in steps:
                step()  # type: ignore[operator]

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_file_in_the_folder_is_opened(tmp_path: Path) -> None:
    old(tmp_path / "in" / "a.jpg", b"inside")
    (tmp_path / "link.jpg").symlink_to("in/a.jpg")
    (tmp_path / "absolute.jpg").symlink_to(tmp_path / "in/a.jpg")
    for path in ("in/a.jpg", "link.jpg", "absolute.jpg"):
        with open_beneath(tmp_path, path) as file:
            assert file.read() == b"inside", path


def test_what_is_no_file_in_the_folder_is_not_opened(tmp_path: Path) -> None:
    root = tmp_path / "entries"
    old(root / ".a.jpg", b"hidden")
    old(tmp_path / "outside.jpg", b"outside")
    (root / "out.jpg").symlink_to("../outside.jpg")
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()
    for path in ("none.jpg", ".a.jpg", "out.jpg", "../outside.jpg", "pipe.jpg", "folder.jpg", ""):
        with pytest.raises(OSError, match=r"."):
            open_beneath(root, path)


@pytest.mark.parametrize("part", ["entries/a.jpg", "entries/in", "entries"])
def test_what_becomes_a_link_after_it_was_looked_at_is_not_followed(
    tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "entries"
    old(root / "in" / "a.jpg", b"inside")
    old(root / "a.jpg", b"inside")
    real = within(root, "in/a.jpg" if part != "entries/a.jpg" else "a.jpg")
    (tmp_path / part).rename(tmp_path / "moved")
    (tmp_path / part).symlink_to(tmp_path / "moved")
    monkeypatch.setattr("feedsvc.media.opening.within", lambda *_: real)
    with pytest.raises(OSError, match=r"."):
        open_beneath(root, "a.jpg")


@pytest.mark.parametrize("instead", ["pipe", "folder", "device"])
def test_what_was_opened_is_judged_and_not_waited_for(tmp_path: Path, instead: str) -> None:
    path = tmp_path / "a.jpg"
    if instead == "pipe":
        os.mkfifo(path)
    elif instead == "folder":
        path.mkdir()
    before = open_files()
    with pytest.raises(OSError, match=r"."):
        open_real("/dev/zero" if instead == "device" else str(path))
    assert open_files() == before


def test_a_file_that_is_swapped_for_a_link_all_the_time_is_never_the_one_outside(
    tmp_path: Path,
) -> None:
    root = tmp_path / "entries"
    old(root / "a.jpg", b"inside")
    old(tmp_path / "outside.jpg", b"outside")
    os.link(root / "a.jpg", root / "file")
    (root / "link").symlink_to(tmp_path / "outside.jpg")

    def swap(name: str) -> None:
        copy = root / f"{name}.copy"
        if name == "file":
            os.link(root / name, copy)
        else:
            copy.symlink_to(tmp_path / "outside.jpg")
        copy.replace(root / "a.jpg")
        copy.unlink(missing_ok=True)

    seen = []
    with repeated(lambda: swap("file"), lambda: swap("link")):
        for _ in range(5_000):
            try:
                with open_beneath(root, "a.jpg") as file:
                    seen.append(file.read())
            except OSError:
                seen.append(b"")
    assert set(seen) == {b"inside", b""}


def test_a_reopened_file_has_a_position_of_its_own_even_if_it_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    old(path, b"inside")
    with open_real(str(path)) as file:
        path.unlink()
        descriptor = reopened(file)
        assert os.read(descriptor, 10) == b"inside"
        os.close(descriptor)
        assert file.read() == b"inside"


@pytest.mark.parametrize("difference", [10**10, -(10**10)])
def test_a_digest_is_of_the_content_and_computed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, difference: int
) -> None:
    digests = ContentDigests()
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for path, content in ((one, b"a"), (same, b"a"), (other, b"b")):
        path.write_bytes(content)
    then = time.time_ns() + difference
    monkeypatch.setattr(time, "time_ns", lambda: then)

    def digest(path: Path) -> bytes:
        with open_real(str(path)) as file:
            found = digests.digest(file)
            assert file.tell() == 0
            return found

    first = digest(one)
    assert (digest(same) == first, digest(other) == first) == (True, False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", None)
        assert digest(one) == first
    one.write_bytes(b"b")
    assert digest(one) == digest(other)


def test_the_digest_of_a_file_that_has_just_changed_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = ContentDigests()
    (tmp_path / "a").write_bytes(b"x")
    with open_real(str(tmp_path / "a")) as file:
        digest = digests.digest(file)
        reads: list[object] = []
        really = os.pread

        def count(*span: int) -> bytes:
            reads.append(span)
            return really(*span)

        monkeypatch.setattr(os, "pread", count)
        assert digests.digest(file) == digest
        assert reads


def test_only_so_many_digests_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_KEPT", 3)
    later = time.time_ns() + 10**10
    monkeypatch.setattr(time, "time_ns", lambda: later)
    digests = ContentDigests()
    for number in range(10):
        (tmp_path / str(number)).write_bytes(b"x")
        with open_real(str(tmp_path / str(number))) as file:
            digests.digest(file)
    assert len(digests._digests) == 3  # noqa: SLF001 - nothing else shows it
