"""Pictures that tell something: of their place, their maker, and what they show."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, TiffImagePlugin
from pillow_heif import register_heif_opener

from feedsvc.media import exif as exif_module
from tests.support.hostile_pictures import segment, with_chunk, with_segments

SECRET = b"SN-4711-SECRET"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"


def pixels(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return a picture of which no two rows are alike."""
    return Image.linear_gradient("L").resize(size).convert("RGB")


def exif(**more: Any) -> Image.Exif:
    """Return EXIF as a phone writes it: place, owner, numbers, notes; `more` are main tags."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "Maker", "Model 1", 6
    exposure = block.get_ifd(0x8769)
    exposure[0x9003] = "2026:06:30 10:00:00"
    exposure[0xA430] = exposure[0xA431] = exposure[0xA435] = SECRET.decode()
    exposure[0x927C] = b"NOTES " + SECRET
    place = block.get_ifd(0x8825)
    place[1], place[3] = "N", "E"
    place[2] = place[4] = tuple(TiffImagePlugin.IFDRational(each) for each in (59, 56, 11))
    place[28] = SECRET
    for name, value in more.items():
        block[{"description": 0x010E, "artist": 0x013B, "copyright": 0x8298}[name]] = value
    return block


def harmless_exif(**more: Any) -> Image.Exif:
    """Return EXIF that only tells how a picture was taken, and what `more` says."""
    block = exif(**more)
    exposure = block.get_ifd(0x8769)
    for tag in (0xA430, 0xA431, 0xA435, 0x927C):
        del exposure[tag]
    made = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0112, 0x013B, 0x8298):
        if tag in block:
            made[tag] = block[tag]
    made.get_ifd(0x8769).update(exposure)
    return made


def saved(kind: str, made: Image.Image | None = None, **options: Any) -> bytes:
    """Return a picture in a format."""
    if kind == "HEIF":
        register_heif_opener()
    data = io.BytesIO()
    (made or pixels()).save(data, kind, **options)
    return data.getvalue()


def xmp(inner: str, attributes: str = "") -> bytes:
    """Return a packet of XMP with these properties."""
    spaces = {
        "dc": "http://purl.org/dc/elements/1.1/",
        "exif": "http://ns.adobe.com/exif/1.0/",
        "photoshop": "http://ns.adobe.com/photoshop/1.0/",
        "core": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
        "aux": "http://ns.adobe.com/exif/1.0/aux/",
    }
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {names} {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def one_of_languages(name: str, *texts: tuple[str, str]) -> str:
    """Return a property of XMP with a text in each language."""
    items = "".join(f'<rdf:li xml:lang="{lang}">{text}</rdf:li>' for lang, text in texts)
    return f"<{name}><rdf:Alt>{items}</rdf:Alt></{name}>"


PRIVATE_XMP = xmp(
    one_of_languages("core:AltTextAccessibility", ("x-default", "Рабочие красят забор")),
    f'exif:GPSLatitude="59,56.2N" aux:SerialNumber="{SECRET.decode()}"',
)


def iptc(*records: tuple[int, bytes]) -> bytes:
    """Return the resources of Photoshop with an IPTC record of these data sets."""
    record = b"".join(
        struct.pack(">BBBH", 0x1C, 2, name, len(data)) + data for name, data in records
    )
    padded = record + b"\0" * (len(record) % 2)
    other = b"8BIM" + struct.pack(">H", 0x03ED) + b"\x03abc" + struct.pack(">I", 3) + b"xyz\0"
    return other + b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(record)) + padded


def xmp_segment(packet: bytes) -> bytes:
    return segment(0xE1, XMP_HEAD + packet)


def iptc_segment(resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + resources)


def private_jpeg(**options: Any) -> bytes:
    """Return a photograph that tells all that a photograph can tell, and has a film behind it."""
    jpeg = saved("JPEG", exif=exif(copyright="© Press office".encode()), quality=90, **options)
    records = (120, "Двор после ремонта".encode()), (105, b"Yard"), (92, SECRET)
    jpeg = with_segments(jpeg, xmp_segment(PRIVATE_XMP), iptc_segment(iptc(*records)))
    return jpeg + saved("JPEG", exif=exif()) + b"\0\0\0\x18ftypmp42" + SECRET


def two_pictures() -> bytes:
    """Return a photograph with a second one behind it, as cameras make them."""
    second = pixels((32, 24))
    return saved("MPO", save_all=True, append_images=[second], exif=exif())


def private_png() -> bytes:
    png = saved("PNG", exif=exif())
    packet = b"XML:com.adobe.xmp\0\0\0\0\0" + PRIVATE_XMP
    old = b"Raw profile type exif\0\0" + zlib.compress(SECRET.hex().encode())
    for name, data in ((b"iTXt", packet), (b"zTXt", old), (b"caBX", SECRET)):
        png = with_chunk(png, name, data)
    return png + SECRET


def private_webp(**options: Any) -> bytes:
    return saved("WEBP", exif=exif(), xmp=PRIVATE_XMP, **options) + SECRET


def private_heic() -> bytes:
    return saved("HEIF", exif=exif(description="Двор после ремонта".encode()), xmp=PRIVATE_XMP)


PRIVATE = {"JPEG": private_jpeg, "PNG": private_png, "WEBP": private_webp}
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def exif_in(block: bytes) -> exif_module.Exif:
    return exif_module.read(block.removeprefix(b"Exif\0\0"))
