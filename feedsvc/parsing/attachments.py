"""The pictures and attachments of an entry, as its parse finds them.

They lie in a folder that bears the entry's name without the suffix (`news.md`,
`news/photo.jpg`), bear that name themselves (`news.jpg`), or are named in the entry,
relative to it. Of pictures only the header is read.
"""

import posixpath
import re
from itertools import count
from pathlib import PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.media.inspect import Unfit, inspect
from feedsvc.media.types import MAX_FILES, TYPES, is_plain, suffix, within
from feedsvc.model import Attachment

_elsewhere = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|\Z", re.IGNORECASE)


class EntryFiles:
    """The files of one entry.

    `named_files` are the paths where a file that the entry names may lie, whether there is
    one or not. `unfit` lists what cannot be published: code of the problem, line, name.
    """

    def __init__(self, root: str, path: str, entry_id: str, siblings: tuple[str, ...] = ()) -> None:
        """Take the entries folder, and the paths in it of the entry and of its siblings."""
        self._root = root
        self._path = PurePosixPath(path)
        self._entry_id = entry_id
        self._siblings = siblings
        self._found: dict[str, Attachment] = {}
        self._names: set[str] = set()
        self.named_files: list[str] = []
        self.unfit: list[tuple[str, int, str]] = []

    def find(self, name: str, line: int = 0, alt: str = "", caption: str = "") -> Attachment | None:
        """Return the file of a name that stands in a line of the entry.

        Return None, and add to `unfit`, if it cannot be published.
        """
        try:
            return self._add(self._locate(name), alt, caption)
        except Unfit as unfit:
            code = str(unfit)
            self.unfit.append((code, line, "" if code == "media-many" else name))
            return None

    def address(self, written: str, *, is_picture: bool) -> str | None:
        """Return the path on this site of a file that the text shows or links.

        None if the address is not one of an entry's file; "" if there is no such file, or
        it cannot be published.
        """
        if _elsewhere.match(written):
            return None
        address, hash_sign, fragment = written.partition("#")
        name = unquote(address.partition("?")[0])
        if not is_picture and suffix(name) not in TYPES:
            return None
        found = self.find(name)
        if found is None:
            return ""
        return urls.media_path(self._entry_id, found.name) + hash_sign + fragment

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return width and height of the pictures found so far, by their paths on this site."""
        return {
            urls.media_path(self._entry_id, file.name): (file.width, file.height)
            for file in self._found.values()
            if file.width and file.height
        }

    def found(self) -> tuple[Attachment, ...]:
        """Return the files found so far."""
        return tuple(self._found.values())

    def siblings(self) -> list[Attachment]:
        """Return the files that bear the entry's name and were not found before."""
        added = []
        for path in self._siblings:
            if path not in self._found:
                try:
                    added.append(self._add(path))
                except Unfit as unfit:
                    self.unfit.append((str(unfit), 0, posixpath.basename(path)))
        return added

    def _locate(self, name: str) -> str:
        """Return the path of a named file: in the entry's folder, or relative to the entry."""
        # Some systems store an accent as a character of its own (й as и and a breve).
        spellings = dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name)))
        paths = [
            posixpath.normpath(str(folder / spelling))
            for spelling in spellings
            for folder in (self._path.with_suffix(""), self._path.parent)
        ]
        paths = [path for path in paths if is_plain(path) and path[:3] != "../"]
        self._names.add(name)
        if len(self._names) > MAX_FILES:
            raise Unfit("media-many")
        self.named_files += [path for path in paths if path not in self.named_files]
        for path in paths:
            if within(self._root, path):
                return path
        raise Unfit("media-missing")

    def _add(self, path: str, alt: str = "", caption: str = "") -> Attachment:
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
