"""Inspect an entry's file: whether it is what its name says, and how large it is.

Of a picture only the header is read.
"""

import os
from typing import NamedTuple

from feedsvc.media.types import TYPES, suffix

# In bytes.
MAX_LENGTH = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
_SIGNATURES = {
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
# EXIF: the camera was held upright, so width and height change places.
_ORIENTATION = 0x0112
_UPRIGHT = frozenset((5, 6, 7, 8))


class Unfit(Exception):
    """A file cannot be published; the argument is the code of the problem, as in `KINDS`."""


class Facts(NamedTuple):
    """The length of a file in bytes; of a picture, its width and height in pixels as well."""

    length: int
    width: int | None = None
    height: int | None = None


def inspect(path: str | None) -> Facts:
    """Return the facts of the file at a path. Raises Unfit.

    The file must exist, be of the kind that its name says, and be within the bounds. None
    stands for a path that leads nowhere.
    """
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
            if not file.read(8).startswith(_SIGNATURES.get(end, (b"",))) or not length:
                raise Unfit("media-broken")
    except OSError as error:
        raise Unfit("media-missing") from error
    return Facts(length)


def _inspect_picture(path: str, kind: str, length: int) -> Facts:
    # Only the writer inspects pictures; loading Pillow costs 30 ms and 5 MB.
    from PIL import Image  # noqa: PLC0415

    # `MAX_PIXELS` is checked below, and nothing but the header is ever decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=[kind]) as picture:
            width, height = picture.size
            # In other formats EXIF may follow the pixels, which would have to be decoded.
            upright = kind == "JPEG" and picture.getexif().get(_ORIENTATION) in _UPRIGHT
    except Exception as error:  # a damaged picture can make Pillow raise anything
        raise Unfit("media-broken") from error
    if width * height > MAX_PIXELS:
        raise Unfit("media-large")
    return Facts(length, *((height, width) if upright else (width, height)))
