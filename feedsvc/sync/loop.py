"""Keeping the catalogue true to the entries directory.

A file is read once it is whole: at the moment the kernel reports it closed, or
else when its size and time have stood still for `SETTLE` seconds. A scan of the
whole directory is the authority, on all but what a single file holds; only a
scan removes anything. All waiting runs on the monotonic clock; the wall clock
only tells, at the first scan, which files have stood still for long enough.
"""

import ctypes
import logging
import math
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context
from typing import NamedTuple

from feedsvc import clock, problems
from feedsvc.errors import CatalogueUnavailable, EntriesUnavailable
from feedsvc.i18n import N_, Message, reason
from feedsvc.search.indexer import Follower
from feedsvc.settings import Settings
from feedsvc.storage.sqlite import is_damage
from feedsvc.storage.writer import Update, Writer, prepare
from feedsvc.sync.progress import reported
from feedsvc.sync.scanner import TRY_AGAIN, Found, Scan, examine, printable, read_file
from feedsvc.sync.watcher import Hints, Watch

# Files in the instance folder by which `feedsvc sync` asks the writer for something.
LOOK_NOW = "look-now"
ACCEPT_REMOVALS = "accept-removals"

SETTLE = 2.0
# Somebody still holds the file open after writing to it, unless the kernel lost the close.
SETTLE_WRITTEN = 60.0
TICK = 0.5
QUIET = 1.0
# Files in one transaction, files worth a process pool, files handed to it at a time.
BATCH = 1000
MANY = 500
CHUNK = 50
# The guard: more than a third of at least so many entries do not vanish by themselves.
GUARDED = 20
# A scan of 100,000 files takes a second: so many files, and it hears what changed meanwhile.
HEARING = 1000
# The longest pause before what failed is tried again: at 100,000 files each try costs a scan.
PATIENCE = 8.0
_log = logging.getLogger("feedsvc")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file not known to be whole: how it was found, when, and whether it is being written."""

    file: Found
    since: float
    written: bool = False

    def due(self) -> float:
        return self.since + (SETTLE_WRITTEN if self.written else SETTLE)


class _Look(NamedTuple):
    """What a scan found: how many files, which to read, which paths stand empty, which are gone."""

    seen: int
    ready: list[Found]
    vacant: set[str]
    gone: list[str]


class Sync:
    """The one that writes the catalogue. Whoever makes it must be alone in doing so."""

    def __init__(self, settings: Settings) -> None:
        """Open the catalogue of the settings' instance. Raises CatalogueUnavailable."""
        self._settings = settings
        self._waiting: dict[str, _Waiting] = {}
        self._said: set[str] = set()
        self._watch = Watch(settings.entries)
        self._follower = Follower(settings.instance, settings.language)
        self._open(Writer(settings.instance))

    def _open(self, writer: Writer) -> None:
        self._writer = writer
        self._writer.shape(_shape(self._settings))
        self._writer.show(self._settings.shown_by, clock.now())
        self._started = time.monotonic()
        self._scan_due = self._started
        self._wanted = self._started
        self._scanned_once = False
        self._gone: frozenset[str] = frozenset()
        self._gone_since: float | None = None

    def close(self) -> None:
        """Close the catalogue, and listen no more."""
        self._watch.stop()
        self._follower.close()
        self._writer.close()

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Keep the catalogue true for as long as `goes_on`, asked twice a second, says so.

        What goes wrong is logged once, changes nothing, and is tried again.
        """
        ahead = clock.ahead()
        pause = TICK
        while goes_on():
            try:
                self._writer.require_sound()
                self._listen()
                self._hear_requests()
                if time.monotonic() >= min(self._scan_due, self._wanted):
                    self.scan()
                    if self._wanted == math.inf:
                        self._withdraw(LOOK_NOW)
                self._store(read_all(self._settled(), self._settings))
                self._finish_first_index()
                if abs(clock.ahead() - ahead) > 1:
                    ahead = clock.ahead()
                    self._writer.clock_was_set(clock.now())
                self._heed(self._watch.wait(self._follow()))
                pause = TICK
            except (CatalogueUnavailable, sqlite3.Error) as error:
                self._say(Message(N_("the catalogue cannot be used: {fault}"), {"fault": error}))
                time.sleep(pause)
                pause = min(2 * pause, PATIENCE)
                self._open_anew(error)

    def _follow(self) -> float:
        """Let the search follow for some milliseconds; say how long to wait for hints then.

        With more to do it is as long as that took, so that half of the core is free.
        """
        start = time.monotonic()
        more = self._writer.is_whole() and self._follower.follow(self._writer.snapshot())
        return time.monotonic() - start if more else TICK

    def _open_anew(self, error: Exception) -> None:
        # What is damaged is made again; what is full or read-only may be better now.
        with suppress(CatalogueUnavailable, sqlite3.Error):
            self._writer.close()
            self._open(Writer(self._settings.instance, suspect=is_damage(error)))

    def scan(self) -> None:
        """Look at the whole directory; store what has changed and is whole, remove what is gone.

        Where the guard holds removals back, the catalogue says that it is
        degraded. Raises CatalogueUnavailable.
        """
        self._scan_due = time.monotonic() + self._settings.rescan
        self._wanted = math.inf
        try:
            found = Scan(self._settings.entries, self._writer.snapshot().named())
        except EntriesUnavailable as error:
            self._withdraw(ACCEPT_REMOVALS)
            self._degrade("closed", error.message)
            return
        look = self._look(found)
        self._store(read_all(look.ready, self._settings), absent=frozenset(look.vacant))
        if self._may_be_renamed(look.gone):
            self._wanted = time.monotonic() + TICK
        else:
            self._remove(look.gone, look.seen)

    def _look(self, found: Scan) -> _Look:
        """Compare the directory with what is stored, and go on listening meanwhile."""
        known = self._writer.snapshot().stamps()
        wanting = self._writer.wanting()
        heard: dict[str, str] = {}
        seen, ready, heirs = 0, [], []
        vacant = set()
        for file in found:
            seen += 1
            if seen % HEARING == 0:
                heard |= self._heed(self._watch.wait(0))
            if file.problem and file.stamp != TRY_AGAIN:
                vacant.add(file.path)  # a folder or a useless link stands there
            stamp = known.pop(file.path, None)
            if heard.get(file.path, stamp) == file.stamp:
                self._waiting.pop(file.path, None)
                if file.path in wanting:
                    heirs.append(file)
            elif self._is_whole(file):
                ready.append(file)
        self._scanned_once = True
        gone = [path for path in known if path not in heard and found.covered(path)]
        vacant.update(gone)
        if vacant:
            # In one batch with the loss of a name, so that its entry is never missing.
            ready += heirs
        return _Look(seen, sorted(ready, key=lambda file: file.path), vacant, gone)

    def _is_whole(self, file: Found) -> bool:
        """Say whether a file found by a scan can be read at once; let it wait if not."""
        if file.problem:
            return True
        waiting = self._waiting.get(file.path)
        lain = 0 <= file.modified <= time.time() - SETTLE
        if lain and waiting is None and not self._scanned_once:
            return True
        if waiting is None or waiting.file.stamp != file.stamp:
            written = waiting is not None and waiting.written
            self._waiting[file.path] = _Waiting(file, time.monotonic(), written)
        return False

    def _settled(self) -> list[Found]:
        """Give the waiting files that have come to rest."""
        now = time.monotonic()
        settled = []
        for path, waiting in [item for item in self._waiting.items() if item[1].due() <= now]:
            file = self._examine(path)
            if file is None:
                del self._waiting[path]
            elif file.stamp == waiting.file.stamp:
                settled.append(file)
            else:
                self._waiting[path] = _Waiting(file, now, waiting.written)
        return settled

    def _examine(self, path: str) -> Found | None:
        return examine(self._settings.entries, path, self._writer.names(printable(path)))

    def _heed(self, hints: Hints) -> dict[str, str]:
        """Do what the kernel's hints suggest; give the stamps of what was stored."""
        now = time.monotonic()
        if hints.look:
            # Whoever removes one file may be removing all: see where it ends.
            self._wanted = now + QUIET
        for path in hints.unsure | hints.written:
            file = self._examine(path)
            if file and not file.problem:  # what cannot be read needs not come to rest
                self._waiting[path] = _Waiting(file, now, path in hints.written)
        whole = [self._examine(path) for path in sorted(hints.whole)]
        changed = [file for file in whole if file and file.stamp != self._writer.stamp(file.path)]
        sure = []
        for update in read_all(changed, self._settings):
            if any(problem.code == "encoding-other" for problem in update.problems):
                # Half of a UTF-8 file can look like Windows-1251: see whether more comes.
                file = next(file for file in changed if file.path == update.path)
                self._waiting[update.path] = _Waiting(file, now)
            else:
                sure.append(update)
        self._store(iter(sure), absent=frozenset(hints.moved))
        if any(self._writer.stamp(printable(path)) is not None for path in hints.moved):
            self._wanted = now + QUIET
        return {update.path: update.stamp for update in sure}

    def _store(self, updates: Iterator[Update], absent: frozenset[str] = frozenset()) -> None:
        """Store what came of files; those of `absent` paths are gone and yield their names."""
        while batch := list(islice(updates, BATCH)):
            applied = self._writer.apply(batch, (), clock.now(), absent=absent)
            for update in batch:
                self._waiting.pop(update.path, None)
            for problem in applied.problems:
                level = logging.ERROR if problems.severity(problem) == "error" else logging.WARNING
                _log.log(level, "%s", problems.sentence(problem, self._settings.language))
            if applied.again:
                self._wanted = time.monotonic()

    def _may_be_renamed(self, gone: list[str]) -> bool:
        """Say whether what is gone may be among the files that are not whole, or could not be read.

        Only for a while: one file must not keep others from being removed.
        """
        now = time.monotonic()
        if not gone:
            self._gone_since = None
            return False
        self._gone_since = self._gone_since or now
        unread = bool(self._waiting) or self._writer.has_entryless(TRY_AGAIN)
        return unread and now - self._gone_since < 3 * SETTLE

    def _remove(self, gone: list[str], seen: int) -> None:
        """Remove files that are gone, unless the guard thinks that it was a mishap."""
        if gone and not self._is_asked(ACCEPT_REMOVALS):
            held, lost = self._writer.count_entries(gone)
            if lost and not seen:
                self._degrade("empty", Message(N_("the entries folder is empty")))
                return
            if held >= GUARDED and lost * 3 > held:
                text = N_("{lost} of {held} entries vanished at once")
                self._degrade("vanished", Message(text, {"lost": lost, "held": held}))
                return
        # What is moved during a scan may be seen in neither place: only the next one is sure.
        missed, self._gone = self._gone, frozenset(gone)
        self._writer.apply((), missed.intersection(gone), clock.now())
        if not missed.issuperset(gone):
            self._wanted = time.monotonic() + QUIET
            return
        self._gone_since = None
        self._withdraw(ACCEPT_REMOVALS)
        self._writer.scanned("", clock.now())
        self._said.clear()

    def _degrade(self, code: str, message: Message) -> None:
        self._writer.scanned(code, clock.now())
        text = N_("{message}: nothing is removed; if it was meant: feedsvc sync --accept-removals")
        self._say(Message(text, {"message": message}))

    def _listen(self) -> None:
        try:
            if self._watch.keep_up():
                self._wanted = time.monotonic()
        except OSError as error:
            values = {"reason": reason(error)}
            self._say(Message(N_("changes are seen by scans alone: {reason}"), values))

    def _hear_requests(self) -> None:
        if self._is_asked(LOOK_NOW) or self._is_asked(ACCEPT_REMOVALS):
            self._wanted = time.monotonic()

    def _is_asked(self, request: str) -> bool:
        return (self._settings.instance / request).exists()

    def _withdraw(self, request: str) -> None:
        with suppress(OSError):
            (self._settings.instance / request).unlink()

    def _finish_first_index(self) -> None:
        # A file that never comes to rest must not keep the others back.
        patient = time.monotonic() - self._started < 2 * SETTLE
        if self._scanned_once and not (self._waiting and patient):
            self._writer.finish_first_index()

    def is_busy(self) -> bool:
        """Say whether something that was seen is not stored yet."""
        return bool(self._waiting) or self._wanted < math.inf or not self._writer.is_whole()

    def _say(self, message: Message) -> None:
        text = message.text(self._settings.language)
        if text not in self._said:
            _log.error("%s", text)
            self._said.add(text)


def _shape(settings: Settings) -> str:
    """Name the settings that shape entries as they are stored."""
    return f"{settings.timezone.key} {settings.permalink} {settings.authority}"


def read_all(files: list[Found], settings: Settings) -> Iterator[Update]:
    """Read files, on all cores if they are many, and give what came of them in their order."""
    if len(files) < MANY:
        yield from _read_few(files, settings)
        return
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=_die_with_parent, initargs=(os.getpid(),)
    ) as pool:
        done = pool.map(_read_few, chunks, [settings] * len(chunks))
        yield from reported(chain.from_iterable(done), len(files), settings.language)


def _die_with_parent(parent: int) -> None:
    # Otherwise a pool outlives a parent that was killed: prctl(PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:  # it was, before that
        os._exit(1)


def _read_few(files: list[Found], settings: Settings) -> list[Update]:
    updates = []
    for file in files:
        done = read_file(settings.entries, file, settings)
        if done is not None:
            updates.append(prepare(file.path, *done))
    return updates
