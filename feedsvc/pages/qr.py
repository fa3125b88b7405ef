"""QR codes (ISO/IEC 18004) of addresses, as SVG. Pure."""

from urllib.parse import quote

import segno

# In characters. What is longer makes a code so dense that phones do not read it from a screen.
MAX_ADDRESS = 300
# In modules: the margin that the standard asks for.
_QUIET_ZONE = 4


def fits(address: str) -> bool:
    """Return whether an address is short enough for a QR code."""
    return len(address) <= MAX_ADDRESS


def svg(address: str) -> bytes | None:
    """Return the QR code of an address; None if the address is too long for one.

    It is black on white whatever surrounds it: many phones do not read the reverse.
    """
    if not fits(address):
        return None
    code = segno.make_qr(address)
    drawn = code.svg_inline(
        border=_QUIET_ZONE, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    # A whole document, for `svg_inline` leaves out the namespace.
    return drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1).encode()


def data_url(address: str) -> str | None:
    """Return the same as a `data:` URL (RFC 2397), which saves a page a request."""
    drawn = svg(address)
    return None if drawn is None else f"data:image/svg+xml,{quote(drawn, safe='=:/')}"
