"""Counts: what one serving process has answered, and how long it took.

All labels are from lists that are fixed here, so that no request can make another series.
"""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask import Response, request

from feedsvc.documents import DOCUMENTS
from feedsvc.web.observed import Headers
from feedsvc.web.response_cache import REPLAYS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What is no document: redirects of old addresses, and paths where there is nothing.
OTHER = "other"
NAMES = frozenset(each.name for each in DOCUMENTS) | {OTHER}
# The status codes that Flask, Werkzeug and this service answer with; another one is counted as
# the first of its class.
CODES = (200, 206, 226, 301, 302, 304, 308, 400, 404, 405, 410, 412, 416, 500, 503)
_FIRST_OF_CLASS = {2: 200, 3: 301, 4: 400, 5: 500}
# The key in the WSGI environment under which the name of the document stands.
_DOCUMENT = "feedsvc.document"
# In seconds, the upper bounds of a histogram's buckets.
BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
# A number that only grows, and what it is of: `requests`, document, code and `hit` or `miss`;
# `miss` or `render`, document, and a bucket's number or `sum`.
Key = tuple[str, ...]
Samples = dict[Key, float]
_BUCKET_NAMES = (*map(str, range(len(BUCKETS) + 1)), "sum")
_CODE_NAMES = frozenset(map(str, CODES))
_HISTOGRAMS = {"miss": NAMES, "render": frozenset({""})}


def is_known(key: Key) -> bool:
    """Return whether this version counts under a key."""
    match key:
        case ("requests", name, code, "hit" | "miss"):
            return name in NAMES and code in _CODE_NAMES
        case ("miss" | "render" as kind, name, bucket):
            return name in _HISTOGRAMS[kind] and bucket in _BUCKET_NAMES
    return False


class Counts:
    """What this process has counted since it began. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Begin anew, in a process that was forked from one that has counted."""
        self._hits: dict[tuple[str, int], list[int]] = {}
        self._misses: dict[tuple[str, int], int] = defaultdict(int)
        self._times: dict[tuple[str, str], list[float]] = {}

    def prepare(self, response: Response) -> Response:
        """Leave what a response is counted with, from memory or not; for `after_request`."""
        document = request.endpoint if request.endpoint in NAMES else OTHER
        request.environ[_DOCUMENT] = document
        with self._lock:
            key = document, _code(response.status_code)
            request.environ[REPLAYS] = self._hits.setdefault(key, [0])
        return response

    def count(
        self, environ: "WSGIEnvironment", code: int, _headers: Headers, seconds: float
    ) -> None:
        """Count a request that the application has answered after so many seconds."""
        document = environ.get(_DOCUMENT, OTHER)
        with self._lock:
            self._misses[document, _code(code)] += 1
            self._observe("miss", document, seconds)

    def rendered(self, seconds: float) -> None:
        """Count a document that was rendered in so many seconds."""
        with self._lock:
            self._observe("render", "", seconds)

    def _observe(self, kind: str, name: str, seconds: float) -> None:
        counts = self._times.setdefault((kind, name), [0] * (len(BUCKETS) + 2))
        counts[bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds

    def samples(self) -> Samples:
        """Return all counts by their keys."""
        with self._lock:
            found: Samples = {
                ("requests", document, str(code), "hit"): count
                for (document, code), (count,) in self._hits.items()
                if count
            }
            for (document, code), number in self._misses.items():
                found["requests", document, str(code), "miss"] = number
            for (kind, name), values in self._times.items():
                for bucket, value in zip(_BUCKET_NAMES, values, strict=True):
                    found[kind, name, bucket] = value
        return found


def _code(code: int) -> int:
    return code if code in CODES else _FIRST_OF_CLASS.get(code // 100, 500)


def add(total: Samples, more: Mapping[Key, float]) -> None:
    """Add samples to others."""
    for key, value in more.items():
        total[key] = total.get(key, 0) + value
