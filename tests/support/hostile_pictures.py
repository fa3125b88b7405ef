"""Pictures that are made to cost much, or to make a decoder fail."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image, ImageCms

from tests.support.files import picture

MEBIBYTE = 1024 * 1024
_FRAME = 60


def segment(marker: int, data: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Return a JPEG that begins with more segments."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """Return a PNG with a further chunk behind its header."""
    end = len(b"\x89PNG\r\n\x1a\n") + 25
    return png[:end] + chunk(name, data) + png[end:]


def icc_segments(profile: bytes) -> list[bytes]:
    """Return the segments of a JPEG that hold a colour profile."""
    size = 65_000
    parts = [profile[start : start + size] for start in range(0, len(profile), size)]
    return [
        segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, 1)
    ]


def huge_profile() -> bytes:
    """Return an sRGB profile with 16 MB behind it, and a length that says so."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    whole = profile + bytes(16_500_000 - len(profile))
    return struct.pack(">I", len(whole)) + whole[4:]


def many_scans(width: int, height: int, scans: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated, each of which costs a pass."""
    data = io.BytesIO()
    Image.new("L", (width, height)).save(data, "JPEG", progressive=True)
    jpeg = data.getvalue()
    start = jpeg.rindex(b"\xff\xda")
    assert jpeg.endswith(b"\xff\xd9")
    return jpeg[:-2] + jpeg[start:-2] * scans + b"\xff\xd9"


def _animated(kind: str, frames: int) -> bytes:
    data = io.BytesIO()
    pictures = [
        Image.new("RGB", (_FRAME, _FRAME), (number % 256, number // 256, 0))
        for number in range(frames)
    ]
    pictures[0].save(data, kind, save_all=True, append_images=pictures[1:])
    return data.getvalue()


def _saved(made: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    made.save(data, kind, **options)
    return data.getvalue()


def _exif(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """Return a JPEG whose EXIF has these entries: tag, type, count, value."""
    tags = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    table = struct.pack("<H", len(entries)) + tags + struct.pack("<I", following)
    return with_segments(_photo(), segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + table))


def _photo() -> bytes:
    return picture((600, 400))


def _ycck(transform: int) -> bytes:
    """Return a JPEG of four colours whose Adobe segment says something else."""
    jpeg = _saved(Image.new("CMYK", (600, 400), (10, 200, 30, 5)), "JPEG")
    at = jpeg.index(b"Adobe") + 11
    return jpeg[:at] + bytes((transform,)) + jpeg[at + 1 :]


def _palette() -> bytes:
    made = Image.new("P", (600, 400), 1)
    made.putpalette([255, 0, 0, 0, 0, 255])
    return _saved(made, "PNG", transparency=b"\x00\x80")


def _interlaced() -> bytes:
    """Return the header of an interlaced PNG, with pixels that are not."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 600, 400, 8, 2, 0, 0, 1))
    pixels = chunk(b"IDAT", zlib.compress(bytes(400 * 1801 + 20_000)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def _grey_16() -> bytes:
    made = Image.new("I;16", (600, 400), 40_000)
    return _saved(made, "PNG")


_ZIPPED = zlib.compress(bytes(100 * MEBIBYTE))
# By file name. Each has a thumbnail or none, at little cost.
PICTURES: dict[str, Callable[[], bytes]] = {
    "truncated.jpg": lambda: _photo()[:-200],
    "header-only.jpg": lambda: _photo()[:400],
    "really-a-png.jpg": lambda: picture((600, 400), "PNG"),
    "frames.gif": lambda: _animated("GIF", 2_000),
    "frames.webp": lambda: _animated("WEBP", 1_000),
    "frames.png": lambda: _animated("PNG", 500),
    "wide.png": lambda: picture((65_535, 1), "PNG"),
    "high.jpg": lambda: picture((1, 65_500)),
    "ycck-0.jpg": lambda: _ycck(0),
    "ycck-1.jpg": lambda: _ycck(1),
    "ycck-2.jpg": lambda: _ycck(2),
    "ycck-255.jpg": lambda: _ycck(255),
    "grey-16.png": _grey_16,
    "palette.png": _palette,
    "interlaced.png": _interlaced,
    "ztxt.png": lambda: with_chunk(picture((600, 400), "PNG"), b"zTXt", b"k\0\0" + _ZIPPED),
    "itxt.png": lambda: with_chunk(picture((600, 400), "PNG"), b"iTXt", b"k\0\1\0\0\0" + _ZIPPED),
    "iccp.png": lambda: with_chunk(picture((600, 400), "PNG"), b"iCCP", b"k\0\0" + _ZIPPED),
    "markers.jpg": lambda: with_segments(_photo(), segment(0xE5, b"") * 60_000),
    "few-markers.jpg": lambda: with_segments(_photo(), segment(0xE5, b"") * 1_000),
    "icc.jpg": lambda: with_segments(_photo(), *icc_segments(huge_profile())),
    "icc-broken.jpg": lambda: with_segments(_photo(), *icc_segments(b"no profile" * 100)),
    "comment.jpg": lambda: with_segments(_photo(), segment(0xFE, b"secret" * 10_000)),
    "orientation-9.jpg": lambda: _exif((0x0112, 3, 1, 9)),
    "exif-loop.jpg": lambda: _exif((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), following=8),
    "exif-large.jpg": lambda: _exif(*((tag, 7, 60_000, 0) for tag in range(5_000))),
    "exif-many.jpg": lambda: with_segments(
        _photo(), *[segment(0xE1, b"Exif\0\0II*\0" + bytes(65_000))] * 100
    ),
}


def _long_comment() -> bytes:
    gif = picture((60, 60), "GIF")
    colours = 3 * 2 ** ((gif[10] & 7) + 1) if gif[10] & 0x80 else 0
    comment = b"\x21\xfe" + (b"\xff" + bytes(255)) * 20_000 + b"\0"
    return gif[: 13 + colours] + comment + gif[13 + colours :]


# Pictures whose size stands behind more than anything but an attack would put in front of it.
HEADERS: dict[str, Callable[[], bytes]] = {
    "markers-99.jpg": lambda: with_segments(_photo(), segment(0xE5, b"") * (24 * MEBIBYTE)),
    "padding.jpg": lambda: with_segments(_photo(), b"\xff" * (90 * MEBIBYTE)),
    "comments.jpg": lambda: with_segments(_photo(), segment(0xFE, bytes(65_000)) * 1_500),
    "chunks.png": lambda: picture((600, 400), "PNG")[:33] + chunk(b"abCd", b"") * 100_000,
    "chunk.png": lambda: with_chunk(picture((60, 40), "PNG"), b"abCd", bytes(90 * MEBIBYTE)),
    "comment.gif": _long_comment,
}


def huge_webp() -> bytes:
    """Return an animated WebP of a few bytes whose header claims the greatest size there is."""
    header = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\xfe\x3f\0" * 2
    content = b"WEBP" + header + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(content)) + content
