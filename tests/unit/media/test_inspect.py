"""Inspecting a file: what it is, how large it is, and what is not published."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from feedsvc.media import inspect as inspect_module
from feedsvc.media.inspect import MAX_LENGTH, MAX_PIXELS, Facts, Unfit, inspect
from feedsvc.media.types import TYPES
from tests.support.files import ARCHIVE, PDF, PHOTO, WIDE, animated_gif, huge_png, picture
from tests.support.hostile_pictures import HEADERS, PICTURES, huge_webp

KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP"}
DOCUMENTS = {
    ".pdf": PDF,
    **dict.fromkeys((".zip", ".docx", ".xlsx", ".odt", ".ods"), ARCHIVE),
    **dict.fromkeys((".doc", ".xls"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ".mp3": b"ID3\x04",
    ".mp4": b"\x00\x00\x00\x18ftyp",
}


def code(path: Path | None) -> str:
    """Return the code of the problem that a file has."""
    with pytest.raises(Unfit) as caught:
        inspect(None if path is None else str(path))
    return str(caught.value)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_file_of_each_kind_is_measured(tmp_path: Path) -> None:
    assert KINDS.keys() | DOCUMENTS.keys() == TYPES.keys()
    for suffix, kind in KINDS.items():
        data = picture(kind=kind)
        path = written(tmp_path / f"a{suffix.upper()}", data)
        assert inspect(str(path)) == Facts(len(data), *WIDE), suffix
    for suffix, data in DOCUMENTS.items():
        path = written(tmp_path / f"a{suffix}", data)
        assert inspect(str(path)) == Facts(len(data), None, None), suffix


def test_each_start_of_a_sound_recording_is_known(tmp_path: Path) -> None:
    for start in (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        assert inspect(str(written(tmp_path / "a.mp3", start + b"..."))).length == len(start) + 3


def test_a_file_that_is_not_what_its_name_says_is_broken(tmp_path: Path) -> None:
    for suffix in TYPES:
        # Any content but none is a film: its formats have no common start.
        for data in (b"",) if suffix == ".mp4" else (b"", b"<html>", PHOTO[:3] + b"\0" * 100):
            assert code(written(tmp_path / f"a{suffix}", data)) == "media-broken", suffix


@pytest.mark.parametrize(
    ("orientation", "size"), [(None, (40, 30)), (1, (40, 30)), (3, (40, 30)), (6, (30, 40))]
)
def test_the_size_of_a_picture_is_that_of_its_upright_form(
    tmp_path: Path, orientation: int | None, size: tuple[int, int]
) -> None:
    path = written(tmp_path / "a.jpg", picture(orientation=orientation))
    assert inspect(str(path))[1:] == size


def test_an_animated_picture_has_the_size_of_its_frames(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gif", animated_gif())
    assert inspect(str(path))[1:] == WIDE


def test_a_picture_of_fifty_megapixels_is_the_largest(tmp_path: Path) -> None:
    assert MAX_PIXELS == 10_000 * 5_000
    path = written(tmp_path / "a.png", huge_png(10_000, 5_000))
    assert inspect(str(path))[1:] == (10_000, 5_000)
    assert code(written(path, huge_png(10_000, 5_001))) == "media-large"


@pytest.mark.parametrize(("name", "start"), [("a.jpg", PHOTO), ("a.zip", ARCHIVE)])
def test_a_file_of_a_hundred_mebibytes_is_the_largest(
    tmp_path: Path, name: str, start: bytes
) -> None:
    path = written(tmp_path / name, start)
    with path.open("r+b") as file:
        file.truncate(MAX_LENGTH)
    assert inspect(str(path)).length == MAX_LENGTH
    with path.open("r+b") as file:
        file.truncate(MAX_LENGTH + 1)
    assert code(path) == "media-large"


def test_a_file_of_no_publishable_kind_is_refused_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(inspect_module, "open_real", refuse)
    assert code(tmp_path / "a.svg") == "media-type"


def test_a_file_that_cannot_be_opened_is_missing(tmp_path: Path) -> None:
    assert code(None) == "media-missing"
    for name in ("a.pdf", "a.jpg"):
        assert code(tmp_path / name) == "media-missing"
    (tmp_path / "folder.jpg").mkdir()
    assert code(tmp_path / "folder.jpg") == "media-missing"
    os.mkfifo(tmp_path / "pipe.jpg")
    assert code(tmp_path / "pipe.jpg") == "media-missing"


# The greatest header that is read takes a second; others are refused at once.
@pytest.mark.parametrize("name", sorted({**PICTURES, **HEADERS}))
def test_a_hostile_picture_is_inspected_at_little_cost(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / name, {**PICTURES, **HEADERS}[name]())
    start = time.process_time()
    with suppress(Unfit):
        assert inspect(str(path)).length == path.stat().st_size
    assert time.process_time() - start < 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_not_read_for_ever(tmp_path: Path, name: str) -> None:
    assert code(written(tmp_path / name, HEADERS[name]())) == "media-broken"


def test_a_picture_with_a_large_profile_is_fit(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", PICTURES["icc.jpg"]())
    assert inspect(str(path))[1:] == (600, 400)


def test_a_picture_that_says_it_is_huge_takes_no_memory(tmp_path: Path) -> None:
    assert code(written(tmp_path / "a.webp", huge_webp())) == "media-large"
