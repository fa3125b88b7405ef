"""Thumbnails: what has one, how large it is, and which variants a browser may choose from."""

from dataclasses import replace

import pytest

from feedsvc.media.thumbnails import (
    LARGE,
    SMALL,
    conversion_request,
    edits_request,
    has_thumbnail,
    picture_path,
    picture_variants,
    thumbnail_request,
)
from feedsvc.model import Attachment


def attachment(name: str, width: int, height: int, length: int = 1) -> Attachment:
    return Attachment(name, f"x/{name}", "image/x", length, width, height)


@pytest.mark.parametrize(
    ("name", "width", "height", "length", "small", "large"),
    [
        ("a.jpg", 480, 300, 40_000, "/media/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 480, 300, 40_001, "/preview/480/x/a.jpg", "/media/x/a.jpg"),
        ("a.jpg", 1201, 900, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        ("а б.png", 3000, 2000, 1, "/preview/480/x/%D0%B0%20%D0%B1.png", None),
        ("a.jpg", 8000, 6000, 1, "/preview/480/x/a.jpg", "/preview/1200/x/a.jpg"),
        ("a.png", 8000, 6000, 1, "/preview/480/x/a.png", "/preview/1200/x/a.png"),
    ],
)
def test_a_picture_that_is_light_is_served_as_it_is(  # noqa: PLR0913, PLR0917 - a table
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


def test_more_pixels_may_be_decoded_of_a_jpeg() -> None:
    assert (
        thumbnail_request(attachment("a.jpg", 10, 10), SMALL) == b"JPEG JPEG 480 1440 300000000 80"
    )
    assert (
        thumbnail_request(attachment("a.png", 10, 10), LARGE) == b"JPEG PNG 1200 3600 80000000 80"
    )


def test_what_is_converted_is_never_served_as_it_is() -> None:
    file = replace(attachment("a.jpg", 300, 200, 0), path="x/a.heic", is_converted=True)
    assert picture_path("x", file, SMALL) == "/preview/480/x/a.jpg"
    assert picture_variants("x", file) == {300: "/preview/480/x/a.jpg"}
    assert thumbnail_request(file, SMALL) == b"JPEG HEIF 480 1440 50000000 80"
    assert conversion_request(file) == b"JPEG HEIF 4096 4096 50000000 90"


def test_what_is_private_is_asked_for_by_the_kind_of_the_file() -> None:
    assert edits_request(attachment("a.JPG", 10, 10)) == b"edits JPEG"
