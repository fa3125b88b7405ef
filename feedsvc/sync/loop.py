"""The sync loop: keep the catalogue true to the entries folder.

A file is read once it is complete (`settling`). A scan of the whole folder is the authority
on everything but the content of a single file; only a scan removes anything (`removals`).
All waiting runs on the monotonic clock; the wall clock only decides, at the first scan, which
files have been left alone for long enough.
"""

import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import NamedTuple

from feedsvc import clock, parsing, problems
from feedsvc.errors import CatalogueUnavailable, EntriesUnavailable, ReadersUnavailable
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message
from feedsvc.isolation import ChildDied
from feedsvc.model import Problem
from feedsvc.search.indexer import Indexer
from feedsvc.settings import Settings
from feedsvc.storage.changes import Changes
from feedsvc.storage.sqlite import is_damage
from feedsvc.storage.updates import FileUpdate
from feedsvc.storage.writer import Writer
from feedsvc.sync import settling
from feedsvc.sync.events import Subscriber
from feedsvc.sync.quiet import Quiet
from feedsvc.sync.readers import BATCH, Readers
from feedsvc.sync.removals import Removals
from feedsvc.sync.request import ACCEPT_REMOVALS, RESCAN, finish, is_requested
from feedsvc.sync.scanner import (
    TRY_AGAIN,
    FoundFile,
    Scan,
    attached_by_texts,
    documents_beside,
    examine,
    is_held_back,
    printable,
)
from feedsvc.sync.settling import Settling
from feedsvc.sync.translations import TranslationLog
from feedsvc.sync.unread import ALONE, unread
from feedsvc.sync.watch import Watch
from feedsvc.sync.watcher import Hints, Watcher

# In seconds, between two rounds of the loop in which there is nothing to do; a quarter as often if
# nothing is waited for either.
TICK = 0.5
# How many rounds pass between two checks that the catalogue can still be read.
SOUND_EVERY = 4
# In seconds, between the last removal that was heard of and the scan that judges it.
QUIET = 1.0
# A scan of 100,000 files takes a second; every so many files it listens for changes.
LISTEN_EVERY = 1000
# In seconds, the longest pause before what failed is tried again: at 100,000 files each try
# costs a scan.
MAX_PAUSE = 8.0
_log = logging.getLogger("feedsvc")


class _Comparison(NamedTuple):
    """What a scan found, compared with the catalogue.

    `seen` counts the files that were found, `ready` are those to be read. `vacated` are the
    paths where no entry file stands any more, `gone` those of them where nothing stands.
    """

    seen: int
    ready: list[FoundFile]
    vacated: set[str]
    gone: list[str]


class SyncLoop:
    """The one writer of the catalogue. The caller must make sure that there is no other."""

    def __init__(self, settings: Settings, subscribers: tuple[Subscriber, ...] = ()) -> None:
        """Open the catalogue. Raises CatalogueUnavailable.

        `subscribers` hear of changes after the search index.
        """
        self._settings = settings
        self._settling = Settling()
        self._quiet = Quiet()
        self._watcher = Watcher(settings.entries)
        self._readers = Readers(settings, self._count_death)
        language = settings.language
        self._fault_log = FaultLog(language)
        indexer, log = Indexer(settings.instance, language), TranslationLog(language)
        self._subscribers: tuple[Subscriber, ...] = (indexer, log, *subscribers)
        self._open(Writer(settings.instance))

    def _open(self, writer: Writer) -> None:
        self._writer = writer
        self._writer.set_parse_fingerprint(parsing.fingerprint(self._settings.parsing))
        self._started = time.monotonic()
        self._rescan_at = self._started
        # When to scan before that; infinite if nothing asks for it.
        self._scan_at = self._started
        self._tend_at, self._tended = 0.0, 0
        self._is_scanned = False
        self._watch = Watch(self._watcher, self._settings.language)
        self._removals = Removals(self._writer.held())

    def close(self) -> None:
        """Close the catalogue, and stop watching."""
        self._watcher.stop()
        self._readers.close()
        for subscriber in self._subscribers:
            subscriber.close()
        self._writer.close()

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Keep the catalogue true while `goes_on`, asked every two seconds or sooner, returns True.

        A fault is logged once, changes nothing, and is tried again.
        """
        pause = TICK
        while goes_on():
            try:
                if time.monotonic() >= self._tend_at:
                    self._tend()
                self._scan_if_due()
                self._read_and_store(self._settling.take_settled(self._examine))
                self._settling.record(self._writer.record_waiting)
                self._finish_first_index()
                self._heed(self._watcher.wait(self._notify()))
                pause = TICK
            except (CatalogueUnavailable, ReadersUnavailable, sqlite3.Error) as error:
                text = N_("the catalogue cannot be used: {fault}")
                if isinstance(error, ReadersUnavailable):
                    text = N_("no process can be started to read the files: {fault}")
                self._fault_log.log(Message(text, {"fault": error}))
                self._tend_at, self._tended = 0.0, 0
                time.sleep(pause)
                pause = min(2 * pause, MAX_PAUSE)
                self._reopen(error)

    def _tend(self) -> None:
        """Look after what may have changed without a report. Not between each two portions."""
        self._tended += 1
        if self._tended % SOUND_EVERY == 1:
            self._writer.require_sound()
        self._readers.check()
        if self._watch.tend(self._writer.record_watch_fault):
            self._scan_at = time.monotonic()
        if any(is_requested(self._settings.instance, each) for each in (RESCAN, ACCEPT_REMOVALS)):
            self._scan_at = time.monotonic()
        self._tend_at = time.monotonic() + TICK

    def _notify(self) -> float:
        """Let the subscribers work for some milliseconds; return how long to wait for hints.

        If they have more to do, wait an eighth as long as that took: what is new on disk is
        looked at in between, and a ninth of the core stays free.
        """
        if not self._writer.is_complete():
            return TICK
        start = time.monotonic()
        changes = Changes(self._writer.snapshot(), clock.now())
        more = [subscriber.advance(changes) for subscriber in self._subscribers]
        if any(more):
            return (time.monotonic() - start) / 8
        return TICK if self.is_busy() else 4 * TICK

    def _reopen(self, error: Exception) -> None:
        # What is damaged is recreated; a disk that was full or read-only may be better now.
        with suppress(CatalogueUnavailable, sqlite3.Error):
            self._writer.close()
            self._open(Writer(self._settings.instance, suspect=is_damage(error)))

    def _scan_if_due(self) -> None:
        now = time.monotonic()
        if now < min(self._rescan_at, self._scan_at):
            return
        if self._scan_at == math.inf and not self._watch.fault and self._quiet.holds():
            self._rescan_at = now + self._settings.rescan
            self._writer.record_scan("", clock.now())
        else:
            self.scan()
            if self._scan_at == math.inf:
                finish(self._settings.instance, RESCAN)

    def scan(self) -> None:
        """Scan the folder: store what has changed and is complete, remove what is gone.

        If the guard holds removals back, the catalogue says that it is degraded. Raises
        CatalogueUnavailable.
        """
        self._quiet.end()
        self._rescan_at = due = time.monotonic() + self._settings.rescan
        self._scan_at = math.inf
        try:
            scan = Scan(self._settings.entries, self._writer.snapshot().named_files())
        except EntriesUnavailable as error:
            finish(self._settings.instance, ACCEPT_REMOVALS)
            self._degrade("closed", error.message)
            return
        found = self._compare(scan)
        self._read_and_store(found.ready, absent=frozenset(found.vacated))
        self._tell_unread(scan)
        if self._removals.may_be_renamed(found.gone, self._has_unread):
            self._scan_at = time.monotonic() + TICK
            return
        self._remove(found.gone, found.seen)
        is_idle = not (found.ready or found.vacated or self._settling)
        if is_idle and (self._rescan_at, self._scan_at) == (due, math.inf):
            self._quiet.begin(scan.folders())

    def _tell_unread(self, scan: Scan) -> None:
        named = self._writer.all_named_files() if scan.others else frozenset[str]()
        found, has_new = unread(scan.others, named, self._settings.static, alone=ALONE)
        self._log(self._writer.record_unread(found))
        if has_new:
            self._rescan_at = min(self._rescan_at, time.monotonic() + ALONE)

    def _compare(self, scan: Scan) -> _Comparison:
        """Compare the folder with the catalogue, and go on listening meanwhile."""
        known = self._writer.snapshot().fingerprints()
        id_conflicts = self._writer.id_conflicts()
        heard: dict[str, str] = {}
        seen, ready, waiting_files = 0, [], []
        vacated = set()
        for file in scan:
            seen += 1
            if seen % LISTEN_EVERY == 0:
                heard |= self._heed(self._watcher.wait(0))
            if file.problem and file.fingerprint != TRY_AGAIN:
                vacated.add(file.path)  # a folder or an unusable link stands there
            stored = known.pop(file.path, None)
            if heard.get(file.path, stored) == file.fingerprint:
                self._settling.discard(file.path)
                if file.path in id_conflicts:
                    waiting_files.append(file)
            elif self._settling.is_complete(file, first_scan=not self._is_scanned):
                ready.append(file)
        self._is_scanned = True
        gone = [path for path in known if path not in heard and scan.covered(path)]
        vacated.update(gone)
        if vacated:
            # In the same batch as the loss of a name, so that its entry is never missing.
            ready += waiting_files
        return _Comparison(seen, sorted(ready, key=lambda file: file.path), vacated, gone)

    def _read_and_store(
        self, files: Sequence[FoundFile], absent: frozenset[str] = frozenset()
    ) -> None:
        """Read files and store them; those last that are none if one of the others names them."""
        self._store(self._read([each for each in files if not is_held_back(each)]), absent)
        held_back = [each for each in files if is_held_back(each)]
        if held_back:
            attached = self._attached()
            files = [each for each in held_back if each.path not in attached]
            self._store(self._read(files), absent)

    def _attached(self) -> frozenset[str]:
        return attached_by_texts(self._writer.snapshot().named_files())

    def _read(self, files: Iterable[FoundFile]) -> Iterator[FileUpdate]:
        """Read files, those that were renamed under the ids that their entries had before."""
        found = tuple(files)
        if found and (kept := self._writer.kept(file.path for file in found)):
            found = tuple(replace(file, kept=kept.get(file.path, "")) for file in found)
        return self._readers.read(found)

    def _examine(self, path: str) -> FoundFile | None:
        named = self._writer.named_files(printable(path))
        return examine(self._settings.entries, path, named, self._attached)

    def _heed(self, hints: Hints) -> dict[str, str]:
        """Act on the kernel's hints; return the fingerprints of what was stored."""
        if not hints.heard:
            return {}
        self._quiet.end()
        now = time.monotonic()
        if hints.scan:
            self._watch.expect_folders()
            self._scan_at = now + QUIET  # one file removed may be the first of many
        for path in hints.unsure | hints.written:
            file = self._examine(path)
            if file and not file.problem:  # what cannot be read need not settle
                self._settling.wait(file, written=path in hints.written)
        closed = filter(None, map(self._examine, sorted(hints.closed)))
        changed = [
            file for file in closed if file.fingerprint != self._writer.fingerprint(file.path)
        ]
        for file in filter(is_held_back, changed):
            self._settling.wait(file)
        certain = self._certain([file for file in changed if not is_held_back(file)])
        displaced = [path for each in certain for path in documents_beside(each.path)]
        self._store(iter(certain), absent=frozenset((*hints.moved, *displaced)))
        if any(self._writer.fingerprint(printable(path)) is not None for path in hints.moved):
            self._scan_at = now + QUIET
        return {update.path: update.fingerprint for update in certain}

    def _certain(self, changed: list[FoundFile]) -> list[FileUpdate]:
        """Read files; leave those to settle that may be half of a UTF-8 file.

        Half of one can look like Windows-1251: see whether more comes.
        """
        files = {file.path: file for file in changed}
        certain = []
        for update in self._read(changed):
            if any(problem.code == "encoding-other" for problem in update.problems):
                self._settling.wait(files[update.path])
            else:
                certain.append(update)
        return certain

    def _store(self, updates: Iterator[FileUpdate], absent: frozenset[str] = frozenset()) -> None:
        """Store what was read; files of `absent` paths are gone, and their names are free."""
        renamed = self._apply(updates, absent)
        if renamed:
            # At once: until then their pictures are looked for where they were.
            files = filter(None, map(self._examine, sorted(renamed)))
            if self._apply(self._read(files), absent):
                self._scan_at = time.monotonic() + QUIET  # what is left, the next scan reads

    def _apply(self, updates: Iterator[FileUpdate], absent: frozenset[str]) -> set[str]:
        """Store what was read; return the paths of known entries that are to be read again."""
        renamed = set[str]()
        while batch := list(islice(updates, BATCH)):
            applied = self._writer.apply(
                batch, (), clock.now(), absent=absent, is_there=self._is_there
            )
            renamed |= applied.renamed
            for update in batch:
                self._settling.discard(update.path)
            self._log(applied.problems)
            if applied.again or self._displaces(batch):
                self._scan_at = time.monotonic()
        return renamed

    def _log(self, found: Iterable[Problem]) -> None:
        for problem in found:
            level = logging.ERROR if problems.severity(problem) == "error" else logging.WARNING
            _log.log(level, "%s", problems.sentence(problem, self._settings.language))

    def _is_there(self, path: str) -> bool:
        # A folder may stand in its place.
        return (self._settings.entries / path).is_file()

    def _displaces(self, updates: Sequence[FileUpdate]) -> bool:
        """Return whether texts make documents their attachments that were entries."""
        documents = (documents_beside(each.path, each.named_files) for each in updates)
        return self._writer.knows_any(chain.from_iterable(documents))

    def _has_unread(self) -> bool:
        return bool(self._settling) or self._writer.has_entryless(TRY_AGAIN)

    def _remove(self, gone: list[str], seen: int) -> None:
        """Remove files that are gone, but for those whose loss looks like a mishap."""
        count, mishap = self._writer.count_entries, None
        if is_requested(self._settings.instance, ACCEPT_REMOVALS):
            self._removals.held = frozenset()
        else:
            mishap = self._removals.guard(gone, seen, count)
        self._writer.hold(self._removals.held)
        confirmed, is_all = self._removals.confirm(gone, count)
        if self._writer.apply((), confirmed, clock.now()).again:
            self._scan_at = time.monotonic()
        if not is_all:
            self._scan_at = time.monotonic() + QUIET
        if mishap is not None:
            self._degrade(*mishap)
        elif is_all:
            finish(self._settings.instance, ACCEPT_REMOVALS)
            self._writer.record_scan("", clock.now())
            self._fault_log.clear()

    def _degrade(self, code: str, message: Message) -> None:
        self._writer.record_scan(code, clock.now())
        text = N_(
            "{message}: no entries are removed;"
            " if this was intended: feedsvc sync --accept-removals"
        )
        self._fault_log.log(Message(text, {"message": message}))

    def _count_death(self, death: ChildDied) -> None:
        self._writer.record_reader_death()
        if death.cause == "killed":  # otherwise a file is the cause, and has that as its problem
            text = N_("a process that reads files was ended from outside; another reads on")
            _log.warning("%s", Message(text).text(self._settings.language))

    def _finish_first_index(self) -> None:
        # One file that never settles must not delay all the others.
        is_patient = time.monotonic() - self._started < 2 * settling.SETTLE
        if self._is_scanned and not (self._settling and is_patient):
            self._writer.finish_first_index()

    def is_busy(self) -> bool:
        """Return whether something that was found is not stored yet."""
        return bool(self._settling) or self._scan_at < math.inf or not self._writer.is_complete()
