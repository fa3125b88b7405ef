"""Inspect an entry's file: whether it is what its name says, and how large it is.

Of a picture only the header is read, and of some where they end.
"""

import os
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from feedsvc.media import cleaning, exif
from feedsvc.media.metadata import Metadata, gather
from feedsvc.media.opening import open_real
from feedsvc.media.types import CONVERTED, FILMS, JPEG_SUFFIXES, TYPES, suffix
from feedsvc.model import Edit

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# In bytes.
MAX_LENGTH = 100 * 1024 * 1024
# A picture of more pixels is served as a JPEG made of it, which is no wider or higher than this.
MAX_PIXELS = 50_000_000
MAX_SIDE = 4096
# What is read of pixels at all. JPEG is decoded at an eighth of its size; a progressive one is
# held in memory as a whole, at six bytes a pixel.
MAX_DECODED = {
    "JPEG": 300_000_000,
    "PNG": 80_000_000,
    "GIF": 50_000_000,
    "WEBP": 50_000_000,
    "TIFF": 80_000_000,
    "HEIF": 50_000_000,
}
_MAX_PROGRESSIVE = 100_000_000
# Of what has transparency, reducing takes twice the memory.
_MAX_TRANSPARENT = 60_000_000
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
# By suffix: the format, as Pillow names it.
FORMATS = {
    **dict.fromkeys(JPEG_SUFFIXES, "JPEG"),
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WEBP",
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIF"),
}
# EXIF: the camera was held upright, so width and height change places.
_ORIENTATION = 0x0112
_UPRIGHT = frozenset((5, 6, 7, 8))
_DESCRIPTION, _XMP, _PLACE = 0x010E, 0x02BC, 0x8825


class Unfit(Exception):
    """A file cannot be published; the argument is the code of the problem, as in `KINDS`."""


class Facts(NamedTuple):
    """What is known of a file.

    `length` is what readers get, in bytes; 0 if that is not known, since they get a JPEG made
    of the file (`is_converted`). Width and height are in pixels, and of pictures alone.
    """

    length: int
    width: int | None = None
    height: int | None = None
    is_converted: bool = False
    edits: tuple[Edit, ...] = ()
    seal: bytes = b""
    metadata: Metadata = Metadata()


def inspect(path: str | None) -> Facts:
    """Return the facts of the file at an absolute path without links. Raises Unfit.

    The file must exist, be of the kind that its name says, and be within the bounds. None
    stands for a path that leads nowhere.
    """
    if path is None:
        raise Unfit("media-missing")
    end = suffix(path)
    if end not in TYPES:
        raise Unfit("media-film" if end in FILMS else "media-type")
    try:
        with open_real(path) as file:
            length = os.fstat(file.fileno()).st_size
            if length > MAX_LENGTH:
                raise Unfit("media-large")
            if end in FORMATS:
                return _inspect_picture(file, end, length)
            if not file.read(8).startswith(_SIGNATURES.get(end, (b"",))) or not length:
                raise Unfit("media-broken")
    except OSError as error:
        raise Unfit("media-missing") from error
    return Facts(length)


def inspect_embedded(name: str, data: bytes | None) -> Facts:
    """Return the facts of a picture in a document, None if it cannot be read. Raises Unfit."""
    if not data:
        raise Unfit("media-broken")
    return _inspect_picture(BytesIO(data), suffix(name), len(data))


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


def _inspect_picture(file: BinaryIO, end: str, length: int) -> Facts:
    # Only the writer inspects pictures; loading Pillow costs 30 ms and 5 MB.
    from PIL import Image  # noqa: PLC0415

    kind = FORMATS[end]
    if kind == "HEIF":
        add_heif()
    # Pillow refuses twice as many before it allocates anything.
    Image.MAX_IMAGE_PIXELS = MAX_DECODED[kind] // 2
    # What reads HEIC takes the whole file.
    header = file if kind == "HEIF" else cast("BinaryIO", _Header(file))
    try:
        # Pillow's warnings would fill the log of the service.
        with warnings.catch_warnings(action="ignore"), Image.open(header, formats=[kind]) as it:
            return _facts(it, file, end, length)
    except Unfit:
        raise
    except Image.DecompressionBombError as error:
        raise Unfit("media-large") from error
    except Exception as error:  # a damaged picture can make Pillow raise anything
        raise Unfit("media-broken") from error


def _facts(picture: "ImageFile", file: BinaryIO, end: str, length: int) -> Facts:
    width, height = picture.size
    # Pillow calls a JPEG that others follow an MPO.
    kind = FORMATS[end]
    pixels = width * height
    if pixels > _most(picture, kind):
        raise Unfit("media-large")
    # In other formats EXIF may follow the pixels, which would have to be decoded.
    if kind == "JPEG" and picture.getexif().get(_ORIENTATION) in _UPRIGHT:
        width, height = height, width
    if kind in cleaning.KINDS:
        told, edits = cleaning.clean(file, kind)
    else:
        told, edits = _told(picture), ()
    if end in CONVERTED or pixels > MAX_PIXELS:
        return Facts(0, *converted_size(width, height), is_converted=True, metadata=told)
    length = cleaning.edited_length(length, edits)
    seal = cleaning.seal(file) if kind in cleaning.KINDS else b""
    return Facts(length, width, height, edits=edits, seal=seal, metadata=told)


def _most(picture: "ImageFile", kind: str) -> int:
    """Return how many pixels a picture like this may have."""
    most = MAX_DECODED[kind]
    if picture.info.get("progressive"):
        most = min(most, _MAX_PROGRESSIVE)
    if picture.has_transparency_data:
        most = min(most, _MAX_TRANSPARENT)
    return most


def _told(picture: "ImageFile") -> Metadata:
    """Return what a picture tells of which no reader gets the file."""
    if picture.format == "HEIF":
        block = picture.info.get("exif") or b""
        return gather(
            exif.read(block.removeprefix(b"Exif\0\0")), xmp=picture.info.get("xmp") or b""
        )
    if picture.format == "TIFF":
        tags = picture.getexif()
        described, packet = tags.get(_DESCRIPTION), tags.get(_XMP)
        description = described.encode() if isinstance(described, str) else b""
        block = exif.Exif(has_place=_PLACE in tags, description=description)
        return gather(block, xmp=packet if isinstance(packet, bytes) else b"")
    return Metadata()


def converted_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height of the JPEG that is made of a picture."""
    scale = min(1.0, MAX_SIDE / width, MAX_SIDE / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def add_heif() -> None:
    """Have Pillow read HEIC. Raises Unfit if what reads it is not installed."""
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra, seldom needed
    except ImportError as error:
        raise Unfit("media-heic") from error
    register_heif_opener(thumbnails=False, decode_threads=1)
