"""The kinds of entry files: bytes in, Entry or Problems out.

A new kind is a new module with `parse(text, context)` and a line in `FORMATS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from feedsvc.media.types import suffix
from feedsvc.model import Entry, Problem
from feedsvc.parsing import markdown, press_text
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.encoding import decode
from feedsvc.settings import Settings

MAX_SIZE = 1024 * 1024

Parse = Callable[[str, Context], Entry]

FORMATS: dict[str, Parse] = {".txt": press_text.parse, ".md": markdown.parse}


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file: an entry, unless a problem is an error.

    `wanted` are the paths of other files that it names, there or not.
    """

    entry: Entry | None
    problems: tuple[Problem, ...]
    wanted: tuple[str, ...] = ()


def is_entry_name(name: str) -> bool:
    """Say whether a file of this name is read as an entry."""
    return suffix(name) in FORMATS


def read(data: bytes, path: str, settings: Settings, companions: tuple[str, ...] = ()) -> Reading:
    """Read an entry file.

    `path` is relative to the entries directory and `is_entry_name`; `companions`
    are the paths of files that bear its name (see `files.companions`). What is
    wrong with any of them is in the reading's problems; nothing is raised for it.
    """
    context = Context(path, settings, companions)
    try:
        if len(data) > MAX_SIZE:
            raise context.refusal("too-large", size=len(data))
        parse = FORMATS[suffix(path)]
        entry = parse(decode(data, context), context)
    except Refused:
        entry = None
    return Reading(entry, tuple(sorted(context.problems)), tuple(context.wanted))
