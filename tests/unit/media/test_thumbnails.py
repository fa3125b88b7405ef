"""Thumbnails: what has one, how large it is, and which variants a browser may choose from."""

import io
from pathlib import Path

import pytest
from PIL import Image

from feedsvc.media.thumbnails import (
    LARGE,
    SMALL,
    WIDTHS,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail,
    thumbnail_size,
)
from feedsvc.model import Attachment
from tests.support.colours import BLUE, RED, halves, is_near
from tests.support.files import PDF, picture


def attachment(name: str, width: int, height: int, length: int = 1) -> Attachment:
    return Attachment(name, f"x/{name}", "image/x", length, width, height)


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    made = Image.open(io.BytesIO(data))
    assert made.format == "JPEG"
    return made


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_shows_the_same_at_the_width_asked_for(
    tmp_path: Path, kind: str, width: int
) -> None:
    (tmp_path / "a").write_bytes(halves(kind))
    made = opened(thumbnail(str(tmp_path / "a"), width))
    assert made.size == (width, width // 2)
    assert is_near(made.getpixel((10, 10)), RED)
    assert is_near(made.getpixel((width - 10, 10)), BLUE)


def test_a_thumbnail_is_upright_and_has_no_metadata(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(halves("JPEG", orientation=6))
    made = opened(thumbnail(str(tmp_path / "a"), SMALL))
    assert made.size == (SMALL, 2 * SMALL)
    assert is_near(made.getpixel((100, 10)), RED)
    assert is_near(made.getpixel((100, 2 * SMALL - 10)), BLUE)
    assert not made.getexif()


def test_transparency_becomes_white(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(halves("PNG", "RGBA"))
    made = opened(thumbnail(str(tmp_path / "a"), SMALL))
    assert is_near(made.getpixel((10, 10)), (255, 255, 255))
    assert is_near(made.getpixel((SMALL - 10, 10)), BLUE)


def test_a_file_that_cannot_be_decoded_has_no_thumbnail(tmp_path: Path) -> None:
    for data in (halves("PNG")[:3000], halves("TIFF"), PDF, b""):
        (tmp_path / "a").write_bytes(data)
        assert thumbnail(str(tmp_path / "a"), SMALL) is None, data[:8]
    assert thumbnail(str(tmp_path / "none"), SMALL) is None


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (10, 3000), (3000, 10), (480, 480)])
def test_the_announced_size_is_that_of_the_thumbnail(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a").write_bytes(picture(size))
    made = opened(thumbnail(str(tmp_path / "a"), SMALL))
    assert made.size == thumbnail_size(attachment("a.jpg", *size, length=10**6), SMALL)


@pytest.mark.parametrize(
    ("name", "width", "height", "length", "small", "large"),
    [
        ("a.jpg", 480, 300, 40_000, "/media/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 480, 300, 40_001, "/preview/480/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 1201, 900, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        ("а б.png", 3000, 2000, 1, "/preview/480/x/%D0%B0%20%D0%B1.png", None),
        ("a.jpg", 8000, 6000, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        # It would have to be decoded in full.
        ("a.png", 8000, 6000, 1, "/media/x/a.png", "/media/x/a.png"),
    ],
)
def test_a_picture_that_is_light_or_would_cost_much_is_served_as_it_is(  # noqa: PLR0913, PLR0917 - a table
    name: str, width: int, height: int, length: int, small: str, large: str | None
) -> None:
    file = attachment(name, width, height, length)
    assert picture_path("x", file, SMALL) == small
    assert picture_path("x", file, LARGE) == (large or small.replace("480", "1200"))


@pytest.mark.parametrize(
    ("name", "width", "height", "length", "variants"),
    [
        ("a.jpg", 480, 300, 40_000, {480: "/media/x/a.jpg"}),
        # As wide as the widest thumbnail, and far more than a phone needs.
        (
            *("a.jpg", 1200, 800, 172_000),
            {480: "/preview/480/x/a.jpg", 800: "/preview/800/x/a.jpg", 1200: "/media/x/a.jpg"},
        ),
        # The thumbnail and the picture are equally wide.
        (
            *("a.jpg", 700, 500, 150_000),
            {480: "/preview/480/x/a.jpg", 700: "/preview/800/x/a.jpg"},
        ),
        ("a.png", 8000, 6000, 1, {8000: "/media/x/a.png"}),
    ],
)
def test_a_browser_may_choose_from_variants_of_different_widths(
    name: str, width: int, height: int, length: int, variants: dict[int, str]
) -> None:
    made = picture_variants("x", attachment(name, width, height, length))
    assert list(made.items()) == list(variants.items())


def test_only_pictures_have_thumbnails() -> None:
    assert has_thumbnail(attachment("a.jpg", 10, 10))
    assert not has_thumbnail(Attachment("a.pdf", "a.pdf", "application/pdf", 1))
    assert has_thumbnail(attachment("a.png", 6_000, 4_000))
    assert not has_thumbnail(attachment("a.png", 6_000, 4_001))


def test_a_thumbnail_is_made_once_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(halves("JPEG"))
    calls: list[object] = []
    really = Image.open

    def count(path: str, **options: object) -> Image.Image:
        calls.append(path)
        return really(path, **options)  # type: ignore[arg-type]  # Pillow's own names, handed on

    monkeypatch.setattr(Image, "open", count)
    first = thumbnail(str(tmp_path / "a"), SMALL)
    assert [thumbnail(str(tmp_path / "a"), SMALL) for _ in range(3)] == [first] * 3
    assert len(calls) == 1
    (tmp_path / "a").write_bytes(picture((3000, 300)))
    assert opened(thumbnail(str(tmp_path / "a"), SMALL)).size == (SMALL, SMALL // 10)
