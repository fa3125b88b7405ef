"""Headers with underscores in their names, which servers cannot tell from those with hyphens.

WSGI knows both `Accept-Encoding` and `Accept_Encoding` as `HTTP_ACCEPT_ENCODING`, and granian
lets the last one win. A cache in front reads the first alone, so whoever sends both could have
it keep a response under the wrong key. granian has no setting that drops such headers, and
makes the WSGI names where Python has no part; but its parser reads each character of a name in
a table, which maps capital letters to small ones. Here that table maps the underscore to a
character that is in no header that anything reads.
"""

import ctypes
import mmap
from pathlib import Path

from granian import _granian

_UNDERSCORE = ord("_")
_UNREAD = ord("~")
_TOKENS = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
# For each byte the character it stands for in a name (RFC 9110 section 5.6.2); 0 is an error.
TABLE = bytes(
    byte if byte in _TOKENS else byte + 32 if ord("A") <= byte <= ord("Z") else 0
    for byte in range(256)
)
_READ, _WRITE = 1, 2
_libc = ctypes.CDLL(None, use_errno=True)


def ignore_underscores() -> bool:
    """Have this process, and those forked from it, ignore headers with underscores.

    Return whether that succeeded: it does not if granian has no such table, or several.
    """
    places = _find(TABLE)
    if len(places) != 1:
        # Done already, perhaps.
        return bool(not places and len(_find(_changed())) == 1)
    return _write(places[0] + _UNDERSCORE, _UNREAD)


def _changed() -> bytes:
    table = bytearray(TABLE)
    table[_UNDERSCORE] = _UNREAD
    return bytes(table)


def _find(table: bytes) -> list[int]:
    """Return the addresses at which granian's library holds a table, in memory never written."""
    found = []
    # The kernel knows no symbolic links.
    library = str(Path(_granian.__file__).resolve())
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *path = line.split(maxsplit=5)
        if path == [library] and rights.startswith("r--"):
            start, end = (int(address, 16) for address in addresses.split("-"))
            content = ctypes.string_at(start, end - start)
            place = content.find(table)
            while place >= 0:
                found.append(start + place)
                place = content.find(table, place + 1)
    return found


def _write(address: int, byte: int) -> bool:
    """Write a byte into memory that is read-only; only this process has that page then."""
    page = ctypes.c_void_p(address - address % mmap.PAGESIZE)
    size = ctypes.c_size_t(mmap.PAGESIZE)
    if _libc.mprotect(page, size, _READ | _WRITE):
        return False
    ctypes.memset(address, byte, 1)
    _libc.mprotect(page, size, _READ)
    return True
