"""Thumbnails: reduced variants of large pictures, rendered on request."""

import threading
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from feedsvc import urls
from feedsvc.media.types import suffix
from feedsvc.model import Attachment

# In pixels: for lists, and for a text on a phone and on a desktop.
SMALL, MEDIUM, LARGE = 480, 800, 1200
WIDTHS = (SMALL, MEDIUM, LARGE)
# A picture that is no wider, and has no more bytes, is served as it is.
_LIGHT = {SMALL: 40_000, MEDIUM: 100_000, LARGE: 200_000}
# JPEG can be decoded at an eighth of its size; other formats are decoded in full.
_JPEG = frozenset((".jpg", ".jpeg"))
_MAX_PIXELS = 24_000_000
# Whatever a file turns out to be, no other decoder of Pillow's may open it.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_QUALITY = 80
# The height of a thumbnail, at most, as a multiple of its width.
_MAX_RATIO = 3
# In each process, at some 100 KB each.
_CACHED = 64
# Decoding takes much memory.
_one_at_a_time = threading.Lock()


def has_thumbnail(file: Attachment) -> bool:
    """Return whether a file is a picture that can be reduced at little cost in memory."""
    pixels = (file.width or 0) * (file.height or 0)
    return pixels > 0 and (suffix(file.name) in _JPEG or pixels <= _MAX_PIXELS)


def picture_path(entry_id: str, file: Attachment, width: int) -> str:
    """Return the path of a picture to be shown about `width` pixels wide, one of `WIDTHS`."""
    if _is_served_as_is(file, width):
        return urls.media_path(entry_id, file.name)
    return urls.thumbnail_path(width, entry_id, file.name)


def _is_served_as_is(file: Attachment, width: int) -> bool:
    light = (file.width or 0) <= width and file.length <= _LIGHT[width]
    return light or not has_thumbnail(file)


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


def thumbnail(path: str, width: int) -> bytes | None:
    """Return the picture in a file as a JPEG at most `width` pixels wide.

    It is upright as its EXIF says, on white, and without metadata. Return None if the file
    cannot be decoded.
    """
    try:
        status = Path(path).stat()
        with _one_at_a_time:
            return _render(path, status.st_mtime_ns, status.st_size, width)
    except Exception:  # noqa: BLE001 - a damaged picture can make Pillow raise anything
        return None


@lru_cache(maxsize=_CACHED)
def _render(path: str, _modified: int, _size: int, width: int) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - most processes never need it

    with Image.open(path, formats=_FORMATS) as opened:
        bounds = (width, _MAX_RATIO * width)
        opened.draft("RGB", bounds)
        picture = ImageOps.exif_transpose(opened)
    picture.thumbnail(bounds)
    if picture.mode != "RGB":
        flat = Image.new("RGB", picture.size, "white")
        layered = picture.convert("RGBA")
        flat.paste(layered, mask=layered)
        picture = flat
    data = BytesIO()
    profile = picture.info.get("icc_profile")
    picture.save(data, "JPEG", quality=_QUALITY, progressive=True, icc_profile=profile)
    return data.getvalue()
