"""The files that belong to entries: which kinds are published, and where they may lie."""

import os
from pathlib import Path
from unicodedata import category

from feedsvc.i18n import N_

# The kinds that are published, all of them inert: nothing that a browser executes, so
# neither SVG nor HTML.
TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
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
    inner = suffix(path[: -len(outer)]) if outer in _TEXTS else ""
    return inner if inner in _TEXTS and outer in (".txt", inner) else outer


def entry_stem(path: str) -> str:
    """Return the path of an entry file without the suffix, or the two, that say what it is."""
    end, inner = path.rfind("."), entry_suffix(path)
    if end <= path.rfind("/"):
        return path
    stem = path[:end]
    has_two = suffix(path) in _TEXTS and stem.lower().endswith(inner)
    return stem[: -len(inner)] if has_two else stem


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
        for end in (*TYPES, *map(str.upper, TYPES))
        if os.path.lexists(f"{root}/{stem}{end}")
    )
    return tuple(sorted([*in_folder(root, stem), *namesakes]))


def in_folder(root: Path | str, folder: str) -> list[str]:
    """Return the paths of the publishable files in a folder, `MAX_FILES` at most."""
    if os.path.islink(f"{root}/{folder}"):  # noqa: PTH114 - as below
        return []
    try:
        names = sorted(os.listdir(f"{root}/{folder}"))  # noqa: PTH208 - text, not paths
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if is_publishable(name)][:MAX_FILES]


def bears_name(name: str, stem: str) -> bool:
    """Return whether a name is an entry's with a publishable suffix, all of it in one case."""
    end = name[len(stem) :]
    return name.startswith(stem) and (end in TYPES or (end.isupper() and end.lower() in TYPES))


def is_publishable(name: str) -> bool:
    """Return whether a file of this name can be published with an entry."""
    return suffix(name) in TYPES and not is_passed_over(name) and is_plain(name)
