"""Thumbnail maker: what runs in a child of a serving process (see `isolation`).

It imports Pillow, and of this program only what finds out what of a picture is private, when it
is asked for that.
"""

import warnings
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageCms

# Of WebP: as good as JPEG at 80, at a third less; more effort takes twice the time for 5%.
_WEBP_QUALITY, _EFFORT = 75, 2
# What a request for the edits of a picture begins with.
EDITS = b"edits "
# EXIF: how the camera was held.
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)
# In bytes. The profiles of cameras and programs have 0.5 to 600 KB; a larger one is ignored.
_MAX_PROFILE = 1024 * 1024
# Modes that can be reduced as they are; all that has transparency becomes RGBA before.
_REDUCIBLE = frozenset(("L", "RGB", "RGBA", "CMYK"))


def answer(request: bytes, descriptor: int) -> bytes:
    """Return the thumbnail of the picture in an open file; nothing if it cannot be decoded.

    A request that begins with `EDITS`, and ends with the format, is for the edits of the file
    (see `media.cleaning`), as MessagePack.

    A request names the format of the thumbnail and that of the file, width and height of the
    thumbnail, how many pixels the picture may have, and the quality of a JPEG. Who asks for WebP
    gets JPEG if that is smaller. An empty request has an empty reply.
    """
    if not request:
        return b""
    if request.startswith(EDITS):
        return _edits(request.removeprefix(EDITS).decode(), descriptor)
    form, kind, *numbers = request.decode().split()
    width, height, pixels, quality = map(int, numbers)
    # Pillow's warnings would fill the log of the service.
    warnings.simplefilter("ignore")
    try:
        with open(descriptor, "rb", closefd=False) as file:
            picture = reduced(file, (width, height), pixels, kind)
        jpeg = _saved(picture, "JPEG", quality=quality, progressive=True)
        if form != "WEBP":
            return jpeg
        # Of drawings with few colours JPEG may be the smaller.
        return min(jpeg, _saved(picture, "WEBP", quality=_WEBP_QUALITY, method=_EFFORT), key=len)
    except MemoryError:
        raise  # a limit of the process
    except Exception:  # noqa: BLE001 - a damaged picture can make Pillow raise anything
        return b""


def reduced(file: BinaryIO, bounds: tuple[int, int], pixels: int, kind: str) -> Image.Image:
    """Return the picture in a file of a format, as Pillow names it, within bounds.

    It is upright as its EXIF says, on white, in sRGB, and without metadata. Whatever is wrong
    with the picture, the exception is Pillow's.
    """
    # Pillow refuses twice as many before it allocates anything.
    Image.MAX_IMAGE_PIXELS = pixels // 2
    if kind == "HEIF":
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra

        register_heif_opener(thumbnails=False, decode_threads=1)
    # Whatever a file turns out to be, no other decoder of Pillow's may open it.
    with Image.open(file, formats=[kind]) as opened:
        profile = opened.info.get("icc_profile")
        opened.draft("RGB", _turned(bounds, opened))
        opened.load()
        # It is reduced before it is turned, which takes as much memory again.
        size, method = _turned(bounds, opened), _TURNS.get(_orientation(opened))
        picture = _reducible(opened)
        picture.thumbnail(size)
    if method is not None:
        picture = picture.transpose(method)
    if picture.mode == "RGBA":
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture)
        picture = flat
    picture = _in_srgb(picture, profile)
    # Pillow would copy a comment from there.
    picture.info.clear()
    return picture


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    data = BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def _edits(kind: str, descriptor: int) -> bytes:
    import msgspec  # noqa: PLC0415 - seldom needed

    from feedsvc.media import cleaning  # noqa: PLC0415

    try:
        with open(descriptor, "rb", closefd=False) as file:
            return msgspec.msgpack.encode(cleaning.clean(file, kind).edits)
    except (OSError, cleaning.Unclear):
        return b""


def _orientation(picture: Image.Image) -> int:
    written = picture.getexif().get(_ORIENTATION)
    return written if isinstance(written, int) else 1


def _turned(bounds: tuple[int, int], picture: Image.Image) -> tuple[int, int]:
    """Return the bounds of a picture as it lies in its file."""
    return bounds[::-1] if _orientation(picture) in _LYING else bounds


def _reducible(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits of grey, of which Pillow would cut the upper off
        return picture.point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in _REDUCIBLE else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and len(profile) <= _MAX_PROFILE:
        # A profile that is damaged, or of another kind of picture, is ignored.
        with suppress(Exception):
            converted = ImageCms.profileToProfile(
                picture, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            assert converted is not None
            return converted
    return picture.convert("RGB")
