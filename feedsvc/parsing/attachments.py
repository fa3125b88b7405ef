"""The pictures and attachments of an entry, as its parse finds them.

They lie in a folder that bears the entry's name without the suffix (`news.md`,
`news/photo.jpg`), bear that name themselves (`news.jpg`), or are named in the entry,
relative to it. Of pictures only the header is read.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.media.inspect import Facts, Unfit, inspect, inspect_embedded
from feedsvc.media.types import MAX_FILES, TYPES, is_plain, suffix, within
from feedsvc.model import Attachment
from feedsvc.parsing.identifiers import ENTRY_SUFFIXES
from feedsvc.parsing.links import entry_link
from feedsvc.settings import ParseSettings

# In characters, relative to the entry. Each folder of it is looked up.
_MAX_PATH = 500
# Begins the addresses of pictures in a document, which go on with a number.
PICTURE = "picture:"
_picture = re.compile(rf"{PICTURE}(\d{{1,4}})")
# What the name of such a picture may be; others are replaced.
_simple_name = re.compile(r"\w[\w-]{0,99}\.[A-Za-z]{3,4}")
_elsewhere = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|\Z", re.IGNORECASE)
# What begins at the root of a site, but for the service's own files.
_from_root = re.compile(r"/(?!/|media/|preview/|logo/)")
# The file of another entry; @/ begins the paths in Zola.
_ends = "|".join(sorted(end[1:] for end in ENTRY_SUFFIXES))
_entry_file = re.compile(rf"(?!//|[a-z][a-z0-9+.-]*:)[^?#]*\.(?:{_ends})(?=[?#]|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmbeddedPictures:
    """The pictures in a document: their names, and what returns one, or None if it cannot."""

    names: tuple[str, ...]
    read: Callable[[str], bytes | None]


class EntryFiles:
    """The files of one entry: those that bear its name, and those that it names."""

    def __init__(
        self,
        root: str,
        path: str,
        entry_id: str,
        siblings: tuple[str, ...] = (),
        settings: ParseSettings | None = None,
        embedded: EmbeddedPictures | None = None,
    ) -> None:
        """Take the entries folder, and the paths in it of the entry and of its siblings.

        Without `settings`, no other entry can be linked, and there is no folder of old files.
        `embedded` are the pictures in the entry's file itself.
        """
        self._embedded = embedded
        self._settings = settings
        self._root = root
        self._path = PurePosixPath(path)
        self._entry_id = entry_id
        self._siblings = siblings
        self._found: dict[str, Attachment] = {}
        self._file_names: set[str] = set()
        # By the name in the entry: the path of the file; the code of what is wrong with it.
        self._located: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self._named_files: dict[str, None] = {}
        self._unfit: dict[tuple[str, int, str], None] = {}

    @property
    def named_files(self) -> tuple[str, ...]:
        """Return the paths where a file that the entry names may lie, if there is one."""
        return tuple(self._named_files)

    @property
    def unfit(self) -> tuple[tuple[str, int, str], ...]:
        """Return what cannot be published: code of the problem, line, name."""
        return tuple(self._unfit)

    def find(self, name: str, line: int = 0, alt: str = "", caption: str = "") -> Attachment | None:
        """Return the file of a name that stands in a line of the entry.

        Return None, and add to `unfit`, if it cannot be published.
        """
        if self._embedded and (written := _picture.fullmatch(name)):
            if int(written[1]) < len(self._embedded.names):
                return self._find_embedded(self._embedded, int(written[1]), alt, caption)
        fault = self._faults.get(name)
        if fault is None:
            try:
                return self._add(self._path_of(name), alt, caption)
            except Unfit as unfit:
                fault = str(unfit)
        if fault == "media-many":
            name = ""
        else:
            self._faults[name] = fault
        self._unfit[fault, line, name] = None
        return None

    def address(self, written: str, *, is_picture: bool) -> str | None:
        """Return the path on this site of a file that the text shows or links.

        None if the address is not one of an entry's file; "" if there is no such file, or
        it cannot be published. The file of another entry is its page.
        """
        if self._embedded and is_picture:
            shown = self.find(written)
            return urls.media_path(self._entry_id, shown.name) if shown else ""
        if self._settings and not is_picture and _entry_file.match(written):
            return entry_link(written, self._settings)
        address, hash_sign, fragment = written.partition("#")
        name = unquote(address.partition("?")[0])
        if _from_root.match(written):
            return self._address_from_root(name, is_picture=is_picture)
        if _elsewhere.match(written):
            return None
        if not is_picture and suffix(name) not in TYPES:
            return None
        found = self.find(name)
        if found is None:
            return ""
        return urls.media_path(self._entry_id, found.name) + hash_sign + fragment

    def _address_from_root(self, name: str, *, is_picture: bool) -> str | None:
        """Return the path of a file whose address begins at the root of the old site.

        It lies in the entries folder, or in that of the old site's files, where it keeps its
        address; a picture that is in neither is told.
        """
        if suffix(name) not in TYPES or len(name) > _MAX_PATH:
            return None
        path = posixpath.normpath(name[1:])
        if is_plain(path) and path[:3] != "../":
            static = self._settings and self._settings.static
            if static and within(static, path):
                return None
            if within(self._root, path):
                found = self.find(name)
                return urls.media_path(self._entry_id, found.name) if found else ""
        if is_picture:
            self._unfit["picture-nowhere", 0, name] = None
        return None

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
                    self._unfit[str(unfit), 0, posixpath.basename(path)] = None
        return added

    def _path_of(self, name: str) -> str:
        """Return the path of a file that the entry names. Raises Unfit."""
        if name not in self._located:
            if len(self._located) == MAX_FILES:
                raise Unfit("media-many")
            self._located[name] = ""  # one that is missing counts too
            self._located[name] = self._locate(name)
        return self._located[name]

    def _locate(self, name: str) -> str:
        """Return the path of a named file: in the entry's folder, or relative to the entry.

        A name that begins with a slash is that of a file in the entries folder.
        """
        if len(name) > _MAX_PATH:
            raise Unfit("media-missing")
        if name.startswith("/"):
            folders = [PurePosixPath()]
        else:
            folders = [self._path.with_suffix(""), self._path.parent]
        name = name.removeprefix("/")
        # Some systems store an accent as a character of its own (й as и and a breve).
        spellings = dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name)))
        paths = [
            posixpath.normpath(str(folder / spelling))
            for spelling in spellings
            for folder in folders
        ]
        paths = [path for path in paths if is_plain(path) and path[:3] != "../"]
        self._named_files |= dict.fromkeys(paths)
        for path in paths:
            if within(self._root, path):
                return path
        raise Unfit("media-missing")

    def _find_embedded(
        self, embedded: EmbeddedPictures, number: int, alt: str, caption: str
    ) -> Attachment | None:
        """Return the picture of a number in the document, as `find` does."""
        member = embedded.names[number]
        key = f"{self._path}\0{member}"
        if key in self._found:
            return self._found[key]
        name = posixpath.basename(member)
        fault = self._faults.get(key)
        try:
            if fault or len(self._found) >= MAX_FILES:
                raise Unfit(fault or "media-many")
            facts = inspect_embedded(name, embedded.read(member))
        except Unfit as unfit:
            self._faults[key] = str(unfit)
            self._unfit[str(unfit), 0, "" if str(unfit) == "media-many" else name] = None
            return None
        name = name if _simple_name.fullmatch(name) else f"picture{suffix(name)}"
        file = Attachment(name, str(self._path), "", 0, None, None, alt, caption, member)
        return self._store(key, file, facts)

    def _add(self, path: str, alt: str = "", caption: str = "") -> Attachment:
        if path not in self._found:
            facts = inspect(within(self._root, path))
            name = normalize("NFC", posixpath.basename(path))
            file = Attachment(name, path, "", 0, None, None, alt, caption)
            return self._store(path, file, facts)
        return self._found[path]

    def _store(self, key: str, file: Attachment, facts: Facts) -> Attachment:
        """Complete a file with its facts, and with a name that no other file has."""
        stem, end = posixpath.splitext(file.name)
        others = (f"{stem}-{number}{end}" for number in count(2))
        name = stem + end
        while name in self._file_names:
            name = next(others)
        self._file_names.add(name)
        self._found[key] = replace(
            file,
            name=name,
            media_type=TYPES[end.lower()],
            length=facts.length,
            width=facts.width,
            height=facts.height,
        )
        return self._found[key]
