"""Read entry files: a few in this process, many on all cores."""

import ctypes
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context, resource_tracker
from pathlib import Path

from feedsvc import parsing
from feedsvc.model import Problem, Reading
from feedsvc.settings import ParseSettings, Settings
from feedsvc.storage.batch import FileUpdate, prepare
from feedsvc.sync.progress import reported
from feedsvc.sync.scanner import TRY_AGAIN, FoundFile, fingerprint, unreadable, with_other_files

# Numbers of files: in one transaction; that are worth a process pool; per task of the pool.
BATCH = 1000
MANY = 500
CHUNK = 50


def read_all(files: list[FoundFile], settings: Settings) -> Iterator[FileUpdate]:
    """Read files, on all cores if there are many; yield the results in the same order.

    Files that are gone, or have changed since they were found, yield nothing.
    """
    if len(files) < MANY:
        yield from _read_few(files, settings.entries, settings.parsing)
        return
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    roots, parsings = [settings.entries] * len(chunks), [settings.parsing] * len(chunks)
    # Started with the pool's first semaphore, it would miss that if we were killed meanwhile.
    resource_tracker.ensure_running()
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=_die_with_parent, initargs=(os.getpid(),)
    ) as pool:
        done = pool.map(_read_few, chunks, roots, parsings)
        yield from reported(chain.from_iterable(done), len(files), settings.language)


def _die_with_parent(parent: int) -> None:
    # Otherwise a pool outlives a parent that was killed: prctl(PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before that
        os._exit(1)


def _read_few(files: list[FoundFile], root: Path, settings: ParseSettings) -> list[FileUpdate]:
    updates = []
    for file in files:
        result = read_file(root, file, settings)
        if result is not None:
            updates.append(prepare(file.path, *result))
    return updates


def read_file(root: Path, found: FoundFile, settings: ParseSettings) -> tuple[str, Reading] | None:
    """Read a file that was found.

    Return the fingerprint to store and the reading, or None if the file is gone or
    has changed since.
    """
    if found.problem:
        return found.fingerprint, Reading(None, (found.problem,))
    try:
        # A pipe that takes the file's place must not make us wait for a writer.
        descriptor = os.open(f"{root}/{found.path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            data = file.read(parsing.MAX_SIZE + 1)
            status = os.fstat(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return TRY_AGAIN, Reading(None, (unreadable(found.path, error),))
    if fingerprint(status) != found.own:
        return None
    if len(data) > parsing.MAX_SIZE:
        problem = Problem(found.path, 0, "too-large", (("size", str(status.st_size)),))
        return found.fingerprint, Reading(None, (problem,))
    reading = parsing.read(data, found.path, settings, root, found.siblings)
    if reading.named_files:
        found = with_other_files(found, str(root), found.siblings, reading.named_files)
    return found.fingerprint, reading
