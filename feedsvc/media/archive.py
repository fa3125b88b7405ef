"""Archives: what lies in a document of Word or LibreOffice, which is a ZIP file, within bounds.

What a ZIP file says of itself is not believed: its list of files is measured before it is read,
and a file in it is unpacked no further than to a bound.
"""

import zlib
from struct import Struct
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

# In bytes: of a document, and of one picture in it.
MAX_DOCUMENT = 50 * 1024 * 1024
MAX_PICTURE = 32 * 1024 * 1024
# Of the list of files: their number, and its length in bytes. A document with 1,000 pictures
# has a list of 100 KB.
_MAX_FILES = 5000
_MAX_LIST = 1024 * 1024
# In bytes: what is unpacked at a time, and how far back the end of the list may lie.
_PART = 256 * 1024
_END_SEARCHED = 65_558
_end = Struct("<4s4H2LH")
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_64_SIZE = 20
_ENCRYPTED = 0x1


class BadArchive(OSError):
    """A file is no ZIP file, is damaged, or exceeds the bounds."""


class IsEncrypted(BadArchive):
    """A file in an archive can only be read with a password."""


class TooLarge(BadArchive):
    """A file in an archive is larger than it may be."""


class Archive:
    """An open archive. Its files are known by their names, which lead to nothing on disk."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the list of files. Raises BadArchive."""
        _check_end(file)
        try:
            self._archive = ZipFile(file)
        except (BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
            raise BadArchive(str(error)) from error
        self._files: dict[str, ZipInfo] = {}
        for each in self._archive.infolist():
            # Of two with one name the first counts, here as everywhere.
            self._files.setdefault(each.filename, each)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def read(self, name: str, limit: int) -> bytes:
        """Return what is in a file, of at most so many bytes. Raises BadArchive."""
        found = self._files.get(name)
        if found is None:
            raise BadArchive(name)
        if found.flag_bits & _ENCRYPTED:
            raise IsEncrypted(name)
        if found.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadArchive(name)
        if found.file_size > limit:
            raise TooLarge(name)
        parts = []
        try:
            # In parts: of all at once, more would be unpacked than the file says it has.
            with self._archive.open(found) as file:
                while part := file.read(_PART):
                    parts.append(part)
        except (BadZipFile, NotImplementedError, ValueError, EOFError, zlib.error) as error:
            raise BadArchive(name) from error
        return b"".join(parts)


def _check_end(file: BinaryIO) -> None:
    """Raise BadArchive if the list of files is longer than any document's."""
    length = file.seek(0, 2)
    start = max(0, length - _END_SEARCHED)
    file.seek(start)
    tail = file.read(_END_SEARCHED)
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _end.size:
        raise BadArchive("no end of the list")
    count, size = _end.unpack_from(tail, at)[4:6]
    # Documents have no need of the larger form; its numbers would have to be checked as well.
    has_64 = tail[max(0, at - _END_64_SIZE) : at].startswith(_END_64)
    if count > _MAX_FILES or size > _MAX_LIST or has_64:
        raise BadArchive("the list is too long")
