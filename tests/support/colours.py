"""Pictures whose halves differ in colour, and a way to recognise the colours after JPEG."""

import io
from functools import cache

from PIL import Image

RED, BLUE = (254, 0, 0), (0, 0, 254)


@cache
def halves(kind: str, mode: str = "RGB", orientation: int | None = None) -> bytes:
    """Return a picture of 2,000 by 1,000 pixels: red on the left, blue on the right.

    In mode RGBA the red half is transparent.
    """
    made = Image.new(mode, (2000, 1000), RED if mode == "RGB" else (*RED, 0))
    made.paste(BLUE if mode == "RGB" else (*BLUE, 255), (1000, 0, 2000, 1000))
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    data = io.BytesIO()
    made.save(data, kind, exif=exif)
    return data.getvalue()


def is_near(seen: object, colour: tuple[int, int, int]) -> bool:
    """Return whether a pixel has nearly that colour: JPEG is not exact."""
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 12 for one, other in zip(seen, colour, strict=True))
