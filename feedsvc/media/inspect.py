"""Inspect an entry's file: whether it is what its name says, and how large it is.

Of a picture only the header is read.
"""

import os
import warnings
from io import BytesIO
from typing import BinaryIO, NamedTuple, cast

from feedsvc.media.opening import open_real
from feedsvc.media.types import TYPES, suffix

# In bytes.
MAX_LENGTH = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
# What may be read of a picture until its size is known: the number of reads, and of bytes. A
# profile of 16 MB is within it; Pillow takes minutes for more EXIF than that.
_MAX_READS = 10_000
_MAX_HEADER = 18 * 1024 * 1024
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
    """Return the facts of the file at an absolute path without links. Raises Unfit.

    The file must exist, be of the kind that its name says, and be within the bounds. None
    stands for a path that leads nowhere.
    """
    if path is None:
        raise Unfit("media-missing")
    end = suffix(path)
    if end not in TYPES:
        raise Unfit("media-type")
    try:
        with open_real(path) as file:
            length = os.fstat(file.fileno()).st_size
            if length > MAX_LENGTH:
                raise Unfit("media-large")
            if end in _FORMATS:
                return _inspect_picture(file, _FORMATS[end], length)
            if not file.read(8).startswith(_SIGNATURES.get(end, (b"",))) or not length:
                raise Unfit("media-broken")
    except OSError as error:
        raise Unfit("media-missing") from error
    return Facts(length)


def inspect_embedded(name: str, data: bytes | None) -> Facts:
    """Return the facts of a picture in a document, None if it cannot be read. Raises Unfit."""
    if not data:
        raise Unfit("media-broken")
    return _inspect_picture(BytesIO(data), _FORMATS[suffix(name)], len(data))


class _Header:
    """The start of a picture as Pillow reads it; reading too much of it raises Unfit."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reads = self._length = 0
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        self._reads += 1
        # Of WebP all the rest is read at once.
        self._length += max(size, 0)
        if self._reads > _MAX_READS or self._length > _MAX_HEADER:
            raise Unfit("media-broken")
        return self._file.read(size)


def _inspect_picture(file: BinaryIO, kind: str, length: int) -> Facts:
    # Only the writer inspects pictures; loading Pillow costs 30 ms and 5 MB.
    from PIL import Image  # noqa: PLC0415

    # Pillow refuses twice as many before it allocates anything.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
    try:
        # Pillow's warnings would fill the log of the service.
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(cast("BinaryIO", _Header(file)), formats=[kind]) as picture,
        ):
            width, height = picture.size
            # In other formats EXIF may follow the pixels, which would have to be decoded.
            upright = kind == "JPEG" and picture.getexif().get(_ORIENTATION) in _UPRIGHT
    except Image.DecompressionBombError as error:
        raise Unfit("media-large") from error
    except Exception as error:  # a damaged picture can make Pillow raise anything
        raise Unfit("media-broken") from error
    return Facts(length, *((height, width) if upright else (width, height)))
