"""Files in the entries folder that nobody will see: they are no entries, nor part of one."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from feedsvc.media import types
from feedsvc.model import Problem

# In seconds: a picture may arrive before its text.
ALONE = 60.0
# So many files are told of each folder, and of all of them. The others are only counted.
PER_FOLDER = 10
TOTAL = 200
# The problems, by the ends of names. Whatever is not here has «unread-ending».
_CODES = {
    **dict.fromkeys(types.TYPES, "unread-alone"),
    **dict.fromkeys((".docm", ".dotx", ".fodt", ".ott", ".wps", ".wpd"), "unread-document"),
    **dict.fromkeys((".rst", ".adoc", ".asciidoc", ".org", ".textile", ".mdx"), "unread-markup"),
    **dict.fromkeys((*types.RAW_PICTURES, ".svg", ".ai", ".eps", ".cdr"), "unread-picture"),
    **dict.fromkeys(types.FILMS, "unread-recording"),
    **dict.fromkeys((".mpeg", ".wav", ".m4a", ".ogg", ".wma", ".aac", ".flac"), "unread-recording"),
    **dict.fromkeys(
        ".ppt .pptx .odp .csv .xlsm .xlsb .numbers .key .vsd .vsdx .djvu".split(), "unread-office"
    ),
    **dict.fromkeys(".rar .7z .tar .gz .tgz .bz2 .xz .iso".split(), "unread-archive"),
}
# What programs leave behind, besides what is passed over anyway.
_SILENT = frozenset(("desktop.ini", "ehthumbs.db", "ehthumbs_vista.db", "icon\r", "4913"))
_SILENT_ENDS = ("~", "#", ".crdownload", ".partial", ".filepart", ".download", ".lnk")


class OtherFile(NamedTuple):
    """A file that is no entry: its path in the entries folder, and what to open it by."""

    path: str
    full: str


def is_silent(name: str) -> bool:
    """Return whether nothing is said of a file of this name, as a program left it behind."""
    lower = name.lower()
    return lower in _SILENT or lower.endswith(_SILENT_ENDS)


def unread(
    files: Iterable[OtherFile], named: frozenset[str], static: Path | None, *, alone: float
) -> tuple[tuple[Problem, ...], bool]:
    """Return a problem for each file that no entry names, and whether some are too new for one.

    Files in the folder `static` are served anyway. Files that came less than `alone` seconds
    ago are not told. Of many files, the first are told, and the others counted.
    """
    found: list[Problem] = []
    more: Counter[str] = Counter()
    has_new = False
    served = os.path.realpath(static) + os.sep if static else "\0"
    left = sorted(
        file for file in files if file.path not in named and not file.full.startswith(served)
    )
    for folder, inside in groupby(left, _folder):
        told = 0
        for file in inside:
            if len(found) == TOTAL:
                more["."] += 1
            elif told == PER_FOLDER:
                more[folder or "."] += 1
            elif _is_new(file, alone):
                has_new = True
            else:
                told += 1
                found.append(_problem(file.path))
    found += [
        Problem(folder, 0, "unread-more", (("count", str(count)),))
        for folder, count in more.items()
    ]
    return tuple(sorted(found)), has_new


def _folder(file: OtherFile) -> str:
    return file.path[: file.path.rfind("/") + 1]


def _is_new(file: OtherFile, alone: float) -> bool:
    """Return whether a file has just come, or is gone since it was found."""
    try:
        # Not when it was written, which copies keep. One from the future is not waited for.
        return 0 <= time.time() - os.lstat(file.full).st_ctime < alone
    except OSError:
        return True


def _problem(path: str) -> Problem:
    name = path.rpartition("/")[2]
    if "." not in name:
        return Problem(path, 0, "unread-no-ending")
    code = _CODES.get(types.suffix(name), "unread-ending")
    return Problem(path, 0, code, (("ending", types.suffix(name)[:20]),))
