"""Inspecting a file: what it is, how large it is, and what is not published."""

import io
import os
import struct
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from feedsvc.media import inspect as inspect_module
from feedsvc.media.cleaning import edited_length
from feedsvc.media.inspect import MAX_LENGTH, MAX_PIXELS, Facts, Unfit, inspect
from feedsvc.media.types import TYPES
from tests.support.cost import in_proportion
from tests.support.files import ARCHIVE, PDF, PHOTO, WIDE, animated_gif, huge_png, picture
from tests.support.hostile_pictures import HEADERS, PICTURES, huge_webp, segment, with_segments
from tests.support.told_pictures import PRIVATE_XMP, private_heic, saved, two_pictures

KINDS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WEBP",
}
# Readers get a JPEG of these.
CONVERTED = {
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIF"),
}
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


def claiming(data: bytes, width: int, height: int) -> bytes:
    """Return a JPEG or PNG whose header says another size."""
    if data.startswith(b"\x89PNG"):
        head = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
        return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_file_of_each_kind_is_measured(tmp_path: Path) -> None:
    assert KINDS.keys() | CONVERTED.keys() | DOCUMENTS.keys() == TYPES.keys()
    for suffix, kind in KINDS.items():
        data = picture(kind=kind)
        path = written(tmp_path / f"a{suffix.upper()}", data)
        assert inspect(str(path))[:5] == (len(data), *WIDE, False, ()), suffix
    register_heif_opener()
    for suffix, kind in CONVERTED.items():
        path = written(tmp_path / f"a{suffix.upper()}", picture(kind=kind))
        assert inspect(str(path)) == Facts(0, *WIDE, is_converted=True), suffix
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
    assert inspect(str(path))[1:3] == size


def test_a_photograph_with_another_behind_it_is_one_photograph(tmp_path: Path) -> None:
    data = two_pictures()
    facts = inspect(str(written(tmp_path / "a.jpg", data)))
    assert facts[1:4] == (48, 64, False)
    assert facts.length < len(data) - 500
    assert facts.metadata.has_place


def test_what_is_converted_tells_what_it_shows_and_where_it_was(tmp_path: Path) -> None:
    facts = inspect(str(written(tmp_path / "a.heic", private_heic())))
    # How it is held says the container, and EXIF does not count.
    assert facts[:4] == (0, 64, 48, True)
    assert facts.metadata[:3] == ("Двор после ремонта", "Рабочие красят забор", True)
    tiff = saved("TIFF", tiffinfo={270: "A yard", 34853: {}, 700: PRIVATE_XMP, 274: 6})
    facts = inspect(str(written(tmp_path / "a.tif", tiff)))
    assert facts[:4] == (0, 48, 64, True)
    assert facts.metadata[:3] == ("A yard", "Рабочие красят забор", True)


def test_without_the_extra_it_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.heic", private_heic())
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert code(path) == "media-heic"


def test_films_that_few_can_play_are_told(tmp_path: Path) -> None:
    assert code(written(tmp_path / "a.MOV", b"film")) == "media-film"
    assert code(written(tmp_path / "a.dng", b"raw")) == "media-type"


def test_a_picture_of_more_blocks_than_any_is_broken(tmp_path: Path) -> None:
    data = with_segments(picture(), (segment(0xE5, b"") + segment(0xFE, b"")) * 600)
    assert code(written(tmp_path / "a.jpg", data)) == "media-broken"


def test_an_animated_picture_has_the_size_of_its_frames(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gif", animated_gif())
    assert inspect(str(path))[1:3] == WIDE


def test_readers_get_a_smaller_picture_of_one_of_more_than_fifty_megapixels(
    tmp_path: Path,
) -> None:
    assert MAX_PIXELS == 10_000 * 5_000
    path = written(tmp_path / "a.png", huge_png(10_000, 5_000))
    assert inspect(str(path))[1:4] == (10_000, 5_000, False)
    path = written(path, huge_png(10_000, 5_001))
    assert inspect(str(path))[:4] == (0, 4096, 2048, True)
    path = written(path, huge_png(10_000, 8_001))
    assert code(path) == "media-large"


def test_a_photograph_of_three_hundred_megapixels_is_the_largest(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", claiming(picture(), 20_000, 15_000))
    assert inspect(str(path))[:4] == (0, 4096, 3072, True)
    assert code(written(path, claiming(picture(), 20_000, 15_001))) == "media-large"


@pytest.mark.parametrize(
    ("options", "kind", "largest"),
    [
        # It is held in memory as a whole.
        ({"progressive": True}, "JPEG", (10_000, 10_000)),
        # So is what has transparency, twice.
        ({"mode": "RGBA"}, "PNG", (10_000, 6_000)),
    ],
)
def test_what_takes_more_memory_may_have_fewer_pixels(
    tmp_path: Path, options: dict[str, Any], kind: str, largest: tuple[int, int]
) -> None:
    data = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), WIDE).save(data, kind, **options)
    path = tmp_path / ("a.jpg" if kind == "JPEG" else "a.png")
    width, height = largest
    written(path, claiming(data.getvalue(), width, height))
    assert inspect(str(path)).is_converted
    assert code(written(path, claiming(data.getvalue(), width, height + 1))) == "media-large"


@pytest.mark.parametrize(("name", "start"), [("a.jpg", PHOTO), ("a.zip", ARCHIVE)])
def test_a_file_of_a_hundred_mebibytes_is_the_largest(
    tmp_path: Path, name: str, start: bytes
) -> None:
    path = written(tmp_path / name, start)
    with path.open("r+b") as file:
        file.truncate(MAX_LENGTH)
    facts = inspect(str(path))
    assert edited_length(MAX_LENGTH, facts.edits) == facts.length
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
    with in_proportion(), suppress(Unfit):
        facts = inspect(str(path))
        assert facts.length == edited_length(path.stat().st_size, facts.edits)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_not_read_for_ever(tmp_path: Path, name: str) -> None:
    assert code(written(tmp_path / name, HEADERS[name]())) == "media-broken"


def test_a_picture_with_a_large_profile_is_fit(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jpg", PICTURES["icc.jpg"]())
    assert inspect(str(path))[1:3] == (600, 400)


def test_a_picture_that_says_it_is_huge_takes_no_memory(tmp_path: Path) -> None:
    assert code(written(tmp_path / "a.webp", huge_webp())) == "media-large"
