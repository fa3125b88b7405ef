"""What a serving process needs to count: counts, a cache that is timed, and a task."""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import NamedTuple

from feedsvc.metrics.counts import Counts
from feedsvc.metrics.files import PUBLISH_EVERY, CountsFile
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.web.document_cache import CachedDocument, DocumentCache, Moment, Render


class Counting(NamedTuple):
    """The counts of requests, how to make the cache of documents, and the task to publish.

    `publish_every` is in seconds.
    """

    counts: Counts
    make_cache: Callable[[Catalogue], DocumentCache]
    publish: Callable[[], None]
    publish_every: float = PUBLISH_EVERY


def count(settings: Settings) -> Counting:
    """Return what this process counts with."""
    counts = Counts()
    file = CountsFile(settings.instance, counts, settings.language)
    return Counting(counts, partial(TimedCache, counts=counts), file.publish)


class TimedCache(DocumentCache):
    """The cache of documents, which counts how long each takes to be rendered."""

    def __init__(self, catalogue: Catalogue, counts: Counts) -> None:
        super().__init__(catalogue)
        self._counts = counts

    def _render(self, render: Render, moment: Moment) -> CachedDocument:
        begun = perf_counter()
        rendered = super()._render(render, moment)
        self._counts.rendered(perf_counter() - begun)
        return rendered
