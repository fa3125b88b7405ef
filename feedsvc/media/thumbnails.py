"""Small forms of large pictures, made when somebody asks: phones need no camera's originals."""

import threading
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from feedsvc import urls
from feedsvc.media.types import suffix
from feedsvc.model import Attachment

# In pixels: in lists, and in a text on a phone and on a desk.
SMALL, MEDIUM, LARGE = 480, 800, 1200
WIDTHS = (SMALL, MEDIUM, LARGE)
# What is no wider, and has no more bytes, is given as it is.
_LIGHT = {SMALL: 40_000, MEDIUM: 100_000, LARGE: 200_000}
# JPEG is read at an eighth of its size where that is enough; all else has to be unpacked whole.
_JPEG = frozenset((".jpg", ".jpeg"))
_MOST_PIXELS = 24_000_000
# Whatever else a file turns out to be, no other reader of Pillow's is to look at it.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_QUALITY = 80
# How many times as high as wide a form may be.
_TALL = 3
# Of each process: at some 100 KB each.
_KEPT = 64
_one_at_a_time = threading.Lock()


def has_thumbnail(file: Attachment) -> bool:
    """Say whether small forms can be made of a file: of pictures, if that costs little memory."""
    pixels = (file.width or 0) * (file.height or 0)
    return pixels > 0 and (suffix(file.name) in _JPEG or pixels <= _MOST_PIXELS)


def picture_path(entry_id: str, file: Attachment, width: int) -> str:
    """Give the path of a picture that is to be shown about so wide, one of `WIDTHS`."""
    if _is_shown_itself(file, width):
        return urls.media_path(entry_id, file.name)
    return urls.thumbnail_path(width, entry_id, file.name)


def _is_shown_itself(file: Attachment, width: int) -> bool:
    light = (file.width or 0) <= width and file.length <= _LIGHT[width]
    return light or not has_thumbnail(file)


def thumbnail_size(file: Attachment, width: int) -> tuple[int, int]:
    """Give width and height of what is at `picture_path`."""
    wide, high = file.width or 1, file.height or 1
    if _is_shown_itself(file, width):
        return wide, high
    shrunk = min(1.0, width / wide, _TALL * width / high)
    return max(1, round(wide * shrunk)), max(1, round(high * shrunk))


def picture_variants(entry_id: str, file: Attachment) -> dict[int, str]:
    """Give the paths that a browser may choose from, by width in pixels, the narrowest first."""
    forms: dict[int, str] = {}
    for width in WIDTHS:
        forms.setdefault(thumbnail_size(file, width)[0], picture_path(entry_id, file, width))
    return forms


def thumbnail(place: str, width: int) -> bytes | None:
    """Give the picture in a file as a JPEG, at most so wide; None where that cannot be done.

    It lies as it is to be seen (EXIF), on white, and tells nothing of the camera.
    """
    try:
        status = Path(place).stat()
        with _one_at_a_time:
            return _made(place, status.st_mtime_ns, status.st_size, width)
    except Exception:  # noqa: BLE001 - Pillow raises whatever the file makes it
        return None


@lru_cache(maxsize=_KEPT)
def _made(place: str, _modified: int, _size: int, width: int) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - most processes never need it

    with Image.open(place, formats=_FORMATS) as opened:
        most = (width, _TALL * width)
        opened.draft("RGB", most)
        picture = ImageOps.exif_transpose(opened)
    picture.thumbnail(most)
    if picture.mode != "RGB":
        flat = Image.new("RGB", picture.size, "white")
        layered = picture.convert("RGBA")
        flat.paste(layered, mask=layered)
        picture = flat
    made = BytesIO()
    profile = picture.info.get("icc_profile")
    picture.save(made, "JPEG", quality=_QUALITY, progressive=True, icc_profile=profile)
    return made.getvalue()
