"""QR codes as a phone sees them: drawn as pixels, and read by a library that did not make them."""

import re

import zxingcpp
from lxml import etree
from PIL import Image

# A step of the path of the dark modules: to a place, by a distance, or a line to the right.
_step = re.compile(r"([Mmh])(-?[0-9.]+)(?: (-?[0-9.]+))?")
# In pixels, of a module.
SCALE = 4


def read(picture: Image.Image) -> list[str]:
    """Return the texts of all QR codes in a picture."""
    found = zxingcpp.read_barcodes(picture.convert("RGB"))
    return [code.text for code in found if code.format == zxingcpp.BarcodeFormat.QRCode]


def drawn(svg: bytes) -> Image.Image:
    """Return an SVG as segno writes it as a picture: a light square, and lines of modules."""
    root = etree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    size = int(root.get("viewBox", "").split()[2])
    light, dark = root
    assert (light.get("fill"), dark.get("stroke")) == ("#fff", "#000")
    picture = Image.new("L", (size * SCALE, size * SCALE), 255)
    x = y = 0.0
    for command, first, second in _step.findall(dark.get("d", "")):
        if command == "h":
            start = (SCALE * round(x), SCALE * round(y - 0.5))
            x += float(first)
            picture.paste(0, (*start, SCALE * round(x), SCALE * round(y + 0.5)))
        else:
            x, y = (0.0, 0.0) if command == "M" else (x, y)
            x, y = x + float(first), y + float(second)
    return picture
