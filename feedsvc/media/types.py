"""The files that belong to entries: which kinds are published, and where they may lie."""

import os
import re
from pathlib import Path
from unicodedata import category, normalize

from feedsvc.i18n import N_

# The kinds that are published, all of them inert: nothing that a browser executes, so
# neither SVG nor HTML.
TYPES = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "image/jpeg"),
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "image/heic"),
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".zip": "application/zip",
}
# Pictures that browsers do not show: readers get a JPEG made of them.
CONVERTED = frozenset((".tif", ".tiff", ".heic", ".heif", ".hif"))
JPEG_SUFFIXES = frozenset(end for end, kind in TYPES.items() if kind == "image/jpeg")
# Films and pictures that nobody could open without a program for them; beside an entry they are
# told, not published.
FILMS = frozenset((".mov", ".avi", ".mkv", ".wmv", ".m4v", ".3gp", ".mts", ".mpg", ".webm"))
RAW_PICTURES = frozenset(
    (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".psd", ".bmp", ".avif")
)
_TOLD = FILMS | RAW_PICTURES
_WITH_AN_ENTRY = TYPES.keys() | _TOLD
# The names, in small letters, of the file with captions, and of the picture above the text.
CAPTIONS = frozenset(("подписи.txt", "captions.txt"))
COVERS = frozenset(("обложка", "главная", "cover"))
# The name of a kind for people, shown before its suffix: «документ PDF».
_KINDS = {
    "image": N_("picture"),
    "audio": N_("sound recording"),
    "video": N_("video"),
    ".xls": N_("table"),
    ".xlsx": N_("table"),
    ".ods": N_("table"),
    ".zip": N_("archive"),
}
# Entry files that are text, one of whose suffixes may stand behind another.
_TEXTS = frozenset((".txt", ".md", ".markdown", ".mdown", ".mkd", ".html", ".htm"))
# In the folder of one entry; and as many more may be named in its text.
MAX_FILES = 100
_digits = re.compile(r"(\d+)")
_PASSED_OVER = (".", "_", "~")
# Where Jekyll's texts lie.
_READ_NEVERTHELESS = "_posts"
_TEMPORARY = (".tmp", ".part", ".swp", "thumbs.db")


def suffix(path: str) -> str:
    """Return the end of a file's name from its last full stop on, in lower case."""
    # Ten times as fast as pathlib, for each file at each scan.
    return path[path.rfind(".") :].lower()


def entry_suffix(path: str) -> str:
    """Return the suffix that says what an entry file is: Notepad puts `.txt` behind any other."""
    outer = suffix(path)
    inner = suffix(path[: -len(outer)])
    return inner if _are_two(inner, outer) else outer


def entry_stem(path: str) -> str:
    """Return the path of an entry file without the suffix, or the two, that say what it is."""
    end = path.rfind(".")
    if end <= path.rfind("/"):
        return path
    stem = path[:end]
    inner = suffix(stem)
    return stem[: -len(inner)] if _are_two(inner, suffix(path)) else stem


def _are_two(inner: str, outer: str) -> bool:
    return inner in _TEXTS and outer in (".txt", inner)


def kind(name: str) -> str:
    """Return the English name of a publishable file's kind."""
    end = suffix(name)
    return _KINDS.get(end) or _KINDS.get(TYPES[end].partition("/")[0]) or N_("document")


def is_passed_over(name: str) -> bool:
    """Return whether a file or folder of this name is ignored: hidden, private or temporary."""
    is_hidden = name.startswith(_PASSED_OVER) and name != _READ_NEVERTHELESS
    return is_hidden or name.lower().endswith(_TEMPORARY)


def is_plain(path: str) -> bool:
    """Return whether a path has no invisible characters but spaces."""
    # Any kind of space: macOS writes a narrow one into the names of screenshots.
    return all(character.isprintable() or category(character) == "Zs" for character in path)


def within(root: Path | str, path: str) -> str | None:
    """Return the real path of a file in a folder; None if it leads out or is not a file.

    `path` is relative to the folder, with slashes. Whatever it contains, nothing is raised.
    """
    if any(map(is_passed_over, path.split("/"))) or not is_plain(path):
        return None
    top = os.path.realpath(root)
    real = os.path.realpath(f"{top}/{path}")
    return real if real.startswith(top + os.sep) and os.path.isfile(real) else None  # noqa: PTH113


def siblings(root: Path | str, path: str) -> tuple[str, ...]:
    """Return the paths of the files that bear an entry's name, relative to `root`.

    For `news.md` those are the files in `news/`, and `news.jpg`.
    """
    stem = entry_stem(path)
    namesakes = (
        stem + end
        for known in _WITH_AN_ENTRY
        for end in _spellings(known)
        if os.path.lexists(f"{root}/{stem}{end}")
    )
    return tuple(sorted([*in_folder(root, stem), *namesakes]))


def in_folder(root: Path | str, folder: str) -> list[str]:
    """Return the paths of the files in an entry's folder, `MAX_FILES` at most.

    The file with captions comes first, then all others as people count: 2.jpg before 10.jpg.
    """
    if os.path.islink(f"{root}/{folder}"):  # noqa: PTH114 - as below
        return []
    try:
        names = os.listdir(f"{root}/{folder}")  # noqa: PTH208 - text, not paths
    except OSError:
        return []
    own = sorted((name for name in names if belongs(name)), key=counted)
    own.sort(key=lambda name: not is_captions(name))
    return [f"{folder}/{name}" for name in own][:MAX_FILES]


def counted(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts names as people count: 2.jpg before 10.jpg."""
    parts = _digits.split(name.casefold())
    return [int(part) if odd % 2 else part for odd, part in enumerate(parts)], name


def bears_name(name: str, stem: str) -> bool:
    """Return whether a name is an entry's with the end of a file that belongs to it.

    The end may be in small letters, in capitals, or begin with a capital.
    """
    end = name[len(stem) :]
    return name.startswith(stem) and end.lower() in _WITH_AN_ENTRY and end in _spellings(end)


def _spellings(end: str) -> tuple[str, str, str]:
    """Return an end of a name as people and cameras write it: .jpg, .JPG, .Jpg."""
    return end.lower(), end.upper(), f".{end[1:].capitalize()}"


def is_publishable(name: str) -> bool:
    """Return whether a file of this name can be published with an entry."""
    return suffix(name) in TYPES and _is_open(name)


def belongs(name: str) -> bool:
    """Return whether a file of this name, beside an entry, is read or told with it."""
    return (suffix(name) in _WITH_AN_ENTRY or is_captions(name)) and _is_open(name)


def is_captions(name: str) -> bool:
    """Return whether a file of this name holds the captions of the pictures beside it."""
    return name.lower() in CAPTIONS


def is_cover(path: str) -> bool:
    """Return whether a picture is, by its name, the one above the text."""
    return _nfc(path[path.rfind("/") + 1 : path.rfind(".")]) in COVERS


def _is_open(name: str) -> bool:
    return not is_passed_over(name) and is_plain(name)


def _nfc(name: str) -> str:
    return normalize("NFC", name).lower()
