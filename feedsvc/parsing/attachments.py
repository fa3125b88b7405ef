"""The pictures and attachments of an entry, as its parse finds them.

They lie in a folder beside the entry that bears its name without the suffix
(`news.md`, `news/photo.jpg`), bear that name themselves (`news.jpg`), or are named in
the entry, relative to it. Of pictures only the header is read.
"""

import os
import posixpath
import re
from itertools import count
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc import markup
from feedsvc.media.types import MOST, TYPES, is_plain, suffix, within
from feedsvc.model import Attachment

MAX_LENGTH = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
_BEGINNINGS = {
    ".pdf": (b"%PDF-",),
    ".zip": (b"PK",),
    ".docx": (b"PK",),
    ".xlsx": (b"PK",),
    ".odt": (b"PK",),
    ".ods": (b"PK",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP"}
_elsewhere = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|\Z", re.IGNORECASE)
# EXIF: the camera was held upright, so that width and height change places.
_ORIENTATION = 0x0112
_UPRIGHT = frozenset((5, 6, 7, 8))


class Unfit(Exception):
    """A file cannot be published; the argument is the code of the problem."""


class _Facts(NamedTuple):
    length: int
    width: int | None = None
    height: int | None = None


class Media:
    """The files of one entry. `wanted` are the paths it named, there or not."""

    def __init__(
        self, root: str, path: str, entry_id: str, companions: tuple[str, ...] = ()
    ) -> None:
        """Take the entries directory, and in it the paths of the entry and its companions."""
        self._root = root
        self._path = PurePosixPath(path)
        self._entry_id = entry_id
        self._companions = companions
        self._found: dict[str, Attachment] = {}
        self._names: set[str] = set()
        self.wanted: list[str] = []
        self.unfit: list[tuple[str, int, str]] = []

    def named(
        self, name: str, line: int = 0, alt: str = "", caption: str = ""
    ) -> Attachment | None:
        """Give the file of a name written in a line; None, and a note, where it is unfit."""
        try:
            return self._take(self._place(name), alt, caption)
        except Unfit as unfit:
            code = str(unfit)
            self.unfit.append((code, line, "" if code == "media-many" else name))
            return None

    def address(self, written: str, *, is_picture: bool) -> str | None:
        """Give the path on this site of a file that the text shows or links.

        None where the address is none of a file beside the entry, '' where there
        is no such file, or it is unfit.
        """
        if _elsewhere.match(written):
            return None
        address, sharp, fragment = written.partition("#")
        name = unquote(address.partition("?")[0])
        if not is_picture and suffix(name) not in TYPES:
            return None
        found = self.named(name)
        return markup.media_path(self._entry_id, found.name) + sharp + fragment if found else ""

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Give width and height of the pictures found so far, by their paths on this site."""
        return {
            markup.media_path(self._entry_id, file.name): (file.width, file.height)
            for file in self._found.values()
            if file.width and file.height
        }

    def found(self) -> tuple[Attachment, ...]:
        """Give what was found so far."""
        return tuple(self._found.values())

    def beside(self) -> list[Attachment]:
        """Give the files that bear the entry's name and were not found before."""
        taken = []
        for path in self._companions:
            if path not in self._found:
                try:
                    taken.append(self._take(path))
                except Unfit as unfit:
                    self.unfit.append((str(unfit), 0, posixpath.basename(path)))
        return taken

    def _place(self, name: str) -> str:
        """Find where a named file lies: in the entry's folder, or relative to the entry."""
        # Some systems store an accent as a sign of its own (й as и and a breve).
        spellings = dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name)))
        places = [
            posixpath.normpath(str(folder / spelling))
            for spelling in spellings
            for folder in (self._path.with_suffix(""), self._path.parent)
        ]
        places = [place for place in places if is_plain(place) and place[:3] != "../"]
        self._names.add(name)
        if len(self._names) > MOST:
            raise Unfit("media-many")
        self.wanted += [place for place in places if place not in self.wanted]
        for place in places:
            if within(self._root, place):
                return place
        raise Unfit("media-missing")

    def _take(self, path: str, alt: str = "", caption: str = "") -> Attachment:
        if path in self._found:
            return self._found[path]
        facts = _inspect(within(self._root, path))
        stem, end = posixpath.splitext(posixpath.basename(path))
        names = {file.name for file in self._found.values()}
        others = (f"{stem}-{number}{end}" for number in count(2))
        name = stem + end
        while name in names:
            name = next(others)
        file = Attachment(
            name, path, TYPES[end.lower()], facts.length, facts.width, facts.height, alt, caption
        )
        self._found[path] = file
        return file


def _inspect(path: str | None) -> _Facts:
    """Look at a file: what it is must be what its name says. Raises Unfit."""
    if path is None:
        raise Unfit("media-missing")
    end = suffix(path)
    if end not in TYPES:
        raise Unfit("media-type")
    try:
        with open(path, "rb") as file:
            length = os.fstat(file.fileno()).st_size
            if length > MAX_LENGTH:
                raise Unfit("media-large")
            if end in _FORMATS:
                return _inspect_picture(path, _FORMATS[end], length)
            if not file.read(8).startswith(_BEGINNINGS.get(end, (b"",))) or not length:
                raise Unfit("media-broken")
    except OSError as error:
        raise Unfit("media-missing") from error
    return _Facts(length)


def _inspect_picture(path: str, kind: str, length: int) -> _Facts:
    # Only whoever writes reads pictures; to load this costs 30 ms and 5 MB.
    from PIL import Image  # noqa: PLC0415

    # We look ourselves, and nothing but the header is ever unpacked.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=[kind]) as picture:
            width, height = picture.size
            # In other kinds it may stand behind the picture, which would be unpacked.
            upright = kind == "JPEG" and picture.getexif().get(_ORIENTATION) in _UPRIGHT
    except Exception as error:  # whatever a damaged picture makes its parser raise
        raise Unfit("media-broken") from error
    if width * height > MAX_PIXELS:
        raise Unfit("media-large")
    return _Facts(length, *((height, width) if upright else (width, height)))
