"""Making thumbnails: what they show and how large they are, of whatever is in the file."""

import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from feedsvc.media import thumbnail_maker
from feedsvc.media.thumbnail_maker import answer
from feedsvc.media.thumbnails import SMALL, WIDTHS, thumbnail_request, thumbnail_size
from feedsvc.model import Attachment
from tests.support.colours import BLUE, RED, halves, is_near
from tests.support.cost import in_proportion
from tests.support.files import PDF, huge_png, picture
from tests.support.hostile_pictures import PICTURES, icc_segments, with_segments

PIXELS = 50_000_000


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """Set what the maker changes in its own process as it was."""
    most = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        yield
    Image.MAX_IMAGE_PIXELS = most


def made(  # noqa: PLR0913, PLR0917 - each test sets one or two
    data: bytes,
    folder: Path,
    width: int = SMALL,
    pixels: int = PIXELS,
    kind: str = "",
    form: str = "JPEG",
) -> bytes:
    path = folder / "picture"
    path.write_bytes(data)
    kind = kind or kind_of(data)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return answer(f"{form} {kind} {width} {3 * width} {pixels} 80".encode(), descriptor)
    finally:
        os.close(descriptor)


def kind_of(data: bytes) -> str:
    """Return the format of a picture by how it begins; JPEG if it begins otherwise."""
    starts = {b"\x89PNG": "PNG", b"GIF8": "GIF", b"RIFF": "WEBP", b"II*\0": "TIFF"}
    return starts.get(data[:4], "JPEG")


def opened(data: bytes) -> Image.Image:
    thumbnail = Image.open(io.BytesIO(data))
    assert (thumbnail.format, thumbnail.mode) == ("JPEG", "RGB")
    return thumbnail


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_shows_the_same_at_the_width_asked_for(
    tmp_path: Path, kind: str, width: int
) -> None:
    thumbnail = opened(made(halves(kind), tmp_path, width))
    assert thumbnail.size == (width, width // 2)
    assert is_near(thumbnail.getpixel((10, 10)), RED)
    assert is_near(thumbnail.getpixel((width - 10, 10)), BLUE)


def test_a_thumbnail_is_upright_and_has_no_metadata(tmp_path: Path) -> None:
    data = halves("JPEG", orientation=6)
    comment = b"\xff\xfe\x00\x08secret"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = with_segments(data, comment, *icc_segments(profile))
    thumbnail = opened(made(data, tmp_path))
    assert thumbnail.size == (SMALL, 2 * SMALL)
    assert is_near(thumbnail.getpixel((100, 10)), RED)
    assert is_near(thumbnail.getpixel((100, 2 * SMALL - 10)), BLUE)
    assert not thumbnail.getexif()
    assert not {"comment", "icc_profile", "exif", "xmp"} & thumbnail.info.keys()


def test_transparency_becomes_white(tmp_path: Path) -> None:
    thumbnail = opened(made(halves("PNG", "RGBA"), tmp_path))
    assert is_near(thumbnail.getpixel((10, 10)), (255, 255, 255))
    assert is_near(thumbnail.getpixel((SMALL - 10, 10)), BLUE)


def test_colours_are_as_the_profile_of_the_picture_says(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # In this one what is called red is blue.
    other = profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    large = other + bytes(2**20)
    for profile, kind, seen in (
        (other, "PNG", BLUE),
        (other, "JPEG", BLUE),
        (b"broken", "PNG", RED),
        (large, "JPEG", RED),
    ):
        data = io.BytesIO()
        Image.new("RGB", (600, 400), RED).save(data, kind, icc_profile=profile)
        assert is_near(opened(made(data.getvalue(), tmp_path)).getpixel((10, 10)), seen)


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("LA", (100, 0), (255, 255, 255)),
        ("I;16", 25_600, (100, 100, 100)),
        ("RGB", (1, 2, 3), (1, 2, 3)),
        ("RGBA", (1, 2, 3, 255), (1, 2, 3)),
    ],
)
def test_each_mode_has_its_colours(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], seen: tuple[int, int, int]
) -> None:
    data = io.BytesIO()
    Image.new(mode, (600, 400), colour).save(data, "PNG")
    thumbnail = opened(made(data.getvalue(), tmp_path))
    assert thumbnail.size == (SMALL, 320)
    assert is_near(thumbnail.getpixel((10, 10)), seen)


def test_one_colour_of_a_palette_or_of_all_may_be_transparent(tmp_path: Path) -> None:
    for mode in ("RGB", "P"):
        data = io.BytesIO()
        full = Image.new("RGB", (600, 400), RED)
        full.paste(BLUE, (300, 0, 600, 400))
        full.convert(mode).save(data, "PNG", transparency=RED if mode == "RGB" else None)
        thumbnail = opened(made(data.getvalue(), tmp_path))
        left = (255, 255, 255) if mode == "RGB" else RED
        assert is_near(thumbnail.getpixel((10, 10)), left), mode
        assert is_near(thumbnail.getpixel((SMALL - 10, 10)), BLUE), mode


def test_a_picture_of_four_colours_is_converted(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("CMYK", (600, 400), (0, 255, 255, 0)).save(data, "JPEG")
    assert is_near(opened(made(data.getvalue(), tmp_path)).getpixel((10, 10)), RED)


def test_a_file_that_cannot_be_decoded_has_no_thumbnail(tmp_path: Path) -> None:
    for data in (halves("PNG")[:3000], PDF, b""):
        assert made(data, tmp_path) == b"", data[:8]


def test_no_other_decoder_opens_a_file_than_that_of_its_kind(tmp_path: Path) -> None:
    assert made(halves("TIFF"), tmp_path)
    assert made(halves("TIFF"), tmp_path, kind="JPEG") == b""
    assert made(halves("PNG"), tmp_path, kind="TIFF") == b""


def test_an_empty_request_has_an_empty_reply() -> None:
    assert answer(b"", 0) == b""


def test_a_picture_of_more_pixels_than_asked_for_is_not_decoded(tmp_path: Path) -> None:
    assert made(picture((600, 400)), tmp_path, pixels=240_000)
    assert made(picture((600, 400)), tmp_path, pixels=239_998) == b""
    assert made(huge_png(60_000, 60_000), tmp_path) == b""


def test_memory_that_is_not_there_ends_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(thumbnail_maker, "reduced", refuse)
    with pytest.raises(MemoryError):
        made(picture(), tmp_path)


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (10, 3000), (3000, 10), (480, 480)])
def test_the_announced_size_is_that_of_the_thumbnail(tmp_path: Path, size: tuple[int, int]) -> None:
    file = Attachment("a.jpg", "x/a.jpg", "image/jpeg", 10**6, *size)
    thumbnail = opened(made(picture(size), tmp_path))
    assert thumbnail.size == thumbnail_size(file, SMALL)
    assert thumbnail_request(file, SMALL).split()[2:4] == [b"480", b"1440"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_hostile_picture_costs_little(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = PICTURES[name]()
    with in_proportion():
        thumbnail = made(data, tmp_path)
    assert len(thumbnail) < 100_000
    assert b"secret" not in thumbnail
    if thumbnail:
        assert opened(thumbnail).width <= SMALL
    assert capfd.readouterr() == ("", "")


def test_who_asks_for_webp_gets_what_is_smaller(tmp_path: Path) -> None:
    data = halves("JPEG", orientation=6)
    webp = made(data, tmp_path, form="WEBP")
    assert Image.open(io.BytesIO(webp)).format == "WEBP"
    assert len(webp) < len(made(data, tmp_path))
    assert not {"exif", "xmp", "icc_profile"} & Image.open(io.BytesIO(webp)).info.keys()
    noise = io.BytesIO()
    Image.effect_noise((600, 400), 60).save(noise, "PNG")
    assert made(noise.getvalue(), tmp_path, form="WEBP") == made(noise.getvalue(), tmp_path)
