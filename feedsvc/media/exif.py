"""EXIF: what a block of it tells, whether that is harmless, and a small block of our own.

Pillow reads EXIF too, but leaves out what it does not understand; here it matters whether a
block holds anything that is not known to be harmless. EXIF 3.0, TIFF 6.0 section 2.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

# In bytes: more EXIF than that is dropped unread. A segment of a JPEG holds 64 KB.
MAX_LENGTH = 1024 * 1024
# Of one text, in bytes.
MAX_TEXT = 2000
# Of all tables of a block; cameras write some 150 in five.
_MAX_ENTRIES = 5000
_MAX_TABLES = 10
_DESCRIPTION, _ORIENTATION, _ARTIST, _COPYRIGHT = 0x010E, 0x0112, 0x013B, 0x8298
_MAIN, _EXPOSURE, _PLACE, _COLOURS = 0, 0x8769, 0x8825, 0xA005
# What tells how a picture was made, and no more. Not here: the place, what a maker writes into
# his own notes, remarks, unique numbers, names of owners, numbers of cameras and lenses; and a
# second picture, which may show what was cut away from the first.
_HARMLESS = {
    _MAIN: frozenset(
        (
            *(0x0100, 0x0101, 0x0102, 0x0103, 0x0106, _DESCRIPTION, 0x010F, 0x0110, _ORIENTATION),
            *(0x0115, 0x011A, 0x011B, 0x011C, 0x0128, 0x0131, 0x0132, _ARTIST, 0x013E, 0x013F),
            *(0x0211, 0x0212, 0x0213, 0x0214, _COPYRIGHT, _EXPOSURE),
        )
    ),
    _EXPOSURE: frozenset(
        (
            *(
                0x829A,
                0x829D,
                0x8822,
                0x8824,
                0x8827,
                *range(0x8830, 0x8836),
                0x9000,
                0x9003,
                0x9004,
            ),
            *(
                *range(0x9010, 0x9013),
                0x9101,
                0x9102,
                *range(0x9201, 0x920B),
                0x9290,
                0x9291,
                0x9292,
            ),
            *(*range(0xA000, 0xA004), _COLOURS, 0xA20E, 0xA20F, 0xA210, 0xA215, 0xA217, 0xA300),
            *(0xA301, 0xA302, *range(0xA401, 0xA40B), 0xA40C, 0xA432, 0xA433, 0xA434, 0xA500),
        )
    ),
    _COLOURS: frozenset((1, 2)),
}
_POINTERS = frozenset((_EXPOSURE, _PLACE, _COLOURS))
_HEAD = {b"II*\0": "<", b"MM\0*": ">"}


class Exif(NamedTuple):
    """What a block tells. `orientation` is from 1 to 8; texts are '' where there is none."""

    is_harmless: bool = True
    has_place: bool = False
    orientation: int = 1
    description: bytes = b""
    artist: bytes = b""
    copyright: bytes = b""


class _Entry(NamedTuple):
    table: int
    tag: int
    kind: int
    length: int
    value: bytes


def read(data: bytes) -> Exif:
    """Return what a block tells; `data` begins with the head of TIFF. Nothing is raised."""
    order = _HEAD.get(data[:4])
    if order is None or len(data) > MAX_LENGTH:
        return Exif(is_harmless=False)
    entries = list(_entries(data, order))
    tags = {(each.table, each.tag) for each in entries}
    found = {each.tag: each for each in reversed(entries) if each.table == _MAIN}
    texts = (_text(data, order, found.get(tag)) for tag in (_DESCRIPTION, _ARTIST, _COPYRIGHT))
    turned = found.get(_ORIENTATION)
    orientation = struct.unpack(order + "H", turned.value[:2])[0] if turned else 1
    return Exif(
        all(tag in _HARMLESS.get(table, ()) for table, tag in tags),
        any(table == _PLACE and tag for table, tag in tags),
        orientation if 1 <= orientation <= 8 else 1,
        *texts,
    )


def build(exif: Exif) -> bytes:
    """Return a block with the orientation and the texts; nothing if it would say nothing."""
    texts = (
        (_DESCRIPTION, exif.description),
        (_ARTIST, exif.artist),
        (_COPYRIGHT, exif.copyright),
    )
    values = {tag: text[:MAX_TEXT] + b"\0" for tag, text in texts if text}
    if exif.orientation != 1:
        values[_ORIENTATION] = struct.pack(">H", exif.orientation)
    if not values:
        return b""
    table, behind = struct.pack(">H", len(values)), b""
    start = 8 + 2 + 12 * len(values) + 4
    for tag, value in sorted(values.items()):
        kind, size = (3, 2) if tag == _ORIENTATION else (2, 1)
        table += struct.pack(">HHI", tag, kind, len(value) // size)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(">I", start + len(behind))
            behind += value + b"\0" * (len(value) % 2)
    return b"MM\0*" + struct.pack(">I", 8) + table + bytes(4) + behind


def _entries(data: bytes, order: str) -> Iterator[_Entry]:
    """Yield the entries of all tables.

    What follows the first table, what cannot be read, and what is too much, yields an entry that
    is in no list of the harmless.
    """
    tables = [(_MAIN, *struct.unpack_from(order + "I", data.ljust(8, b"\0"), 4))]
    seen: set[int] = set()
    total = 0
    while tables:
        name, start = tables.pop()
        if start in seen or start + 2 > len(data) or len(seen) == _MAX_TABLES:
            yield _Entry(name, 0, 0, 0, b"")
            continue
        seen.add(start)
        (count,) = struct.unpack_from(order + "H", data, start)
        end = start + 2 + 12 * count
        total += count
        if end > len(data) or total > _MAX_ENTRIES:
            yield _Entry(name, 0, 0, 0, b"")
            continue
        for tag, kind, number, value in struct.iter_unpack(order + "HHI4s", data[start + 2 : end]):
            yield _Entry(name, tag, kind, number, value)
            if tag in _POINTERS:
                tables.append((tag, *struct.unpack(order + "I", value)))
        if any(data[end : end + 4]):
            yield _Entry(name, 0, 0, 0, b"")


def _text(data: bytes, order: str, entry: _Entry | None) -> bytes:
    if entry is None or entry.kind not in (2, 129):  # ASCII, and UTF-8 since EXIF 3.0
        return b""
    if entry.length <= 4:
        text = entry.value[: entry.length]
    else:
        (start,) = struct.unpack(order + "I", entry.value)
        text = data[start : start + min(entry.length, MAX_TEXT)]
    return text.partition(b"\0")[0].strip()
