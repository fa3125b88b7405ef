"""Metadata of pictures: EXIF, IPTC and XMP, whatever is in them."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.media import exif, metadata
from feedsvc.media.exif import Exif
from feedsvc.media.metadata import Metadata, gather, iptc_in, read_iptc, read_xmp
from tests.support.cost import in_proportion
from tests.support.told_pictures import PRIVATE_XMP, harmless_exif, iptc, one_of_languages, xmp
from tests.support.told_pictures import exif as told

MEBIBYTE = 1024 * 1024


def table(*entries: tuple[int, int, int, bytes], order: str = ">", following: int = 0) -> bytes:
    """Return a block of EXIF with one table: tag, type, count, value."""
    head = b"MM\0*" if order == ">" else b"II*\0"
    content = b"".join(struct.pack(order + "HHI4s", *entry) for entry in entries)
    count = struct.pack(order + "H", len(entries))
    return (
        head + struct.pack(order + "I", 8) + count + content + struct.pack(order + "I", following)
    )


def number(value: int, order: str = ">") -> bytes:
    return struct.pack(order + "I", value)


def test_what_pillow_writes_is_read() -> None:
    for block, is_harmless in ((told(), False), (harmless_exif(), True)):
        read = exif.read(block.tobytes().removeprefix(b"Exif\0\0"))
        assert (read.is_harmless, read.has_place, read.orientation) == (
            is_harmless,
            not is_harmless,
            6,
        )


@pytest.mark.parametrize("order", [">", "<"])
def test_both_orders_of_bytes_are_read(order: str) -> None:
    turned = struct.pack(order + "HH", 8, 0)
    short = (0x8298, 2, 3, b"me\0\0")
    read = exif.read(table((0x0112, 3, 1, turned), short, order=order))
    assert read == Exif(orientation=8, copyright=b"me")


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"MM\0*\0\0\0\x08",
        b"MM\0*\0\0\0\x08\0\2" + bytes(12),  # fewer entries than it says
        b"GIF8\0\0\0\x08\0\0\0\0\0\0",
        table((0x8769, 4, 1, number(8))),  # in a circle
        table((0x8769, 4, 1, number(10**9))),
        table(following=8),
        table(following=26),  # a second picture
        table((0x0112, 3, 1, b"\0\1\0\0"), (0xC4A5, 7, 4, b"abcd")),
        table(*[(0x0112, 3, 1, b"\0\1\0\0")] * 5001),
        bytes(exif.MAX_LENGTH + 1),
    ],
)
def test_what_is_not_known_or_cannot_be_read_is_not_harmless(block: bytes) -> None:
    assert not exif.read(block).is_harmless


def test_a_text_that_points_nowhere_is_empty() -> None:
    assert exif.read(table((0x010E, 2, 100, number(5000)))).description == b""
    # Numbers are no text, and an orientation that there is not is none.
    read = exif.read(table((0x010E, 4, 1, number(65)), (0x0112, 3, 1, b"\0\x09\0\0")))
    assert (read.description, read.orientation) == (b"", 1)


@given(st.binary(max_size=2000), st.integers(1, 8), st.binary(max_size=3000))
def test_what_is_built_is_read_again(text: bytes, orientation: int, other: bytes) -> None:
    text, other = (each.replace(b"\0", b"").strip() for each in (text, other))
    written = Exif(orientation=orientation, description=text, copyright=other[: exif.MAX_TEXT])
    block = exif.build(written)
    assert (block == b"") == (written == Exif())
    if block:
        read = exif.read(block)
        cut = [each[: exif.MAX_TEXT - 1] for each in (read.description, read.copyright)]
        wanted = [each[: exif.MAX_TEXT - 1] for each in (written.description, written.copyright)]
        assert read.is_harmless
        assert read.orientation == orientation
        assert [each.strip() for each in cut] == [each.strip() for each in wanted]


@given(st.binary(max_size=300))
def test_of_any_bytes_nothing_is_raised(data: bytes) -> None:
    for head in (b"", b"II*\0", b"MM\0*\0\0\0\x08"):
        block = exif.read(head + data)
        gather(block, iptc_in(b"8BIM" + data), data)
    read_iptc(b"\x1c\2x" + data)
    read_xmp(b"<" + data)


@given(st.integers(0, len(PRIVATE_XMP)), st.binary(max_size=8))
def test_of_damaged_packets_nothing_is_raised(at: int, written: bytes) -> None:
    read_xmp(PRIVATE_XMP[:at] + written + PRIVATE_XMP[at:])
    resources = iptc((120, b"text"))
    iptc_in(resources[: at % len(resources)] + written)


def test_a_packet_that_is_no_xml_may_tell_the_place() -> None:
    assert read_xmp(b"<x exif:GPSLatitude='1'") == ({}, True)
    assert read_xmp(b"<x") == ({}, False)
    assert read_xmp(b"") == ({}, False)
    assert read_xmp(b"<a/>" + bytes(metadata.MAX_LENGTH)) == ({}, False)
    assert read_xmp(PRIVATE_XMP.replace(b"aux:Serial", b'a="" ' * 2000 + b"aux:Serial")) == (
        {},
        True,
    )


def test_of_texts_in_several_languages_the_default_counts() -> None:
    packet = xmp(one_of_languages("dc:description", ("en", "Yard"), ("x-default", "Двор")))
    assert read_xmp(packet)[0] == {"caption": "Двор"}
    packet = xmp(one_of_languages("dc:rights", ("en", "Mine"), ("ru", "Моё")))
    assert read_xmp(packet)[0] == {"copyright": "Mine"}
    assert read_xmp(xmp("<dc:creator/>", 'photoshop:Headline=" "'))[0] == {}


def test_an_entity_or_another_file_is_not_read() -> None:
    packet = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname"><!ENTITY b "bbbb">]>' + xmp(
        "<core:AltTextAccessibility>&a;&b;</core:AltTextAccessibility>"
    )
    assert read_xmp(packet)[0] == {}


def test_iptc_that_is_too_long_or_extended_ends_there() -> None:
    assert read_iptc(b"\x1c\2\x78\0\4Yard\x1c\2\x69\x80\4") == {"caption": "Yard"}
    assert read_iptc(bytes(metadata.MAX_LENGTH + 1)) == {}
    assert iptc_in(b"8BIM\4\4\0\0") == b""
    assert iptc_in(b"8BIM\4\x05\0\0\0\0\0\2ab" + b"8BIM\4\4\0\0\0\0\0\3abc") == b"abc"


def test_who_made_a_picture_is_told_in_one_way() -> None:
    by = b"\x1c\2\x50\0\5Peter"
    assert gather(Exif(artist=b"Owner"), by).kept.artist == b"Peter"
    assert gather(Exif(artist=b"Owner")) == Metadata(kept=Exif(artist=b"Owner"))
    assert len(gather(Exif(), b"\x1c\2\x78\x0f\xa0" + "я".encode() * 2000).kept.description) <= 2000


@pytest.mark.parametrize(
    "make",
    [
        lambda: xmp("<dc:description>" * 7_000 + "</dc:description>" * 7_000),
        lambda: xmp("<dc:description/>" * 28_000),
        lambda: xmp(one_of_languages("dc:description", *[("x", "y")] * 15_000)),
        lambda: xmp("", " ".join(f'a{n}=""' for n in range(1900))),
        lambda: xmp("", " ".join(f'a{n}=""' for n in range(50_000))),
        lambda: xmp("&#38;" * 100_000),
        lambda: b"<!DOCTYPE x [" + b'<!ENTITY a "aaaaaaaa">' * 20_000 + b"]><x>&a;</x>",
    ],
)
def test_the_longest_packet_costs_little(make: Callable[[], bytes]) -> None:
    packet = make()[: metadata.MAX_LENGTH]
    with in_proportion():
        read_xmp(packet)


def test_the_longest_record_and_block_cost_little() -> None:
    with in_proportion():
        read_iptc(b"\x1c\2\x78\0\0" * (metadata.MAX_LENGTH // 5))
        iptc_in(b"8BIM\0\0\0\0\0\0\0\0" * (MEBIBYTE // 12))
        exif.read(table(*[(0x8769, 4, 1, number(8))] * 5000) + bytes(MEBIBYTE // 2))
