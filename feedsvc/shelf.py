"""The shelf: documents kept for as long as they hold.

A document is rendered once for each period of the news (see `edition.Period`),
by one thread while others wait for it, and the least used ones make room for
new ones. Where the catalogue cannot be read, what is on the shelf is still
given: the last good state.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from feedsvc import clock
from feedsvc.catalogue import Catalogue
from feedsvc.document import Document
from feedsvc.edition import Edition, Period
from feedsvc.errors import CatalogueUnavailable

LIMIT = 32 * 1024 * 1024
# How long, in seconds, a change may go unnoticed.
GLANCE = 0.05


@dataclass(frozen=True, slots=True)
class Kept:
    """A document, the period it holds for, and the period of all the news it was made in."""

    document: Document
    period: Period
    made_in: Period


class _Glance(threading.local):
    at: float = 0
    set_at: int = 0
    mark: tuple[int, ...] = ()
    period: Period | None = None


class Shelf:
    """Documents by key, within `limit` bytes. Safe to share among threads."""

    def __init__(self, catalogue: Catalogue, limit: int = LIMIT, shown_by: str = "") -> None:
        self._catalogue = catalogue
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._glance = _Glance()
        self._ahead = _wall_clock_ahead()
        self._set_at = 0
        self._shown_by = shown_by
        self._started = clock.now()
        self._lock = threading.Lock()
        self._rendering: dict[str, threading.Lock] = {}

    def get(self, key: str, render: Callable[[Edition], Document]) -> Kept:
        """Give the document of a key as it is now; it is rendered if it is not here.

        What `render` raises is passed on, and nothing is kept then. Raises
        CatalogueUnavailable where nothing is here and nothing can be rendered.
        """
        kept = self._take(key)
        try:
            period = self._period()
            if kept is not None and kept.made_in == period and kept.period.holds(clock.now()):
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

    def _period(self) -> Period:
        """Give the period that is now. Costs no query unless there may be a new one."""
        glance = self._glance
        now, tick = clock.now(), time.monotonic()
        if abs(_wall_clock_ahead() - self._ahead) > 1:
            # The writer notices, too, but only in a moment.
            self._ahead, self._set_at = _wall_clock_ahead(), now
        if glance.period is not None and glance.period.holds(now) and glance.set_at == self._set_at:
            if tick - glance.at < GLANCE:
                return glance.period
            if self._catalogue.mark() == glance.mark:
                glance.at = tick
                return glance.period
        glance.mark, glance.at, glance.set_at = self._catalogue.mark(), tick, self._set_at
        with self._catalogue.snapshot() as snapshot:
            glance.period = self._period_of(Edition(snapshot, now))
        return glance.period

    def _period_of(self, edition: Edition) -> Period:
        # Dates from before the clock was set say nothing about the texts of after.
        changed = max(edition.period.changed, self._set_at)
        if self._shown_by and edition.shown_by not in ("", self._shown_by):
            # The writer will say so, too, but only in a moment.
            changed = max(changed, self._started)
        return replace(edition.period, changed=changed)

    def _render(self, key: str, render: Callable[[Edition], Document]) -> Kept:
        with self._catalogue.snapshot() as snapshot:
            edition = Edition(snapshot, clock.now())
            made_in = self._period_of(edition)
            kept = Kept(render(edition), self._period_of(edition), made_in)
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self._size += kept.document.size()
            while self._size > self._limit and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))
        return kept

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


def _wall_clock_ahead() -> float:
    return time.time() - time.monotonic()
