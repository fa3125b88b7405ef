"""The memo: WSGI middleware that repeats whole answers.

It repeats an answer to a request like the one that had it: alike in method,
path, query and host, in the conditional headers (RFC 9110 section 13.1), and in
those that the answer names in `Vary`. Only answers that the application marks
are kept, for as long as the mark says. It knows nothing of feeds, tags or
codings: a request unlike any before goes to the application.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from feedsvc import clock
from feedsvc.edition import Period
from feedsvc.errors import CatalogueUnavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where the application leaves the mark, in the WSGI environment.
MARK = "feedsvc.memo"
MOST = 10_000
LIMIT = 8 * 1024 * 1024
# About what one kept answer takes beside its texts.
_EACH = 1_500
# What takes more than this part of the room is not kept.
_SHARE = 8
_ALIKE = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "HTTP_HOST"),
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
    *("HTTP_RANGE", "HTTP_IF_RANGE"),
)
_Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """For how long an answer holds: in a period (None: in any), from `since`, before `until`.

    Moments are microseconds since the epoch; None means no end.
    """

    period: Period | None
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class _Names:
    """More of the environment that tells requests apart which are alike so far."""

    names: tuple[str, ...]


class _Held:
    """What is kept for one period."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self.kept: dict[_Key, _Answer | _Names] = {}
        self.size = 0

    def find(self, environ: "WSGIEnvironment") -> tuple[_Key, tuple[str, ...], _Answer | None]:
        """Give a request's key, what of the environment it is made of, and its answer, if any."""
        names: tuple[str, ...] = _ALIKE
        get = environ.get
        key: _Key = tuple(map(get, names))
        found = self.kept.get(key)
        while isinstance(found, _Names):
            names += found.names
            key += tuple(map(get, found.names))
            found = self.kept.get(key)
        return key, names, found


class Memo:
    """The middleware. Safe to share among threads.

    `period` gives the period that is now, or raises CatalogueUnavailable. At most
    `most` answers are kept, in about `limit` bytes; when they are full, as when
    the period ends, it begins anew: what is asked for often is soon there again.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        period: Callable[[], Period],
        most: int = MOST,
        limit: int = LIMIT,
    ) -> None:
        self._app = app
        self._period = period
        self._most = most
        self._limit = limit
        self._held = _Held(Period(0, 0, 0, 0))
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        try:
            period = self._period()
        except CatalogueUnavailable:
            return self._app(environ, start_response)
        held = self._held
        if held.period is not period and held.period != period:
            held = self._held = _Held(period)
        found = held.find(environ)[2]
        if found is not None:
            now = clock.now()
            if found.since <= now and (found.until is None or now < found.until):
                # A server may do with the list what it likes (PEP 3333).
                start_response(found.status, [*found.headers])
                return found.body
        return self._ask(environ, start_response, held)

    def _ask(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", held: _Held
    ) -> Iterable[bytes]:
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *error: object) -> Any:  # noqa: ANN401
            started[:] = status, [*headers]
            return start_response(status, headers, *error)  # type: ignore[arg-type]

        body = self._app(environ, cast("StartResponse", start))
        mark = environ.get(MARK)
        if mark is None or mark.period not in (None, held.period):
            return body
        pieces = [*body]
        if hasattr(body, "close"):
            body.close()
        status, headers = started
        answer = _Answer(status, headers, pieces, mark.since, mark.until)
        with self._lock:
            self._keep(held, environ, answer)
        return pieces

    def _keep(self, held: _Held, environ: "WSGIEnvironment", answer: _Answer) -> None:
        names = {
            "HTTP_" + name.strip().upper().replace("-", "_")
            for header, value in answer.headers
            if header.lower() == "vary"
            for name in value.split(",")
        }
        key, known, _ = held.find(environ)
        more = tuple(sorted(names.difference(known)))
        whole = key + tuple(map(environ.get, more))
        size = _EACH + sum(map(len, answer.body)) + 2 * sum(len(text or "") for text in whole)
        if size > self._limit // _SHARE:
            return
        if len(held.kept) >= self._most or held.size + size > self._limit:
            held.kept.clear()
            held.size = 0
            return
        if more:
            held.kept[key] = _Names(more)
        held.kept[whole] = answer
        held.size += size
