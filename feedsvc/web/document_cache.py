"""The shelf: documents kept for as long as they hold.

A document is rendered once for each period of the news (see `edition.Period`),
by one thread while others wait for it, and the least used ones make room for
new ones. Where the catalogue cannot be read, what is on the shelf is still
given: the last good state. Documents that are asked for often are rendered right
after a change, before anyone is told of it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from feedsvc import clock
from feedsvc.edition import Edition, Period
from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web.representation import Document

# In each process. It is filled by whoever searches for much: two of 32 MB went past the 200 MB
# that all processes are to take.
LIMIT = 16 * 1024 * 1024
# How long, in seconds, a change may go unnoticed, and after how long whoever asks
# looks for one himself.
GLANCE = 0.05
LATE = 0.25
UNASKED = 20

Render = Callable[[Edition], Document]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A period, and when it was last looked for another: what is made later is no older.

    It was then `since`, by the wall clock; from `until` on it may be another, or be late
    to look again.
    """

    period: Period
    at: float
    set_at: int
    since: int
    until: int

    def holds(self, now: int, set_at: int) -> bool:
        """Say whether it is still the one, if the catalogue is as it was."""
        return self.set_at == set_at and self.period.holds(now)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document, the period it holds for, and the period of all the news it was made in.

    `made_at` is when that was, by the monotonic clock.
    """

    document: Document
    period: Period
    made_in: Period
    made_at: float = 0

    def is_of(self, seen: _Seen) -> bool:
        """Say whether it was made in what was seen, or later."""
        return self.made_in == seen.period or self.made_at > seen.at


class _Glance(threading.local):
    mark: tuple[int, ...] = ()
    seen: _Seen | None = None


class Shelf:
    """Documents by key, within `limit` bytes. Safe to share among threads."""

    def __init__(self, catalogue: Catalogue, limit: int = LIMIT, shown_by: str = "") -> None:
        self._catalogue = catalogue
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._glance = _Glance()
        self._ahead = clock.ahead()
        self._set_at = 0
        self._shown_by = shown_by
        self._started = clock.now()
        self._lock = threading.Lock()
        self._rendering: dict[str, threading.Lock] = {}
        self._seen: _Seen | None = None
        self._wanted: dict[str, Render] = {}
        self._unasked: dict[str, int] = {}

    def want(self, key: str, render: Render) -> None:
        """Have a document rendered by `look` right after each change.

        Not after `UNASKED` changes in a row without anyone asking for it, until somebody does.
        """
        self._wanted[key] = render

    def get(self, key: str, render: Render) -> Kept:
        """Give the document of a key as it is now; it is rendered if it is not here.

        What `render` raises is passed on, and nothing is kept then. Raises
        CatalogueUnavailable where nothing is here and nothing can be rendered.
        """
        self._unasked.pop(key, None)
        kept = self._take(key)
        try:
            seen = self._see()
            if kept is not None and kept.is_of(seen) and kept.period.holds(clock.now()):
                return kept
            with self._one_at_a_time(key):
                other = self._take(key)
                if other is not None and other is not kept:
                    return other
                return self._render(key, render)
        except CatalogueUnavailable:
            if kept is None:
                raise
            return kept

    def last(self, key: str) -> Document | None:
        """Give the document that was last rendered for a key, if it is still here."""
        kept = self._take(key)
        return None if kept is None else kept.document

    @contextmanager
    def _one_at_a_time(self, key: str) -> Iterator[None]:
        with self._lock:
            rendering = self._rendering.setdefault(key, threading.Lock())
        try:
            with rendering:
                yield
        finally:
            with self._lock:
                # Those who wait have it; whoever comes later finds what was kept.
                self._rendering.pop(key, None)

    def period(self, now: int) -> Period:
        """Give the period that is now, from memory, if somebody calls `look` often enough.

        Raises CatalogueUnavailable.
        """
        seen = self._seen
        if seen is not None and seen.since <= now < seen.until and seen.set_at == self._set_at:
            return seen.period
        return self._see().period

    def look(self) -> None:
        """Look for a new period, and render what is wanted before anyone is given it.

        To be called, by one thread, more often than every `GLANCE` seconds.
        """
        try:
            seen = self._glanced(0)
            if self._seen is None or self._seen.period != seen.period:
                self._render_ahead()
            self._seen = seen
        except CatalogueUnavailable:
            self._seen = None

    def _see(self) -> _Seen:
        seen = self._seen
        if seen is None or time.monotonic() - seen.at > LATE:
            return self._glanced()
        return seen if seen.holds(clock.now(), self._set_at) else self._glanced()

    def _glanced(self, holds: float | None = None) -> _Seen:
        """Look for the period that is now, unless that was done within `holds` seconds.

        Costs no query unless there may be a new one.
        """
        glance, seen = self._glance, self._glance.seen
        now, tick = clock.now(), time.monotonic()
        if abs(clock.ahead() - self._ahead) > 1:
            # The writer notices, too, but only in a moment.
            self._ahead, self._set_at = clock.ahead(), now
        if seen is not None and seen.holds(now, self._set_at):
            if tick - seen.at < (GLANCE if holds is None else holds):
                return seen
            if self._catalogue.mark() == glance.mark:
                glance.seen = _seen(seen.period, tick, self._set_at, now)
                return glance.seen
        glance.seen, glance.mark = None, self._catalogue.mark()
        with self._catalogue.snapshot() as snapshot:
            period = self._period_of(Edition(snapshot, now))
        glance.seen = _seen(period, tick, self._set_at, now)
        return glance.seen

    def _render_ahead(self) -> None:
        made = {}
        for key, render in self._wanted.items():
            unasked = self._unasked.get(key, 0)
            if unasked == UNASKED:
                continue
            self._unasked[key] = unasked + 1
            made[key] = self._make(render)
            before = self.last(key)
            for coding in before.codings() if before else ():
                made[key].document.packed(coding)
        # All at once, so that feeds that are asked for together tell the same.
        with self._lock:
            for key, kept in made.items():
                self._put(key, kept)

    def _period_of(self, edition: Edition) -> Period:
        # Dates from before the clock was set say nothing about the texts of after.
        changed = max(edition.period.changed, self._set_at)
        if self._shown_by and edition.shown_by not in ("", self._shown_by):
            # The writer will say so, too, but only in a moment.
            changed = max(changed, self._started)
        return replace(edition.period, changed=changed)

    def _render(self, key: str, render: Render) -> Kept:
        kept = self._make(render)
        with self._lock:
            self._put(key, kept)
        return kept

    def _make(self, render: Render) -> Kept:
        made_at = time.monotonic()
        with self._catalogue.snapshot() as snapshot:
            edition = Edition(snapshot, clock.now())
            made_in = self._period_of(edition)
            return Kept(render(edition), self._period_of(edition), made_in, made_at)

    def _put(self, key: str, kept: Kept) -> None:
        self._drop(key)
        self._kept[key] = kept
        self._size += kept.document.size()
        while self._size > self._limit and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _take(self, key: str) -> Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _drop(self, key: str) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._size -= dropped.document.size()


def _seen(period: Period, at: float, set_at: int, now: int) -> _Seen:
    late = now + int(LATE * 1_000_000)
    until = late if period.until is None else min(late, period.until)
    return _Seen(period, at, set_at, now, until)
