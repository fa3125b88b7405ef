"""Parsing: the bytes of an entry file in, an Entry or Problems out.

A new kind of entry file is a new module with `parse(content, context)` and a line in
`KINDS`: a `TextKind` gets the decoded text, a `BinaryKind` the bytes. What reads a
`DocumentKind` is a wing, which is loaded only when there is such a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from feedsvc import dates, model, problems, text, urls
from feedsvc.media import archive, cleaning, exif, inspect, metadata, opening, types
from feedsvc.media.types import entry_suffix, is_captions, suffix
from feedsvc.model import Entry, Reading
from feedsvc.parsing import markdown, press_text
from feedsvc.parsing.captions import read_captions
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.encoding import decode
from feedsvc.parsing.identifiers import (
    DOCUMENT_SUFFIXES,
    MARKDOWN_SUFFIXES,
    OLD_DOCUMENT_SUFFIXES,
    PAGE_SUFFIXES,
)
from feedsvc.problems import kind, of_files, of_texts
from feedsvc.settings import ParseSettings

# In bytes: of a text, and of a document with its pictures.
MAX_SIZE = 1024 * 1024
MAX_DOCUMENT = archive.MAX_DOCUMENT
# The modules, besides the parsers, and the libraries that shape entries.
MODULES = (
    *(archive, cleaning, dates, exif, inspect, metadata, model, opening, text, types, urls),
    *(problems, kind, of_files, of_texts),
)
LIBRARIES = tuple(
    "anyascii babel comrak linkify-it-py lxml nh3 pillow python-dateutil pyyaml werkzeug".split()
)
# Those that only some have.
EXTRAS = ("pillow-heif",)


@dataclass(frozen=True, slots=True)
class TextKind:
    """A kind of entry file that is text, in any encoding that `decode` reads."""

    parse: Callable[[str, Context], Entry]

    def read(self, data: bytes, context: Context) -> Entry:
        """Return the entry that a file holds. Raises Refused."""
        return self.parse(decode(data, context), context)


@dataclass(frozen=True, slots=True)
class BinaryKind:
    """A kind of entry file that is not text."""

    parse: Callable[[bytes, Context], Entry]

    def read(self, data: bytes, context: Context) -> Entry:
        """Return the entry that a file holds. Raises Refused."""
        return self.parse(data, context)


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document that a module outside the core reads, with a library of its own."""

    module: str

    def read(self, data: bytes, context: Context) -> Entry:
        """Return the entry that a file holds. Raises Refused."""
        if not all(map(_version, WING_LIBRARIES)):
            raise context.refusal("word-missing")
        entry: Entry = import_module(self.module).parse(data, context)
        return entry


def _refuse_old(_data: bytes, context: Context) -> Entry:
    raise context.refusal("document-old")


# The wing that reads documents, and what it needs: it is there if the extra `word` is installed.
WING_LIBRARIES = ("mammoth",)
WING = "feedsvc.word"
KINDS: dict[str, TextKind | BinaryKind | DocumentKind] = {
    ".txt": TextKind(press_text.parse),
    **dict.fromkeys(MARKDOWN_SUFFIXES, TextKind(markdown.parse)),
    **dict.fromkeys(PAGE_SUFFIXES, TextKind(markdown.parse_html)),
    **{end: DocumentKind(f"{WING}.{end[1:]}") for end in DOCUMENT_SUFFIXES},
    **dict.fromkeys(OLD_DOCUMENT_SUFFIXES, BinaryKind(_refuse_old)),
}


_DOCUMENTS = frozenset((*DOCUMENT_SUFFIXES, *OLD_DOCUMENT_SUFFIXES))


def is_entry_name(name: str) -> bool:
    """Return whether a file of this name is read as an entry."""
    end = suffix(name)
    return end in KINDS and not (end == ".txt" and is_captions(name[name.rfind("/") + 1 :]))


def is_document_name(name: str) -> bool:
    """Return whether a file of this name is a document: an entry if it belongs to none."""
    return suffix(name) in _DOCUMENTS


def max_size(name: str) -> int:
    """Return how many bytes an entry file of this name may have."""
    return MAX_DOCUMENT if is_document_name(name) else MAX_SIZE


def too_large(name: str) -> str:
    """Return the code of the problem of an entry file that has more."""
    return "document-large" if is_document_name(name) else "too-large"


def read(  # noqa: PLR0913 - each of them shapes the entry
    data: bytes,
    path: str,
    settings: ParseSettings,
    root: Path,
    siblings: tuple[str, ...] = (),
    *,
    kept: str = "",
) -> Reading:
    """Read an entry file.

    `path` is relative to the entries folder `root` and satisfies `is_entry_name`;
    `siblings` are the paths of the files that bear its name (see `media.types.siblings`);
    `kept` is the home (see `model.Reading`) that the entry had before its file was renamed.
    Whatever is wrong with any of them is among the reading's problems; nothing is raised.
    """
    context = Context(path, settings, root, siblings, kept=kept)
    context.captions = read_captions(context)
    try:
        if len(data) > max_size(path):
            raise context.refusal(too_large(path), size=len(data))
        entry = KINDS[entry_suffix(path)].read(data, context)
    except Refused:
        return Reading(None, context.problems, tuple(context.named_files))
    home, source = context.home(entry.id)
    return Reading(entry, context.problems, tuple(context.named_files), home, source)


def fingerprint(settings: ParseSettings) -> str:
    """Return a text that differs if entry files would be parsed differently.

    It covers the settings, the sources of the parsers and of the modules they use, and the
    versions of the libraries.
    """
    return f"{program_fingerprint()} {settings.fingerprint}"


@lru_cache
def program_fingerprint() -> str:
    """Return the part of the fingerprint that covers the program and its libraries."""
    digest = blake2b(digest_size=8)
    used = (Path(str(module.__file__)) for module in MODULES)
    own = Path(__file__).parent
    wing = own.with_name(WING.rpartition(".")[2])
    for source in sorted((*own.glob("*.py"), *wing.glob("*.py"), *used)):
        digest.update(source.read_bytes())
    for library in (*LIBRARIES, *EXTRAS, *WING_LIBRARIES):
        digest.update(f"{library} {_version(library)}".encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    """Return the version of a library, '' if it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
