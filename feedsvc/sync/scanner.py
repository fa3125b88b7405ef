"""Scan the entries folder: find the entry files, and the files that belong to each."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import chain
from pathlib import Path

from feedsvc.errors import EntriesUnavailable
from feedsvc.i18n import N_, Message, reason
from feedsvc.media import types
from feedsvc.media.types import is_passed_over
from feedsvc.model import Problem
from feedsvc.parsing import is_document_name, is_entry_name
from feedsvc.parsing.identifiers import DOCUMENT_SUFFIXES
from feedsvc.sync.quiet import Folders, state
from feedsvc.sync.unread import OtherFile, is_silent

# A fingerprint that no file has: what could not be read is tried again at every scan.
TRY_AGAIN = "?"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """An entry file of the folder, or what stands where one should be.

    `path` is relative to the folder. `fingerprint` differs if the file, or one that belongs
    to it, has changed; `own` is that of the file alone. `modified` is the file's time, in
    seconds since the epoch; `changed` is when it was put there or changed, in microseconds,
    which nobody sets. `siblings` are the paths of the files that bear its name and are not
    entry files themselves. `kept` is the home of its entry if the file was renamed (see
    `model.Reading`).
    """

    path: str
    fingerprint: str
    modified: float = 0
    problem: Problem | None = None
    own: str = ""
    siblings: tuple[str, ...] = ()
    changed: int = 0
    kept: str = ""


class Scan:
    """One pass over the folder, as an iterable of entry files.

    A document is an entry file only if it belongs to no other entry. After the scan, `others`
    are the files that are no entries and bear the name of none.
    """

    def __init__(self, root: Path, named: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Open the folder. Raises EntriesUnavailable.

        `named` holds, by the path of an entry file, the other files that it names, as far as
        that is known.
        """
        self._root = os.path.realpath(root)
        self._named = named or {}
        self._unreadable: list[str] = []
        self._attached = attached_by_texts(self._named)
        self._belonging: set[str] = set()
        self._entry_folders: set[str] = set()
        self.others: list[OtherFile] = []
        self._folders: dict[str, tuple[int, int, int, int]] = {}
        self._is_sound = True
        try:
            self._folders[self._root] = state(self._root)
            self._top = list(_list(self._root))
        except OSError as error:
            raise entries_unavailable(root, error) from error

    def __iter__(self) -> Iterator[FoundFile]:
        folders = [("", self._top)]
        while folders:
            prefix, items = folders.pop()
            siblings = _siblings(prefix, items, self._root)
            self._belonging.update(*siblings.values())
            self._entry_folders.update(siblings)
            for item in items:
                if is_passed_over(item.name):
                    continue
                path = prefix + printable(item.name)
                found = _examine(item.name, item.path, path, self._root, is_link=item.is_symlink())
                if found is not None:
                    self._is_sound &= found.fingerprint != TRY_AGAIN
                    if not self._is_attachment(prefix, path):
                        yield self._completed(found, siblings)
                elif not item.is_dir(follow_symlinks=False):
                    self._note(path, item)
                elif path != prefix + item.name:
                    yield FoundFile(path, "!name-not-utf8", 0, Problem(path, 0, "name-not-utf8"))
                else:
                    listed = self._listed(path, item.path)
                    if isinstance(listed, FoundFile):
                        yield listed
                    elif listed is not None:
                        folders.append((f"{path}/", listed))

    def _listed(self, path: str, full: str) -> list[os.DirEntry[str]] | FoundFile | None:
        """Return what is in a folder, or stands for one that cannot be read; None if it is gone."""
        try:
            self._folders[full] = state(full)
            return list(_list(full))
        except FileNotFoundError:
            return None  # since its folder was listed
        except OSError as error:
            self._is_sound = False
            self._unreadable.append(f"{path}/")
            return FoundFile(path, TRY_AGAIN, 0, unreadable(path, error))

    def _note(self, path: str, item: os.DirEntry[str]) -> None:
        if path not in self._belonging and not is_silent(item.name):
            self.others.append(OtherFile(path, item.path))

    def _is_attachment(self, prefix: str, path: str) -> bool:
        """Return whether a document in a folder belongs to an entry, and so is none itself."""
        return _may_be_attached(path) and (
            path in self._belonging or path in self._attached or prefix[:-1] in self._entry_folders
        )

    def _completed(self, found: FoundFile, siblings: dict[str, list[str]]) -> FoundFile:
        if not siblings and found.path not in self._named:
            return found
        own = tuple(sorted(siblings.get(types.entry_stem(found.path), ())))
        return with_other_files(found, self._root, own, self._named.get(found.path, ()))

    def folders(self) -> Folders:
        """Return, after the iteration, the states of all folders before they were listed.

        There are none if something could not be looked at.
        """
        return self._folders if self._is_sound else {}

    def covered(self, path: str) -> bool:
        """Return, after the iteration, whether a file of this path would have been found."""
        return not path.startswith(tuple(self._unreadable))


def examine(
    root: Path,
    path: str,
    named: tuple[str, ...] = (),
    attached: Callable[[], frozenset[str]] = frozenset,
) -> FoundFile | None:
    """Return the entry file of a path, or None if nothing there is to be read.

    `named` are the paths of the other files that it is known to name; `attached` returns those
    that any text names, and is called for documents alone.
    """
    *folders, name = path.split("/")
    # A scan passes over the former, and does not enter the latter.
    if any(map(is_passed_over, (*folders, name))) or any(map(is_entry_name, folders)):
        return None
    full = f"{root}/{path}"
    top = os.path.realpath(root)
    found = _examine(name, full, printable(path), top, is_link=Path(full).is_symlink())
    if found is None:
        return None
    if _may_be_attached(path) and (path in attached() or _belongs(top, path)):
        return None
    siblings = (each for each in types.siblings(top, path) if _is_sibling(each, path))
    return with_other_files(found, top, tuple(siblings), named)


def attached_by_texts(named: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the paths of the files that texts name, of those that entry files name.

    What documents name does not count: two that link each other would both be attachments.
    """
    paths = (named[path] for path in named if not is_document_name(path))
    return frozenset(chain.from_iterable(paths))


def documents_beside(path: str, named: Iterable[str] = ()) -> list[str]:
    """Return the paths of the documents that would bear a text's name, and of those it names."""
    if is_document_name(path):
        return []
    stem = types.entry_stem(path)
    beside = [stem + end for each in DOCUMENT_SUFFIXES for end in (each, each.upper())]
    return beside + [each for each in named if is_document_name(each)]


def is_held_back(file: FoundFile) -> bool:
    """Return whether a file is to be read later than others: a document.

    A text that comes with it may name it, so that it is an attachment and no entry.
    """
    return is_document_name(file.path)


def entries_unavailable(root: Path, error: OSError) -> EntriesUnavailable:
    """Return the exception for an entries folder that cannot be opened, with the reason."""
    values = {"path": root, "reason": reason(error)}
    return EntriesUnavailable(
        Message(N_("the entries folder {path} cannot be opened: {reason}"), values)
    )


def with_other_files(
    found: FoundFile, root: str, siblings: tuple[str, ...], named: tuple[str, ...]
) -> FoundFile:
    """Return an entry file whose fingerprint covers the files that belong to it as well."""
    if found.problem:
        return found
    parts = [found.own]
    for path in sorted({*siblings, *named}):
        with suppress(OSError):
            parts += [path, fingerprint(os.stat(f"{root}/{path}"))]
    whole = found.own
    if len(parts) > 1:
        whole = blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
    return replace(found, fingerprint=whole, siblings=siblings)


def printable(name: str) -> str:
    """Return a name with whatever is not UTF-8 in it written as escapes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def fingerprint(status: os.stat_result) -> str:
    """Return a short text that differs if size, times or inode of a file do."""
    # A hash of integers is the same in every process.
    numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return f"{hash(numbers):x}"


def unreadable(path: str, error: OSError) -> Problem:
    """Return the problem of a file or folder that the system would not open or read."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem(path, 0, "no-access")
    name = errno.errorcode.get(error.errno or 0, "?")
    return Problem(path, 0, "disk-fault", (("name", name),))


def _stem(path: str) -> str:
    return path[: path.rfind(".")]


def _siblings(prefix: str, items: list[os.DirEntry[str]], root: str) -> dict[str, list[str]]:
    """Return the files that bear the name of an entry in a folder, by the path of that name."""
    siblings: dict[str, list[str]] = {}
    # By the name without its end: the name of an entry file, of a text if there is one.
    entries: dict[str, str] = {}
    others = []
    for item in items:
        is_document = is_document_name(item.name)
        if is_entry_name(item.name):
            stem = types.entry_stem(item.name)
            if stem not in entries or not is_document:
                entries[stem] = item.name
            if not (is_document or item.is_dir(follow_symlinks=False)):
                continue  # a text belongs to no other
        others.append(item)
    for item in others:
        name, stem = item.name, _stem(item.name)
        if name in entries and item.is_dir(follow_symlinks=False):
            stem, files = name, types.in_folder(root, prefix + name)
        elif stem in entries and types.belongs(name) and types.bears_name(name, stem):
            files = [prefix + name]
        else:
            continue
        owner = prefix + entries[stem]
        belonging = [path for path in files if _is_sibling(path, owner)]
        siblings.setdefault(prefix + stem, []).extend(belonging)
    return siblings


def _is_sibling(path: str, owner: str) -> bool:
    """Return whether a file that bears the name of an entry belongs to it: no text does.

    A document belongs to a text of its name, and to any entry in whose folder it lies.
    """
    if not is_entry_name(path):
        return True
    is_inside = path.startswith(types.entry_stem(owner) + "/")
    return is_document_name(path) and (is_inside or not is_document_name(owner))


def _may_be_attached(path: str) -> bool:
    return is_document_name(path) and types.is_publishable(path.rpartition("/")[2])


def _belongs(root: str, path: str) -> bool:
    """Return whether a document bears the name of a text, or lies in the folder of an entry."""
    folder, _, name = path.rpartition("/")
    parent, _, folder_name = folder.rpartition("/")
    beside = _entry_names(f"{root}/{folder}")
    texts = (types.entry_stem(each) for each in beside if not is_document_name(each))
    return _stem(name) in texts or (
        folder != "" and folder_name in map(types.entry_stem, _entry_names(f"{root}/{parent}"))
    )


def _entry_names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if is_entry_name(name)]  # noqa: PTH208
    except OSError:
        return []


def _list(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as items:
        yield from items


def _examine(name: str, full: str, path: str, root: str, *, is_link: bool) -> FoundFile | None:
    """Judge what stands at a path; return None if it is not to be read as an entry."""
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
        return FoundFile(path, TRY_AGAIN, 0, unreadable(path, error))
    if status is not None and stat.S_ISREG(status.st_mode):
        own = fingerprint(status)
        changed = status.st_ctime_ns // 1000
        return FoundFile(path, own, status.st_mtime, own=own, changed=changed)
    code = code or "not-a-file"
    return FoundFile(path, f"!{code}", 0, Problem(path, 0, code))


def _bad_link(full: str, root: str) -> str | None:
    target = os.path.realpath(full)
    if not target.startswith(root + os.sep) or not Path(target).exists():
        return "link-out"
    return "link-folder" if Path(target).is_dir() else None
