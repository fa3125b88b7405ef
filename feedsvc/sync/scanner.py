"""Looking at the entries directory: which files there are, and reading one."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from feedsvc.errors import EntriesUnavailable
from feedsvc.i18n import N_, Message, reason
from feedsvc.media.types import bears_name, companions, in_folder, is_passed_over, is_publishable
from feedsvc.model import Problem
from feedsvc.parsing import MAX_SIZE, Reading, is_entry_name, read
from feedsvc.settings import Settings

# A stamp that no file has: what could not be read is tried again at every scan.
TRY_AGAIN = "?"


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the directory, or what stands where one should be.

    `path` is relative to the directory. Another `stamp` says that the file, or
    one that belongs to it, is worth reading again; `own` is that of the file alone.
    `modified` is its time in seconds of the wall clock.
    """

    path: str
    stamp: str
    modified: float = 0
    problem: Problem | None = None
    own: str = ""
    companions: tuple[str, ...] = ()


class Scan:
    """One look at the directory, as an iterable of what is found."""

    def __init__(self, root: Path, wanted: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Open the directory. Raises EntriesUnavailable.

        `wanted` says which other files an entry file names, as far as that is known.
        """
        self._root = os.path.realpath(root)
        self._wanted = wanted or {}
        self._closed: list[str] = []
        try:
            self._top = list(_list(self._root))
        except OSError as error:
            raise entries_unavailable(root, error) from error

    def __iter__(self) -> Iterator[Found]:
        folders = [("", self._top)]
        while folders:
            prefix, items = folders.pop()
            beside = _beside(prefix, items, self._root)
            for item in items:
                if is_passed_over(item.name):
                    continue
                path = prefix + printable(item.name)
                found = _examine(item.name, item.path, path, self._root, is_link=item.is_symlink())
                if found is not None:
                    if beside or path in self._wanted:
                        own = tuple(sorted(beside.get(_stem(path), ())))
                        found = _with_others(found, self._root, own, self._wanted.get(path, ()))
                    yield found
                elif item.is_dir(follow_symlinks=False):
                    try:
                        folders.append((f"{path}/", list(_list(item.path))))
                    except FileNotFoundError:
                        continue  # gone since its folder was listed
                    except OSError as error:
                        self._closed.append(f"{path}/")
                        yield Found(path, TRY_AGAIN, 0, _unreadable(path, error))

    def covered(self, path: str) -> bool:
        """Say, after the iteration, whether a file of this path would have been found."""
        return not path.startswith(tuple(self._closed))


def examine(root: Path, path: str, wanted: tuple[str, ...] = ()) -> Found | None:
    """Look at one file by its path; None where nothing is to be read there.

    `wanted` are the paths of other files it is known to name.
    """
    *folders, name = path.split("/")
    # As a scan, which passes over those, and does not enter these.
    if any(map(is_passed_over, (*folders, name))) or any(map(is_entry_name, folders)):
        return None
    full = f"{root}/{path}"
    top = os.path.realpath(root)
    found = _examine(name, full, printable(path), top, is_link=Path(full).is_symlink())
    return found and _with_others(found, top, companions(top, path), wanted)


def read_file(root: Path, found: Found, settings: Settings) -> tuple[str, Reading] | None:
    """Read a file that was found.

    Gives the stamp to remember with what came of it, or None where the file is
    gone or has changed since.
    """
    if found.problem:
        return found.stamp, Reading(None, (found.problem,))
    try:
        # A pipe that takes the file's place must not make us wait for a writer.
        descriptor = os.open(f"{root}/{found.path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            data = file.read(MAX_SIZE + 1)
            status = os.fstat(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return TRY_AGAIN, Reading(None, (_unreadable(found.path, error),))
    if _stamp(status) != found.own:
        return None
    if len(data) > MAX_SIZE:
        problem = Problem(found.path, 0, "too-large", (("size", str(status.st_size)),))
        return found.stamp, Reading(None, (problem,))
    reading = read(data, found.path, settings, found.companions)
    if reading.wanted:
        found = _with_others(found, str(root), found.companions, reading.wanted)
    return found.stamp, reading


def entries_unavailable(root: Path, error: OSError) -> EntriesUnavailable:
    """Say that the entries directory cannot be looked at, and why."""
    values = {"path": root, "reason": reason(error)}
    return EntriesUnavailable(
        Message(N_("the entries folder {path} cannot be opened: {reason}"), values)
    )


def _stem(path: str) -> str:
    return path[: path.rfind(".")]


def _beside(prefix: str, items: list[os.DirEntry[str]], root: str) -> dict[str, list[str]]:
    """Find the files in a folder that bear an entry's name, by that name's path."""
    beside: dict[str, list[str]] = {}
    entries = {_stem(item.name) for item in items if is_entry_name(item.name)}
    for item in items:
        stem = _stem(item.name)
        if item.name in entries and item.is_dir(follow_symlinks=False):
            beside.setdefault(prefix + item.name, []).extend(in_folder(root, prefix + item.name))
        elif stem in entries and is_publishable(item.name) and bears_name(item.name, stem):
            beside.setdefault(prefix + stem, []).append(prefix + item.name)
    return beside


def _with_others(
    found: Found, root: str, companions: tuple[str, ...], wanted: tuple[str, ...]
) -> Found:
    """Let the stamp of an entry file tell of the files that belong to it as well."""
    if found.problem:
        return found
    others = [found.own]
    for path in sorted({*companions, *wanted}):
        with suppress(OSError):
            others += [path, _stamp(os.stat(f"{root}/{path}"))]
    stamp = (
        found.own
        if len(others) == 1
        else blake2b("\n".join(others).encode(), digest_size=8).hexdigest()
    )
    return replace(found, stamp=stamp, companions=companions)


def _list(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as items:
        yield from items


def printable(name: str) -> str:
    """Give a name with whatever is no UTF-8 in it written out."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def _examine(name: str, full: str, path: str, root: str, *, is_link: bool) -> Found | None:
    """Judge what stands at a path; None where it is not to be read as an entry."""
    try:
        code = _bad_link(full, root) if is_link else None
        if code is None and not is_entry_name(name):
            return None
        if code is None and printable(name) != name:
            code = "name-not-utf8"
        status = os.stat(full) if code is None else None
    except (FileNotFoundError, NotADirectoryError):
        return None  # gone since it was seen
    except OSError as error:
        return Found(path, TRY_AGAIN, 0, _unreadable(path, error))
    if status is not None and stat.S_ISREG(status.st_mode):
        stamp = _stamp(status)
        return Found(path, stamp, status.st_mtime, own=stamp)
    code = code or "not-a-file"
    return Found(path, f"!{code}", 0, Problem(path, 0, code))


def _bad_link(full: str, root: str) -> str | None:
    target = os.path.realpath(full)
    if not target.startswith(root + os.sep) or not Path(target).exists():
        return "link-out"
    return "link-folder" if Path(target).is_dir() else None


def _stamp(status: os.stat_result) -> str:
    # A hash of whole numbers is the same in every process.
    numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return f"{hash(numbers):x}"


def _unreadable(path: str, error: OSError) -> Problem:
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem(path, 0, "no-access")
    name = errno.errorcode.get(error.errno or 0, "?")
    return Problem(path, 0, "disk-fault", (("name", name),))
