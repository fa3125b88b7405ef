"""Cleaning pictures: what readers get shows the same, and tells nothing private."""

import io
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from feedsvc.media.cleaning import Cleaned, Unclear, clean, edited_length, seal
from feedsvc.media.edited import edited
from feedsvc.model import Edit
from tests.support.cost import in_proportion
from tests.support.files import picture
from tests.support.hostile_pictures import (
    HEADERS,
    MEBIBYTE,
    PICTURES,
    chunk,
    icc_segments,
    segment,
    with_chunk,
    with_segments,
)
from tests.support.told_pictures import (
    PRIVATE,
    PRIVATE_XMP,
    SECRET,
    exif,
    exif_in,
    harmless_exif,
    iptc,
    iptc_segment,
    pixels,
    private_jpeg,
    saved,
    two_pictures,
    xmp_segment,
)


def cleaned(data: bytes, kind: str, folder: Path) -> tuple[Cleaned, bytes]:
    """Return what a picture tells, and what readers get of it."""
    path = folder / "picture"
    path.write_bytes(data)
    with path.open("rb") as file:
        result = clean(file, kind)
    with edited(path.open("rb"), result.edits) as file:
        served = file.read()
    assert len(served) == edited_length(len(data), result.edits)
    return result, served


def opened(data: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(data))
    made.load()
    return made


@pytest.mark.parametrize("kind", PRIVATE)
def test_nothing_private_remains_and_every_pixel_does(tmp_path: Path, kind: str) -> None:
    data = PRIVATE[kind]()
    result, served = cleaned(data, kind, tmp_path)
    assert SECRET in data
    assert result.metadata.has_place
    for private in (SECRET, SECRET.hex().encode(), b"GPS", b"ns.adobe", b"Photoshop", b"ftypmp42"):
        assert private not in served, private
    before, after = opened(data), opened(served)
    assert after.tobytes() == before.tobytes()
    assert after.getexif()[0x0112] == 6
    assert not after.getexif().get_ifd(0x8825)
    assert not after.getexif().get_ifd(0x8769)
    # What was cleaned has nothing to clean.
    assert cleaned(served, kind, tmp_path)[0].edits == ()


def test_whose_work_it_is_and_what_it_shows_remain(tmp_path: Path) -> None:
    result, served = cleaned(private_jpeg(), "JPEG", tmp_path)
    told = exif_in(opened(served).info["exif"])
    assert told.is_harmless
    assert told.description.decode() == "Двор после ремонта" == result.metadata.caption
    assert told.copyright.decode() == "© Press office"
    assert result.metadata.alt == "Рабочие красят забор"


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_a_picture_ends_where_its_pixels_end(tmp_path: Path, options: dict[str, Any]) -> None:
    plain = saved("JPEG", **options)
    for behind in (b"\0", b"\xff\xd8film", plain, bytes(3 * MEBIBYTE)):
        result, served = cleaned(plain + behind, "JPEG", tmp_path)
        # One that ends like a picture is found if the first says so.
        expected = () if behind is plain else (Edit(len(plain), len(plain) + len(behind)),)
        assert result.edits == expected
        assert served == (plain + plain if behind is plain else plain)
    announced = with_segments(plain, xmp_segment(b"GCamera:MicroVideoOffset"))
    assert cleaned(announced + plain, "JPEG", tmp_path)[1] == plain
    _, served = cleaned(two_pictures(), "JPEG", tmp_path)
    assert served.count(b"\xff\xd8\xff") == 1
    assert opened(served).size == (64, 48)


@pytest.mark.parametrize(
    "data",
    [
        saved("JPEG"),
        saved("JPEG", exif=harmless_exif(copyright="Office")),
        saved("JPEG", comment=b"CREATOR: gd-jpeg"),
        saved("JPEG", pixels().convert("CMYK")),
        with_segments(saved("JPEG"), *icc_segments(bytes(100_000))),
        saved("JPEG")[:-100],
    ],
)
def test_a_photograph_that_tells_nothing_private_stays_as_it_is(
    tmp_path: Path, data: bytes
) -> None:
    assert cleaned(data, "JPEG", tmp_path)[0].edits == ()


def test_a_png_or_webp_that_tells_nothing_private_stays_as_it_is(tmp_path: Path) -> None:
    png = with_chunk(saved("PNG", exif=harmless_exif()), b"tEXt", b"Software\0Shots")
    webp = saved("WEBP", exif=harmless_exif(), icc_profile=b"p" * 101)
    for data, kind in ((png, "PNG"), (png[:-5], "PNG"), (webp, "WEBP"), (saved("WEBP"), "WEBP")):
        assert cleaned(data, kind, tmp_path)[0].edits == (), kind
    assert cleaned(webp[:-30], "WEBP", tmp_path)[0].edits == ()


def test_an_animation_keeps_its_frames(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    data = saved("WEBP", frames[0], save_all=True, append_images=frames[1:], exif=exif())
    _, served = cleaned(data, "WEBP", tmp_path)
    assert SECRET not in served
    assert Image.open(io.BytesIO(served)).n_frames == 3  # type: ignore[attr-defined]
    assert struct.unpack("<I", served[4:8])[0] == len(served) - 8


def test_a_webp_without_metadata_says_so(tmp_path: Path) -> None:
    data = saved("WEBP", exif=Image.Exif().tobytes(), xmp=PRIVATE_XMP)
    _, served = cleaned(data, "WEBP", tmp_path)
    assert served[20] & 0x0C == 0
    assert "exif" not in opened(served).info


def test_a_webp_whose_head_is_missing_is_cleaned_too(tmp_path: Path) -> None:
    plain = saved("WEBP")
    body = plain[8:] + b"XMP " + struct.pack("<I", 4) + b"abcd"
    data = b"RIFF" + struct.pack("<I", len(body)) + body
    assert cleaned(data, "WEBP", tmp_path)[1] == plain
    assert cleaned(plain + b"film", "WEBP", tmp_path)[1] == plain


def test_what_is_not_known_goes(tmp_path: Path) -> None:
    plain = saved("JPEG")
    for marker in (0xE0, 0xE1, 0xE3, 0xEB, 0xEF):
        data = with_segments(plain, segment(marker, b"JFXX\0" + SECRET))
        assert cleaned(data, "JPEG", tmp_path)[1] == plain, hex(marker)
    # Of two blocks of EXIF the first counts, and both go.
    twice = with_segments(plain, *[segment(0xE1, b"Exif\0\0" + harmless_exif().tobytes()[6:])] * 2)
    assert exif_in(opened(cleaned(twice, "JPEG", tmp_path)[1]).info["exif"]).orientation == 6


def test_markers_may_be_filled_up(tmp_path: Path) -> None:
    plain = saved("JPEG")
    data = plain[:2] + b"\xff" * 5 + xmp_segment(PRIVATE_XMP) + plain[2:]
    _, served = cleaned(data, "JPEG", tmp_path)
    assert b"GPS" not in served
    assert opened(served).tobytes() == opened(plain).tobytes()


def test_a_caption_of_an_editor_counts_more_than_that_of_a_camera(tmp_path: Path) -> None:
    data = with_segments(
        saved("JPEG", exif=exif(description="OLYMPUS DIGITAL CAMERA")),
        iptc_segment(iptc((105, "Заголовок".encode("cp1251")))),
    )
    result, served = cleaned(data, "JPEG", tmp_path)
    assert result.metadata.caption == "Заголовок"
    assert b"OLYMPUS" not in served


@pytest.mark.parametrize(("kind", "name"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
def test_hostile_pictures_are_walked_through_at_little_cost(
    tmp_path: Path, kind: str, name: str
) -> None:
    for file, make in {**PICTURES, **HEADERS}.items():
        if file.endswith(name):
            data = make()
            with in_proportion(), suppress(Unclear):
                cleaned(data, kind, tmp_path)


# Each has 8 MB; the last is a marker at every third byte, behind the pixels' begin.
@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("JPEG", lambda: with_segments(saved("JPEG"), segment(0xE5, b"") * (2 * MEBIBYTE))),
        (
            "JPEG",
            lambda: with_segments(saved("JPEG"), (segment(0xE5, b"") + segment(0xFE, b"")) * 9999),
        ),
        ("JPEG", lambda: saved("JPEG")[:-2] + b"\xff\xdb\0\2" * (2 * MEBIBYTE)),
        ("PNG", lambda: saved("PNG")[:33] + chunk(b"abCd", b"") * 700_000),
        ("WEBP", lambda: b"RIFF\xff\xff\xff\x7fWEBP" + b"ABCD\0\0\0\0" * MEBIBYTE),
    ],
)
def test_blocks_without_end_are_refused(
    tmp_path: Path, kind: str, make: Callable[[], bytes]
) -> None:
    data = make()
    with in_proportion(), pytest.raises(Unclear):
        cleaned(data, kind, tmp_path)


def test_pixels_without_end_take_time_in_proportion(tmp_path: Path) -> None:
    data = saved("JPEG")[:-2] + (b"\xff\x00" + b"\xff\xd0" + bytes(12)) * (2 * MEBIBYTE)
    with in_proportion():
        assert cleaned(data, "JPEG", tmp_path)[0].edits == ()


@given(
    kind=st.sampled_from(sorted(PRIVATE)),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4)), max_size=4),
)
@hypothesis_settings(max_examples=200)
def test_of_any_bytes_edits_are_in_order_and_within_the_file(
    tmp_path_factory: pytest.TempPathFactory, kind: str, cuts: list[tuple[int, bytes]]
) -> None:
    data = bytearray(PRIVATE[kind]())
    for at, written in cuts:
        data[at : at + len(written)] = written
    folder = tmp_path_factory.mktemp("any")
    with suppress(Unclear):
        result, _ = cleaned(bytes(data), kind, folder)
        ends = [0, *(place for edit in result.edits for place in (edit.start, edit.end)), len(data)]
        assert ends == sorted(ends)


def test_a_seal_is_that_of_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    seals = set()
    large = private_jpeg() + bytes(100_000)
    for data in (large, b"x" + large[1:], large[:-1] + b"x", large + b"\0"):
        path.write_bytes(data)
        with path.open("rb") as file:
            seals.add(seal(file))
    assert len(seals) == 4
    os.utime(path, (1, 1))
    with path.open("rb") as file:
        assert seal(file) in seals


def test_an_edited_file_is_read_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))
    whole = bytes(range(5)) + b"AB" + bytes(range(10, 50)) + b"C" + bytes(range(50, 90))
    edits = (Edit(5, 10, b"AB"), Edit(50, 50, b"C"), Edit(90, 100))
    with edited(path.open("rb"), edits) as file:
        assert file.seek(0, os.SEEK_END) == len(whole) == edited_length(100, edits)
        assert file.read() == b""
        for start in range(len(whole)):
            file.seek(start)
            assert file.read(7) == whole[start : start + 7]
            assert file.tell() == min(start + 7, len(whole))
        file.seek(-3, os.SEEK_END)
        file.seek(1, os.SEEK_CUR)
        assert file.read() == whole[-2:]
    assert file.closed
    plain = path.open("rb")
    assert edited(plain, ()) is plain
    plain.close()


def test_a_picture_of_one_colour_is_left_alone(tmp_path: Path) -> None:
    for kind in PRIVATE:
        assert cleaned(picture(kind=kind), kind, tmp_path)[0] == Cleaned()
