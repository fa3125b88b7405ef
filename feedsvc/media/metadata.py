"""Metadata of pictures: what cameras and editors wrote into them, in EXIF, IPTC and XMP.

All of it is anybody's: it is bounded, and read where it may be died of (`sync.readers`).
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lxml import etree

from feedsvc.media import exif
from feedsvc.text import clean, normalized

# In bytes, of each: what is longer is dropped unread.
MAX_LENGTH = 512 * 1024
# Of a packet of XMP: libxml2 compares each with all others of its element. Editors write hundreds.
_MAX_ATTRIBUTES = 2000
# In characters, of each text.
MAX_TEXT = 2000
_XMP_NAMES = {
    "{http://purl.org/dc/elements/1.1/}description": "caption",
    "{http://purl.org/dc/elements/1.1/}creator": "artist",
    "{http://purl.org/dc/elements/1.1/}rights": "copyright",
    "{http://ns.adobe.com/photoshop/1.0/}Headline": "headline",
    "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}AltTextAccessibility": "alt",
}
_XMP_PLACE = "{http://ns.adobe.com/exif/1.0/}GPS"
_RDF_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# IPTC IIM 4.2, of record 2.
_IPTC_NAMES = {120: "caption", 105: "headline", 80: "artist", 116: "copyright"}
_IPTC_RESOURCE = 0x0404
# What cameras and programs write of themselves, like «KODAK Digital Still Camera».
_of_a_program = re.compile(
    r"\b(?:digital|still) (?:still )?camera\b|\bcamcorder\b|exif.jpeg"
    r"|\A(?:scanned|processed|created|edited|made) (?:with|by|using|in)\b",
    re.IGNORECASE,
)


class Metadata(NamedTuple):
    """What a picture tells of itself. `kept` is what its readers get of that."""

    caption: str = ""
    alt: str = ""
    has_place: bool = False
    kept: exif.Exif = exif.Exif()


def gather(block: exif.Exif, iptc: bytes = b"", xmp: bytes = b"") -> Metadata:
    """Return what the metadata of a picture tell: EXIF, a record of IPTC, a packet of XMP."""
    by_editor = read_iptc(iptc)
    by_program, has_place = read_xmp(xmp)
    described = _decoded(block.description)
    captions = (
        *(by_editor.get("caption"), by_program.get("caption")),
        *(by_editor.get("headline"), by_program.get("headline"), described),
    )
    caption = next((each for each in captions if each and not is_of_a_program(each)), "")
    credited = {
        name: by_editor.get(name) or by_program.get(name) or _decoded(getattr(block, name))
        for name in ("artist", "copyright")
    }
    return Metadata(
        caption,
        by_program.get("alt", ""),
        block.has_place or has_place,
        exif.Exif(
            orientation=block.orientation,
            description=_cut(caption),
            artist=_cut(credited["artist"]),
            copyright=_cut(credited["copyright"]),
        ),
    )


def is_of_a_program(text: str) -> bool:
    """Return whether a description is what a camera or a program writes into every picture."""
    if not text.isascii():
        return False
    is_a_name = not any(map(str.isspace, text)) or text == text.upper()
    return is_a_name or bool(_of_a_program.search(text))


def read_iptc(record: bytes) -> Mapping[str, str]:
    """Return the texts of an IPTC record (IIM 4.2), by our names."""
    found: dict[str, str] = {}
    if len(record) > MAX_LENGTH:
        return found
    start = 0
    while start + 5 <= len(record) and record[start] == 0x1C:
        number, name, length = struct.unpack_from(">BBH", record, start + 1)
        if length >= 0x8000:  # an extended data set, which holds no text
            break
        start += 5
        key = _IPTC_NAMES.get(name) if number == 2 else None
        if key:
            found.setdefault(key, _decoded(record[start : start + length]))
        start += length
    return found


def iptc_in(resources: bytes) -> bytes:
    """Return the IPTC record among the resources of Photoshop; nothing if there is none."""
    start = 0
    while resources[start : start + 4] == b"8BIM" and len(resources) >= start + 7:
        (number,) = struct.unpack_from(">H", resources, start + 4)
        start += 6
        start += resources[start] + 1  # the name
        start += start % 2
        if start + 4 > len(resources):
            break
        (length,) = struct.unpack_from(">I", resources, start)
        start += 4
        if number == _IPTC_RESOURCE:
            return resources[start : start + length]
        start += length + length % 2
    return b""


def read_xmp(packet: bytes) -> tuple[Mapping[str, str], bool]:
    """Return the texts of an XMP packet, by our names, and whether it tells the place."""
    found: dict[str, str] = {}
    if not packet or len(packet) > MAX_LENGTH or packet.count(b"=") > _MAX_ATTRIBUTES:
        return found, b"GPSLatitude" in packet
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(packet.strip(b"\0 \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return found, b"GPSLatitude" in packet
    has_place = False
    for name, text in _properties(root):
        has_place |= name.startswith(_XMP_PLACE)
        key = _XMP_NAMES.get(name)
        if key and text:
            found.setdefault(key, text)
    return found, has_place


def _properties(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield names and texts; of texts in several languages that of the default, or the first."""
    for element in root.iter("*"):
        for name, value in element.items():
            yield str(name), _shortened(str(value))
        name = str(element.tag)
        if name in _XMP_NAMES:
            items = list(element.iter(_RDF_ITEM))[:50]
            items.sort(key=lambda item: item.get(_XML_LANG, "x-default") != "x-default")
            yield name, _shortened((items[0] if items else element).text or "")
        else:
            yield name, ""


def _decoded(text: bytes) -> str:
    """Return a text in UTF-8, or as older Russian programs wrote it."""
    try:
        return _shortened(text.decode())
    except UnicodeDecodeError:
        return _shortened(text.decode("cp1251", "ignore"))


def _shortened(text: str) -> str:
    return normalized(clean(" ".join(text[: 2 * MAX_TEXT].split())))[:MAX_TEXT].strip()


def _cut(text: str) -> bytes:
    """Return a text in UTF-8 that is short enough for EXIF."""
    return text.encode()[: exif.MAX_TEXT].decode(errors="ignore").encode()
