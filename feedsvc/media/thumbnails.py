"""Thumbnails: which pictures have reduced variants, how large those are, and their addresses."""

from typing import Literal

from feedsvc import urls
from feedsvc.media.inspect import FORMATS, MAX_DECODED, MAX_SIDE
from feedsvc.media.types import suffix
from feedsvc.model import Attachment

# The format of a thumbnail.
Form = Literal["JPEG", "WEBP"]
# In pixels: for lists, and for a text on a phone and on a desktop.
SMALL, MEDIUM, LARGE = 480, 800, 1200
WIDTHS = (SMALL, MEDIUM, LARGE)
# A picture that is no wider, and has no more bytes, is served as it is.
_LIGHT = {SMALL: 40_000, MEDIUM: 100_000, LARGE: 200_000}
# The height of a thumbnail, at most, as a multiple of its width.
_MAX_RATIO = 3
# Of JPEG: of a reduced picture, and of one that takes the place of the file.
_QUALITY, _FULL_QUALITY = 80, 90


def has_thumbnail(file: Attachment) -> bool:
    """Return whether a file is a picture, all of which can be reduced."""
    return bool(file.width)


def picture_path(entry_id: str, file: Attachment, width: int) -> str:
    """Return the path of a picture to be shown about `width` pixels wide, one of `WIDTHS`."""
    if _is_served_as_is(file, width):
        return urls.media_path(entry_id, file.name)
    return urls.thumbnail_path(width, entry_id, file.name)


def _is_served_as_is(file: Attachment, width: int) -> bool:
    return (
        not file.is_converted and (file.width or 0) <= width and file.length <= _LIGHT[width]
    ) or not has_thumbnail(file)


def thumbnail_size(file: Attachment, width: int) -> tuple[int, int]:
    """Return width and height, in pixels, of the picture at `picture_path`."""
    full_width, full_height = file.width or 1, file.height or 1
    if _is_served_as_is(file, width):
        return full_width, full_height
    scale = min(1.0, width / full_width, _MAX_RATIO * width / full_height)
    return max(1, round(full_width * scale)), max(1, round(full_height * scale))


def picture_variants(entry_id: str, file: Attachment) -> dict[int, str]:
    """Return the paths for a browser to choose from, by width in pixels, narrowest first."""
    variants: dict[int, str] = {}
    for width in WIDTHS:
        variants.setdefault(thumbnail_size(file, width)[0], picture_path(entry_id, file, width))
    return variants


def thumbnail_request(file: Attachment, width: int, form: Form = "JPEG") -> bytes:
    """Return what the thumbnail maker is asked for."""
    return _request(file, width, _MAX_RATIO * width, _QUALITY, form)


def conversion_request(file: Attachment) -> bytes:
    """Return what the thumbnail maker is asked for, to convert a picture to JPEG."""
    return _request(file, MAX_SIDE, MAX_SIDE, _FULL_QUALITY, "JPEG")


def edits_request(file: Attachment) -> bytes:
    """Return what the thumbnail maker is asked for, to learn what of a picture is private."""
    return b"edits " + FORMATS[suffix(file.member or file.path)].encode()


def _request(file: Attachment, width: int, height: int, quality: int, form: Form) -> bytes:
    kind = FORMATS[suffix(file.member or file.path)]
    return f"{form} {kind} {width} {height} {MAX_DECODED[kind]} {quality}".encode()
