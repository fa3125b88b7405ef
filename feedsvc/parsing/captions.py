"""The file with captions, `подписи.txt`, beside the pictures in an entry's folder.

Each line names a picture and says what it shows: `1.jpg: The yard after the works`. An
alternative text, for those who cannot see the picture, follows behind `|`, or in the next line.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol
from unicodedata import normalize

from feedsvc.media.opening import open_beneath
from feedsvc.media.types import is_captions, suffix
from feedsvc.parsing.attachments import Caption
from feedsvc.parsing.context import Context, Refused
from feedsvc.parsing.encoding import decode
from feedsvc.text import clean

# In bytes, of the file; in characters, of each text.
MAX_SIZE = 256 * 1024
MAX_TEXT = 2000
# How far a name may reach, in characters, and how many ends of it are tried.
_MAX_NAME = 300
_MAX_ENDS = 10
# What stands between a name and a caption.
_between = re.compile(r"[:=\t|]|\s[-–—]\s")
_suffix = re.compile(r"\.(?:jpe?g|jpe|jfif|png|gif|webp|hei[cf]|hif|tiff?|mov|mp4|bmp)")
_QUOTES = "\"'«»„“”‘’ \t\ufeff"


class Report(Protocol):
    """Takes a problem: its code, the line, and values for its texts."""

    def __call__(self, code: str, line: int = 0, **values: object) -> None:
        """Add a problem."""


def read_captions(context: Context) -> Mapping[str, Caption]:
    """Return what the file with captions says, if the entry of a context has one."""
    path = next((each for each in context.siblings if is_captions(posixpath.basename(each))), None)
    if path is None:
        return {}
    report = partial(context.report_of, path)
    own = Context(path, context.settings, context.root)
    try:
        with open_beneath(context.root, path) as file:
            data = file.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            report("captions-large")
        text = decode(data[:MAX_SIZE], own)
    except (OSError, Refused):
        report("captions-unreadable")
        return {}
    for problem in own.problems:
        context.report_of(path, problem.code, problem.line, **dict(problem.values))
    folder = path[: path.rfind("/") + 1]
    return read(text, tuple(each for each in context.siblings if each.startswith(folder)), report)


def read(text: str, paths: tuple[str, ...], report: Report) -> Mapping[str, Caption]:
    """Return the captions in a text, by the paths of the pictures; report what is wrong."""
    known = _names(paths)
    found: dict[str, Caption] = {}
    current: str | None = None
    for number, written in enumerate(text.split("\n"), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            current = None if not line else current
            continue
        path, rest = _split(line, known)
        if path is not None:
            if path in found:
                report("caption-twice", number, name=posixpath.basename(path))
            shown, _, alt = rest.partition("|")
            found[path] = Caption(_text(shown, number, report), _text(alt, number, report))
            current = path
        elif _names_a_file(line):
            report("caption-no-picture", number, name=_head(line))
            current = None
        elif current is not None and not found[current].alt:
            found[current] = Caption(found[current].text, _text(line, number, report))
        else:
            report("caption-unclear", number, value=line)
    return found


def _names(paths: tuple[str, ...]) -> dict[str, str]:
    """Return the paths of files by the names that may stand for them."""
    known: dict[str, str] = {}
    stems: dict[str, list[str]] = {}
    for path in paths:
        name = _key(posixpath.basename(path))
        known[name] = path
        stems.setdefault(name[: name.rfind(".")], []).append(path)
    for stem, same in stems.items():
        if len(same) == 1:
            known.setdefault(stem, same[0])
    return known


def _split(line: str, known: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the path of the picture that a line begins with, and the rest of the line."""
    for end, rest in _ends(line):
        path = known.get(_key(line[:end]))
        if path is not None:
            return path, rest
    return None, ""


def _ends(line: str) -> Iterator[tuple[int, str]]:
    """Yield where a name may end, the longest first, and what follows it."""
    matches = list(_between.finditer(line, 0, _MAX_NAME))[:_MAX_ENDS]
    if not matches:
        yield len(line), ""
    for match in reversed(matches):
        # What stands behind the name is kept if it divides the caption from the other text.
        yield match.start(), line[match.start() :] if match[0] == "|" else line[match.end() :]


def _names_a_file(line: str) -> bool:
    return bool(_suffix.fullmatch(suffix(_head(line).strip(_QUOTES))))


def _head(line: str) -> str:
    match = _between.search(line, 0, _MAX_NAME)
    return line[: match.start()] if match else line[:_MAX_NAME]


def _key(name: str) -> str:
    return normalize("NFC", name.strip(_QUOTES)).casefold()


def _text(written: str, line: int, report: Report) -> str:
    text = clean(" ".join(written.split()))
    if len(text) > MAX_TEXT:
        report("caption-long", line, limit=MAX_TEXT)
    return text[:MAX_TEXT].strip()
