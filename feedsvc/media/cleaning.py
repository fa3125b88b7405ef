"""Cleaning: what readers get of a picture, without what it tells of its maker and of places.

A picture stays the file that it is, bit for bit, but for the blocks beside its pixels. Those
that are known to be harmless stay: colour profiles, how the picture was taken, remarks. If there
is any other, all metadata go, and a small block of EXIF takes their place that says how the
picture was held, what it shows, and whose work it is. Behind the end nothing remains, such as
the film that phones put there.

Walking takes time in proportion to the file, and is done where that may be too much.
"""

import os
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from typing import BinaryIO, NamedTuple

from feedsvc.media import exif, metadata
from feedsvc.media.metadata import Metadata, gather
from feedsvc.model import Edit

# Numbers of blocks: a PNG of 100 MB has 13,000 of the usual length.
_MAX_BLOCKS = 100_000
_MAX_EDITS = 500
# In bytes: how much is read at once of what has no structure.
_PART = 1024 * 1024
# In bytes: what a seal is of. Nothing edits a picture, and leaves all that as it was.
_SEALED_START, _SEALED_END = 64 * 1024, 4 * 1024
_JPEG_EXIF, _JPEG_XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_EOI = b"\xff\xd9"
# What ends a run of coded pixels: any marker but those that restart it.
_marker = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_WITHOUT_LENGTH = (b"\x01", b"\xd8")
# Of these, pictures or a film follow behind the end of the first.
_CONTAINERS = (b"MicroVideo", b"MotionPhoto", b"Container:Directory", b"hdrgm")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT tIME"
    b" acTL fcTL fdAT".split()
)
_PNG_TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))
# PNG 3 section 11.3.3.2: what people and programs write for readers.
_PNG_KEYWORDS = frozenset(
    b"Title,Author,Description,Copyright,Creation Time,Software,Disclaimer,Warning,Source,"
    b"Comment".split(b",")
)
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


class Unclear(Exception):
    """A picture has more blocks than any that is none of an attack."""


class Cleaned(NamedTuple):
    """What a picture tells, and what of its file readers get."""

    metadata: Metadata = Metadata()
    edits: tuple[Edit, ...] = ()


def clean(file: BinaryIO, kind: str) -> Cleaned:
    """Return what a picture of one of the `KINDS` tells, and its edits. Raises Unclear, OSError.

    One that ends too early, or has no structure, is left as it is from there on.
    """
    found = _Found(file, _length(file))
    try:
        KINDS[kind](found)
    except (struct.error, EOFError):
        found.end = found.length
    return _cleaned(found, kind)


def edited_length(length: int, edits: tuple[Edit, ...]) -> int:
    """Return the length of a file with its edits."""
    return length + sum(len(edit.data) - (edit.end - edit.start) for edit in edits)


def seal(file: BinaryIO) -> bytes:
    """Return what differs for another picture: a digest of the length, the start and the end."""
    length = _length(file)
    digest = blake2b(str(length).encode(), digest_size=8)
    digest.update(_read_at(file, _SEALED_START, 0))
    digest.update(_read_at(file, _SEALED_END, max(0, length - _SEALED_END)))
    return digest.digest()


def _length(file: BinaryIO) -> int:
    # A picture in a document is in memory.
    return file.getbuffer().nbytes if isinstance(file, BytesIO) else os.fstat(file.fileno()).st_size


def _read_at(file: BinaryIO, size: int, start: int) -> bytes:
    """Return the bytes at a position; the file's own position stays."""
    if isinstance(file, BytesIO):
        return bytes(file.getbuffer()[start : start + size])
    return os.pread(file.fileno(), size, start)


@dataclass(slots=True)
class _Found:
    """What a walk through a picture finds. `place` is where a block of EXIF may be put."""

    file: BinaryIO
    length: int
    end: int = 0
    place: int = 0
    blocks: int = 0
    is_private: bool = False
    told: exif.Exif | None = None
    xmp: bytes = b""
    iptc: list[bytes] = field(default_factory=list)
    # All that would go, and the flags of a WebP: where they are, and what they are.
    dropped: list[tuple[int, int]] = field(default_factory=list)
    flags: tuple[int, int] | None = None

    def read(self, start: int, size: int) -> bytes:
        """Return bytes of the file. Raises EOFError if it has fewer."""
        data = _read_at(self.file, size, start)
        if len(data) < size:
            raise EOFError
        return data

    def count(self) -> None:
        """Count a block."""
        self.blocks += 1
        if self.blocks > _MAX_BLOCKS:
            raise Unclear

    def drop(self, start: int, end: int, *, is_private: bool = True) -> None:
        """Note a block that goes if any is private."""
        self.is_private |= is_private
        if self.dropped and self.dropped[-1][1] == start:
            start = self.dropped.pop()[0]
        if len(self.dropped) == _MAX_EDITS:
            raise Unclear
        self.dropped.append((start, end))

    def add_exif(self, data: bytes, start: int, end: int) -> None:
        """Read a block of EXIF; the first one counts."""
        block = exif.read(data)
        self.drop(start, end, is_private=not block.is_harmless or self.told is not None)
        self.told = self.told or block


def _cleaned(found: _Found, kind: str) -> Cleaned:
    iptc = metadata.iptc_in(b"".join(found.iptc)[: metadata.MAX_LENGTH])
    told = gather(found.told or exif.Exif(), iptc, found.xmp)
    dropped = list(found.dropped) if found.is_private else []
    edits = [Edit(start, end) for start, end in dropped]
    block = exif.build(told.kept) if dropped else b""
    if 0 < found.end < found.length:
        edits.append(Edit(found.end, found.length))
    if not edits:
        return Cleaned(told)
    if block:
        # What stands before its place may go as well.
        around = (start for start, end in dropped if start < found.place < end)
        place = next(around, found.place)
        edits.append(Edit(place, place, _WRAPPED[kind](block)))
    if kind == "WEBP":
        edits += _webp_heads(found, edits, has_exif=bool(block), is_clean=bool(dropped))
    return Cleaned(told, tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))))


# JPEG (ITU-T T.81, annex B).


def _walk_jpeg(found: _Found) -> None:
    start = found.place = 2
    has_more = False
    while True:
        found.count()
        marker, start = _jpeg_marker(found, start)
        if marker == 0xD9:
            found.end = start
            return
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            continue
        (size,) = struct.unpack(">H", found.read(start, 2))
        end = start + size
        if marker == 0xDA:
            break
        if 0xE0 <= marker <= 0xEF:
            has_more |= _jpeg_block(found, marker, start - 2, found.read(start + 2, size - 2))
            if marker == 0xE0 and start == 4:
                found.place = end
        start = end
    tail = found.read(max(0, found.length - 2), 2)
    if has_more or tail != _EOI:
        found.end = _jpeg_end(found, end)


def _jpeg_marker(found: _Found, start: int) -> tuple[int, int]:
    """Return the next marker, and where what follows it begins."""
    head = found.read(start, 2)
    if head[0] != 0xFF:
        raise EOFError
    while head[1] == 0xFF:  # they may be filled up
        found.count()
        start += 1
        head = found.read(start, 2)
    return head[1], start + 2


def _jpeg_block(found: _Found, marker: int, start: int, data: bytes) -> bool:
    """Read an application's segment; return whether it says that more follows the picture."""
    end = start + 4 + len(data)
    if marker == 0xE1 and data.startswith(_JPEG_EXIF):
        found.add_exif(data[len(_JPEG_EXIF) :], start, end)
    elif (
        (marker == 0xE0 and data.startswith(b"JFIF\0"))
        or (marker == 0xE2 and data.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and data.startswith(b"Adobe"))
    ):
        return False
    else:
        found.drop(start, end)
        if marker == 0xE1 and data.startswith(_JPEG_XMP):
            found.xmp = found.xmp or data[len(_JPEG_XMP) :]
        elif marker == 0xED and data.startswith(_PHOTOSHOP):
            found.iptc.append(data[len(_PHOTOSHOP) :])
    return data.startswith(b"MPF\0") or any(name in data for name in _CONTAINERS)


def _jpeg_end(found: _Found, start: int) -> int:
    """Return where the picture ends whose pixels begin at `start`; 0 if that is not found."""
    base, data = start, b""
    while True:
        match = _marker.search(data, start - base)
        if match is None:
            # The last byte may be the first of a marker.
            base = max(start, base + len(data) - 1)
            data = _read_at(found.file, _PART, base)
            if len(data) < 2:
                return 0
            start = base
            continue
        found.count()
        start = base + match.end()
        if match[1] == b"\xd9":
            return start
        if match[1] not in _WITHOUT_LENGTH:
            start += int.from_bytes(found.read(start, 2))


# PNG, third edition.


def _walk_png(found: _Found) -> None:
    start = len(_PNG_START)
    while True:
        found.count()
        length, name = struct.unpack(">I4s", found.read(start, 8))
        end = start + 12 + length
        if end > found.length:
            return
        if name == b"IEND":
            found.end = end
            return
        if name == b"IHDR":
            found.place = end
        elif name == b"eXIf" and length <= exif.MAX_LENGTH:
            found.add_exif(found.read(start + 8, length), start, end)
        elif name in _PNG_TEXTS:
            _png_text(found, start, end)
        elif name not in _PNG_KEPT:
            found.drop(start, end)
        start = end


def _png_text(found: _Found, start: int, end: int) -> None:
    size = min(end - start - 12, metadata.MAX_LENGTH)
    data = found.read(start + 8, min(size, 80))
    if data.partition(b"\0")[0] not in _PNG_KEYWORDS:
        found.drop(start, end)
        if data.startswith(_PNG_XMP):
            found.xmp = found.xmp or found.read(start + 8, size)[len(_PNG_XMP) :]


def _png_chunk(block: bytes) -> bytes:
    named = b"eXIf" + block
    return struct.pack(">I", len(block)) + named + struct.pack(">I", zlib.crc32(named))


# WebP (RFC 9649).


def _walk_webp(found: _Found) -> None:
    (size,) = struct.unpack("<I", found.read(4, 4))
    whole = min(found.length, 8 + size)
    start = 12
    while start + 8 <= whole:
        found.count()
        name, length = struct.unpack("<4sI", found.read(start, 8))
        end = start + 8 + length + length % 2
        if end > found.length:
            return
        if name == b"VP8X":
            found.flags = (start + 8, found.read(start + 8, 1)[0])
        elif name == b"EXIF" and length <= exif.MAX_LENGTH:
            data = found.read(start + 8, length)
            found.add_exif(data.removeprefix(_JPEG_EXIF), start, end)
        elif name not in _WEBP_KEPT:
            found.drop(start, end)
            if name == b"XMP " and length <= metadata.MAX_LENGTH:
                found.xmp = found.xmp or found.read(start + 8, length)
        start = end
    found.end = found.place = start


def _webp_heads(found: _Found, edits: list[Edit], *, has_exif: bool, is_clean: bool) -> list[Edit]:
    """Return the edits of the length in the head, and of the flags."""
    length = edited_length(found.length, tuple(edits))
    heads = [Edit(4, 8, struct.pack("<I", length - 8))]
    if found.flags and is_clean:
        at, flags = found.flags
        flags = flags & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if has_exif else 0)
        heads.append(Edit(at, at + 1, bytes((flags,))))
    return heads


def _webp_chunk(block: bytes) -> bytes:
    return b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)


def _jpeg_segment(block: bytes) -> bytes:
    data = _JPEG_EXIF + block
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


KINDS: dict[str, Callable[[_Found], None]] = {
    "JPEG": _walk_jpeg,
    "PNG": _walk_png,
    "WEBP": _walk_webp,
}
_WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "JPEG": _jpeg_segment,
    "PNG": _png_chunk,
    "WEBP": _webp_chunk,
}
