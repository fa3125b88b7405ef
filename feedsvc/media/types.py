"""Files beside the text: which kinds are published, and where they may lie."""

import os
from pathlib import Path
from unicodedata import category

from feedsvc.i18n import N_

# The kinds that are published, all of them inert: nothing that a browser runs, so no
# SVG and no HTML.
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
# What a kind is called for people, before its ending: «документ PDF».
_KINDS = {
    "image": N_("picture"),
    "audio": N_("sound recording"),
    "video": N_("video"),
    ".xls": N_("table"),
    ".xlsx": N_("table"),
    ".ods": N_("table"),
    ".zip": N_("archive"),
}
# Files in the folder of one entry, and files that it may name.
MOST = 100
_PASSED_OVER = (".", "_", "~")
_TEMPORARY = (".tmp", ".part", ".swp", "thumbs.db")


def suffix(path: str) -> str:
    """Give the end of a file's name from its last full stop on, in small letters."""
    # A tenth of what pathlib costs, for each file at each scan.
    return path[path.rfind(".") :].lower()


def kind(name: str) -> str:
    """Say in English what kind of file one is that can be published."""
    end = suffix(name)
    return _KINDS.get(end) or _KINDS.get(TYPES[end].partition("/")[0]) or N_("document")


def is_passed_over(name: str) -> bool:
    """Say whether a file or folder of this name is none of our business."""
    return name.startswith(_PASSED_OVER) or name.lower().endswith(_TEMPORARY)


def is_plain(path: str) -> bool:
    """Say whether a path has no invisible signs but spaces, of which macOS uses a special one."""
    return all(sign.isprintable() or category(sign) == "Zs" for sign in path)


def within(root: Path | str, path: str) -> str | None:
    """Give the real place of a file below a folder; None where it leads out, or is no file.

    `path` is relative to the folder, with slashes. Raises nothing, whatever it holds.
    """
    if any(map(is_passed_over, path.split("/"))) or not is_plain(path):
        return None
    top = os.path.realpath(root)
    real = os.path.realpath(f"{top}/{path}")
    return real if real.startswith(top + os.sep) and os.path.isfile(real) else None  # noqa: PTH113


def siblings(root: Path | str, path: str) -> tuple[str, ...]:
    """Give the paths of the files that bear an entry's name: in a folder, or beside it.

    For `news.md` those are what `news/` holds, and `news.jpg`. All paths are
    relative to `root`.
    """
    stem = path[: path.rfind(".")]
    beside = (
        stem + end
        for end in (*TYPES, *map(str.upper, TYPES))
        if os.path.lexists(f"{root}/{stem}{end}")
    )
    return tuple(sorted([*in_folder(root, stem), *beside]))


def in_folder(root: Path | str, folder: str) -> list[str]:
    """Give the paths of the files in a folder that can be published, 100 at most."""
    if os.path.islink(f"{root}/{folder}"):  # noqa: PTH114 - as below
        return []
    try:
        names = sorted(os.listdir(f"{root}/{folder}"))  # noqa: PTH208 - text, not paths
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if is_publishable(name)][:MOST]


def bears_name(name: str, stem: str) -> bool:
    """Say whether a file has an entry's name, but for an ending that is published."""
    end = name[len(stem) :]
    return name.startswith(stem) and (end in TYPES or (end.isupper() and end.lower() in TYPES))


def is_publishable(name: str) -> bool:
    """Say whether a file of this name can be published beside a text."""
    return suffix(name) in TYPES and not is_passed_over(name) and is_plain(name)
