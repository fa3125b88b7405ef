"""Cache of rendered documents, each valid for one period.

A document is rendered once for each period of the news (`edition.ValidityPeriod`), by one
thread while others wait for it; the least recently used make room for new ones. If the
catalogue cannot be read, the last good version is still returned. Documents that are often
requested are rendered right after a change, before it becomes visible.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from feedsvc import clock
from feedsvc.edition import Edition, ValidityPeriod
from feedsvc.errors import CatalogueUnavailable
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.snapshot import Snapshot
from feedsvc.web.freshness import Check, Freshness
from feedsvc.web.representation import Representation

# In bytes, in each process. Many different searches fill it: two of 32 MB exceeded the 200 MB
# that all processes together may take.
LIMIT = 16 * 1024 * 1024
# A document is not rendered ahead any more after this many changes without a request for it.
MAX_UNUSED = 20

Render = Callable[[Edition], Representation]


@dataclass(frozen=True, slots=True)
class CachedDocument:
    """A document, the period it is valid for, and the period of the news it was rendered in.

    `rendered_at` is when that was, on the monotonic clock.
    """

    document: Representation
    period: ValidityPeriod
    rendered_in: ValidityPeriod
    rendered_at: float = 0

    def is_current(self, check: Check) -> bool:
        """Return whether it was rendered in the period of a check, or later."""
        return self.rendered_in == check.period or self.rendered_at > check.at


class Moment(NamedTuple):
    """What is rendered from: a snapshot, and when it was opened, by both clocks."""

    snapshot: Snapshot
    now: int
    at: float


class DocumentCache:
    """Documents by key, within `limit` bytes. Safe to share among threads."""

    def __init__(self, catalogue: Catalogue, limit: int = LIMIT) -> None:
        self._catalogue = catalogue
        self._limit = limit
        self._size = 0
        self._cached: OrderedDict[str, CachedDocument] = OrderedDict()
        self._freshness = Freshness(catalogue)
        self._lock = threading.Lock()
        self._rendering: dict[str, threading.Lock] = {}
        self._ahead: dict[str, Render] = {}
        self._unused: dict[str, int] = {}

    def render_ahead(self, key: str, render: Render) -> None:
        """Have `refresh` render a document right after each change, while it is in use."""
        self._ahead[key] = render

    def get(self, key: str, render: Render) -> CachedDocument:
        """Return the current document of a key, rendered now if it is not cached.

        What `render` raises is passed on, and nothing is cached then. Raises
        CatalogueUnavailable if nothing is cached and nothing can be rendered.
        """
        self._unused.pop(key, None)
        cached = self._find(key)
        try:
            check = self._freshness.last_check()
            if cached is not None and cached.is_current(check) and cached.period.holds(clock.now()):
                return cached
            with self._one_at_a_time(key):
                other = self._find(key)
                if other is not None and other is not cached:
                    return other
                with self._moment() as moment:
                    rendered = self._render(render, moment)
                with self._lock:
                    self._put(key, rendered)
                return rendered
        except CatalogueUnavailable:
            if cached is None:
                raise
            return cached

    def latest(self, key: str) -> Representation | None:
        """Return the document last rendered for a key, if it is still cached."""
        cached = self._find(key)
        return None if cached is None else cached.document

    @contextmanager
    def _one_at_a_time(self, key: str) -> Iterator[None]:
        with self._lock:
            rendering = self._rendering.setdefault(key, threading.Lock())
        try:
            with rendering:
                yield
        finally:
            with self._lock:
                # Threads that wait hold it already; later ones find the cached document.
                self._rendering.pop(key, None)

    def validity(self, now: int) -> ValidityPeriod:
        """Return the period of this moment. Raises CatalogueUnavailable."""
        return self._freshness.current(now)

    def refresh(self) -> bool:
        """Check for a new period, and render what is to be rendered ahead; return if it is new.

        Called by one thread, within `wait_at_most` seconds. The new period is published once its
        documents are rendered; they are encoded after that, as a reader may want them plain.
        """
        try:
            check = self._freshness.check(0)
            is_new = self._freshness.is_new(check)
            encodings = self._render_all_ahead() if is_new else ()
            self._freshness.publish(check)
        except CatalogueUnavailable:
            self._freshness.publish(None)
            return False
        for document, coding in encodings:
            document.encoded(coding)
        return is_new

    def wait_at_most(self) -> float:
        """Return within how many seconds to call `refresh` though the catalogue has not changed."""
        return self._freshness.wait_at_most()

    def _render_all_ahead(self) -> list[tuple[Representation, str]]:
        """Render documents; return them with the content codings that were asked for before."""
        rendered: dict[str, CachedDocument] = {}
        encodings = []
        with self._moment() as moment:
            for key, render in self._ahead.items():
                unused = self._unused.get(key, 0)
                if unused == MAX_UNUSED:
                    continue
                self._unused[key] = unused + 1
                rendered[key] = self._render(render, moment)
                before = self.latest(key)
                codings = before.content_codings() if before else ()
                encodings += [(rendered[key].document, coding) for coding in codings]
        # All at once, so that feeds requested together agree.
        with self._lock:
            for key, cached in rendered.items():
                self._put(key, cached)
        return encodings

    @contextmanager
    def _moment(self) -> Iterator[Moment]:
        at = time.monotonic()
        with self._catalogue.snapshot() as snapshot:
            yield Moment(snapshot, clock.now(), at)

    def _render(self, render: Render, moment: Moment) -> CachedDocument:
        edition = Edition(moment.snapshot, moment.now)
        rendered_in = edition.period
        document = render(edition)
        return CachedDocument(document, edition.period, rendered_in, moment.at)

    def _put(self, key: str, cached: CachedDocument) -> None:
        self._drop(key)
        self._cached[key] = cached
        self._size += cached.document.size()
        while self._size > self._limit and len(self._cached) > 1:
            self._drop(next(iter(self._cached)))

    def _find(self, key: str) -> CachedDocument | None:
        with self._lock:
            cached = self._cached.get(key)
            if cached is not None:
                self._cached.move_to_end(key)
            return cached

    def _drop(self, key: str) -> None:
        dropped = self._cached.pop(key, None)
        if dropped is not None:
            self._size -= dropped.document.size()
