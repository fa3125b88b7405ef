"""Pictures and other files as people have them."""

import io
import struct
import zlib
from collections.abc import Mapping

from PIL import Image

from feedsvc.settings import Settings
from tests.support.folder import old

PDF = b"%PDF-1.4\n"


ARCHIVE = b"PK\x03\x04"


WIDE = (40, 30)


def picture(
    size: tuple[int, int] = WIDE, kind: str = "JPEG", orientation: int | None = None
) -> bytes:
    """Make a real picture."""
    made = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.new("RGB", size, "#0b57a4").save(made, kind, exif=exif)
    return made.getvalue()


def moving_picture() -> bytes:
    """Make an animated GIF."""
    made = io.BytesIO()
    frames = [Image.new("RGB", WIDE, colour) for colour in ("red", "green", "blue")]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    return made.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes that says it is as large as that."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


PHOTO = picture()


def lay(settings: Settings, files: Mapping[str, bytes]) -> None:
    """Write files into the entries folder, as if they had lain there for long."""
    for path, data in files.items():
        old(settings.entries / path, data)
