"""The pictures and attachments of an entry, as its parse finds them.

They lie in a folder beside the entry that bears its name without the suffix
(`news.md`, `news/photo.jpg`), bear that name themselves (`news.jpg`), or are named in
the entry, relative to it. Of pictures only the header is read.
"""

import posixpath
import re
from itertools import count
from pathlib import PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.media.inspect import Unfit, inspect
from feedsvc.media.types import MOST, TYPES, is_plain, suffix, within
from feedsvc.model import Attachment

_elsewhere = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|\Z", re.IGNORECASE)


class Media:
    """The files of one entry. `named_files` are the paths it named, there or not."""

    def __init__(self, root: str, path: str, entry_id: str, siblings: tuple[str, ...] = ()) -> None:
        """Take the entries directory, and in it the paths of the entry and its siblings."""
        self._root = root
        self._path = PurePosixPath(path)
        self._entry_id = entry_id
        self._siblings = siblings
        self._found: dict[str, Attachment] = {}
        self._names: set[str] = set()
        self.named_files: list[str] = []
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
        return urls.media_path(self._entry_id, found.name) + sharp + fragment if found else ""

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Give width and height of the pictures found so far, by their paths on this site."""
        return {
            urls.media_path(self._entry_id, file.name): (file.width, file.height)
            for file in self._found.values()
            if file.width and file.height
        }

    def found(self) -> tuple[Attachment, ...]:
        """Give what was found so far."""
        return tuple(self._found.values())

    def siblings(self) -> list[Attachment]:
        """Give the files that bear the entry's name and were not found before."""
        taken = []
        for path in self._siblings:
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
        self.named_files += [place for place in places if place not in self.named_files]
        for place in places:
            if within(self._root, place):
                return place
        raise Unfit("media-missing")

    def _take(self, path: str, alt: str = "", caption: str = "") -> Attachment:
        if path in self._found:
            return self._found[path]
        facts = inspect(within(self._root, path))
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
