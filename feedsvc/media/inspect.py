"""Inspect a file beside an entry: is it what its name says, and how large is it?

Only the header of a picture is read.
"""

import os
from typing import NamedTuple

from feedsvc.media.types import TYPES, suffix

MAX_LENGTH = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
_BEGINNINGS = {
    ".pdf": (b"%PDF-",),
    ".zip": (b"PK",),
    ".docx": (b"PK",),
    ".xlsx": (b"PK",),
    ".odt": (b"PK",),
    ".ods": (b"PK",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP"}
# EXIF: the camera was held upright, so that width and height change places.
_ORIENTATION = 0x0112
_UPRIGHT = frozenset((5, 6, 7, 8))


class Unfit(Exception):
    """A file cannot be published; the argument is the code of the problem."""


class _Facts(NamedTuple):
    length: int
    width: int | None = None
    height: int | None = None


def inspect(path: str | None) -> _Facts:
    """Look at a file: what it is must be what its name says. Raises Unfit."""
    if path is None:
        raise Unfit("media-missing")
    end = suffix(path)
    if end not in TYPES:
        raise Unfit("media-type")
    try:
        with open(path, "rb") as file:
            length = os.fstat(file.fileno()).st_size
            if length > MAX_LENGTH:
                raise Unfit("media-large")
            if end in _FORMATS:
                return _inspect_picture(path, _FORMATS[end], length)
            if not file.read(8).startswith(_BEGINNINGS.get(end, (b"",))) or not length:
                raise Unfit("media-broken")
    except OSError as error:
        raise Unfit("media-missing") from error
    return _Facts(length)


def _inspect_picture(path: str, kind: str, length: int) -> _Facts:
    # Only whoever writes reads pictures; to load this costs 30 ms and 5 MB.
    from PIL import Image  # noqa: PLC0415

    # We look ourselves, and nothing but the header is ever unpacked.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=[kind]) as picture:
            width, height = picture.size
            # In other kinds it may stand behind the picture, which would be unpacked.
            upright = kind == "JPEG" and picture.getexif().get(_ORIENTATION) in _UPRIGHT
    except Exception as error:  # whatever a damaged picture makes its parser raise
        raise Unfit("media-broken") from error
    if width * height > MAX_PIXELS:
        raise Unfit("media-large")
    return _Facts(length, *((height, width) if upright else (width, height)))
