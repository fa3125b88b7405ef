"""The pictures and attachments of an entry, as its parse finds them.

They lie in a folder that bears the entry's name without the suffix (`news.md`,
`news/photo.jpg`), bear that name themselves (`news.jpg`), or are named in the entry,
relative to it. Of pictures only the header is read.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import PurePosixPath
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.media.inspect import Facts, Unfit, inspect, inspect_embedded
from feedsvc.media.types import (
    MAX_FILES,
    TYPES,
    counted,
    entry_stem,
    is_captions,
    is_cover,
    is_plain,
    suffix,
    within,
)
from feedsvc.model import Attachment
from feedsvc.parsing.identifiers import DOCUMENT_SUFFIXES, ENTRY_SUFFIXES
from feedsvc.parsing.links import entry_link
from feedsvc.settings import ParseSettings

# In characters, relative to the entry. Each folder of it is looked up.
_MAX_PATH = 500
# Begins the addresses of pictures in a document, which go on with a number.
PICTURE = "picture/"
_picture = re.compile(rf"{PICTURE}(\d{{1,4}})")
# What the name of such a picture may be; others are replaced.
_simple_name = re.compile(r"\w[\w-]{0,99}\.[A-Za-z]{3,4}")
_elsewhere = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|\Z", re.IGNORECASE)
# What begins at the root of a site, but for the service's own files.
_from_root = re.compile(r"/(?!/|media/|preview/|logo/)")
# The file of another entry; @/ begins the paths in Zola.
_ends = "|".join(sorted(end[1:] for end in ENTRY_SUFFIXES))
_entry_file = re.compile(rf"(?!//|[a-z][a-z0-9+.-]*:)[^?#]*\.(?:{_ends})(?=[?#]|\Z)", re.IGNORECASE)


class Caption(NamedTuple):
    """What is said of a picture: the caption below it, and its alternative text."""

    text: str = ""
    alt: str = ""


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
    ) -> None:
        """Take the entries folder, and the paths in it of the entry and of its siblings.

        Without `settings`, no other entry can be linked, and there is no folder of old files.
        """
        # The pictures in the entry's file itself, if it is a document.
        self.embedded: EmbeddedPictures | None = None
        self._settings = settings
        self._root = root
        self._path = PurePosixPath(path)
        self._entry_id = entry_id
        self._siblings = sorted(
            (path for path in siblings if not is_captions(posixpath.basename(path))), key=_order
        )
        # Those of pictures, by their paths.
        self.captions: Mapping[str, Caption] = {}
        self._found: dict[str, Attachment] = {}
        self._file_names: set[str] = set()
        # By the name in the entry: the path of the file; the code of what is wrong with it.
        self._located: dict[str, str] = {}
        self._faults: dict[str, str] = {}
        self._named_files: dict[str, None] = {}
        self._unfit: dict[tuple[str, int, str], None] = {}
        self._places: list[str] = []

    @property
    def named_files(self) -> tuple[str, ...]:
        """Return the paths where a file that the entry names may lie, if there is one."""
        return tuple(self._named_files)

    @property
    def unfit(self) -> tuple[tuple[str, int, str], ...]:
        """Return what cannot be published: code of the problem, line, name."""
        return tuple(self._unfit)

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the pictures that tell where they were taken."""
        return tuple(self._places)

    def find(self, name: str, line: int = 0, alt: str = "", caption: str = "") -> Attachment | None:
        """Return the file of a name that stands in a line of the entry.

        Return None, and add to `unfit`, if it cannot be published.
        """
        member = self._member(name)
        if member:
            return self._find_embedded(member, alt, caption)
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
        address, hash_sign, fragment = written.partition("#")
        name = unquote(address.partition("?")[0])
        if self._settings and not is_picture and self._is_entry(written, name):
            return entry_link(written, self._settings)
        if _from_root.match(written):
            return self._address_from_root(name, is_picture=is_picture)
        if not self._member(name) and (
            _elsewhere.match(written) or not (is_picture or suffix(name) in TYPES)
        ):
            return None
        found = self.find(name)
        if found is None:
            return ""
        return urls.media_path(self._entry_id, found.name) + hash_sign + fragment

    def _is_entry(self, written: str, name: str) -> bool:
        """Return whether a link leads to the file of another entry.

        Documents that link each other are entries, but for those in the entry's own folder.
        """
        if _entry_file.match(written):
            return True
        if self.embedded is None or suffix(name) not in DOCUMENT_SUFFIXES:
            return False
        return not (_elsewhere.match(written) or within(self._root, self._beside(name)))

    def _beside(self, name: str) -> str:
        """Return the path of a name in the entry's own folder."""
        return posixpath.normpath(str(self._path.with_suffix("") / name))

    def _member(self, name: str) -> str:
        """Return the name of the picture in the document that an address of ours stands for."""
        found = _picture.fullmatch(name) if self.embedded else None
        names = self.embedded.names if self.embedded else ()
        return names[int(found[1])] if found and int(found[1]) < len(names) else ""

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
            folders = [PurePosixPath(entry_stem(str(self._path))), self._path.parent]
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

    def _find_embedded(self, member: str, alt: str, caption: str) -> Attachment | None:
        """Return a picture in the document, as `find` does."""
        key = f"{self._path}\0{member}"
        if key not in self._found and key not in self._faults:
            try:
                self._add_embedded(key, member, alt, caption)
            except Unfit as unfit:
                name = "" if str(unfit) == "media-many" else posixpath.basename(member)
                self._faults[key] = str(unfit)
                self._unfit[str(unfit), 0, name] = None
        return self._found.get(key)

    def _add_embedded(self, key: str, member: str, alt: str, caption: str) -> None:
        if len(self._found) >= MAX_FILES:
            raise Unfit("media-many")
        assert self.embedded is not None
        facts = inspect_embedded(member, self.embedded.read(member))
        name = posixpath.basename(member)
        name = name if _simple_name.fullmatch(name) else f"picture{suffix(name)}"
        alt, caption = alt or facts.metadata.alt, caption or facts.metadata.caption
        file = Attachment(name, str(self._path), "", 0, None, None, alt, caption, member=member)
        self._store(key, file, facts)

    def _add(self, path: str, alt: str = "", caption: str = "") -> Attachment:
        if path in self._found:
            return self._found[path]
        facts = inspect(within(self._root, path))
        written, told = self.captions.get(path, Caption()), facts.metadata
        name = normalize("NFC", posixpath.basename(path))
        alt, caption = alt or written.alt or told.alt, caption or written.text or told.caption
        return self._store(path, Attachment(name, path, "", 0, None, None, alt, caption), facts)

    def _store(self, key: str, file: Attachment, facts: Facts) -> Attachment:
        """Complete a file with its facts, and with a name that no other file has."""
        stem, end = posixpath.splitext(file.name)
        if facts.metadata.has_place:
            self._places.append(file.name)
        if facts.is_converted:
            end = ".jpg"
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
            edits=facts.edits,
            seal=facts.seal,
            is_converted=facts.is_converted,
        )
        return self._found[key]


def _order(path: str) -> tuple[bool, str, object]:
    """Return a key that sorts files: a cover first, then by folder, and as people count."""
    return not is_cover(path), posixpath.dirname(path), counted(posixpath.basename(path))
