"""Parsing: the bytes of an entry file in, an Entry or Problems out.

A new kind of entry file is a new module with `parse(content, context)` and a line in
`KINDS`: a `TextKind` gets the decoded text, a `BinaryKind` the bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from feedsvc import dates, model, problems, text, urls
from feedsvc.media import inspect, opening, types
from feedsvc.media.types import entry_suffix, suffix
from feedsvc.model import Entry, Reading
from feedsvc.parsing import markdown, press_text
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.encoding import decode
from feedsvc.parsing.identifiers import MARKDOWN_SUFFIXES, PAGE_SUFFIXES
from feedsvc.settings import ParseSettings

# In bytes.
MAX_SIZE = 1024 * 1024
# The modules, besides the parsers, and the libraries that shape entries.
MODULES = (dates, inspect, model, opening, problems, text, types, urls)
LIBRARIES = tuple(
    "anyascii babel comrak linkify-it-py lxml nh3 pillow python-dateutil pyyaml werkzeug".split()
)


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


KINDS: dict[str, TextKind | BinaryKind] = {
    ".txt": TextKind(press_text.parse),
    **dict.fromkeys(MARKDOWN_SUFFIXES, TextKind(markdown.parse)),
    **dict.fromkeys(PAGE_SUFFIXES, TextKind(markdown.parse_html)),
}


def is_entry_name(name: str) -> bool:
    """Return whether a file of this name is read as an entry."""
    return suffix(name) in KINDS


def read(
    data: bytes,
    path: str,
    settings: ParseSettings,
    root: Path,
    siblings: tuple[str, ...] = (),
) -> Reading:
    """Read an entry file.

    `path` is relative to the entries folder `root` and satisfies `is_entry_name`;
    `siblings` are the paths of the files that bear its name (see `media.types.siblings`).
    Whatever is wrong with any of them is among the reading's problems; nothing is raised.
    """
    context = Context(path, settings, root, siblings)
    try:
        if len(data) > MAX_SIZE:
            raise context.refusal("too-large", size=len(data))
        entry = KINDS[entry_suffix(path)].read(data, context)
    except Refused:
        entry = None
    return Reading(entry, context.problems, tuple(context.named_files))


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
    for source in sorted((*Path(__file__).parent.glob("*.py"), *used)):
        digest.update(source.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()
