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
_EVER = 2**63


@dataclass(frozen=True, slots=True)
class Mark:
    """For how long an answer holds: in a period (None: in any), from `since`, before `until`.

    Moments are microseconds since the epoch; None means no end.
    """

    period: Period | None
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is kept; `code` is the number that its status begins with."""

    status: str
    code: int
    headers: list[tuple[str, str]]
    body: bytes
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class _More:
    """What else tells requests apart that are alike so far, and what is kept of them."""

    names: tuple[str, ...]
    kept: "_Kept"


_Kept = dict[tuple[str | None, ...], Answer | _More]


class _Held:
    """What is kept for one period."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self.begin()

    def begin(self) -> None:
        self.kept: _Kept = {}
        self.count = 0
        self.size = 0

    def find(self, environ: "WSGIEnvironment") -> Answer | None:
        """Give the answer to a request, if it is here."""
        get = environ.get
        found = self.kept.get(tuple(map(get, _ALIKE)))
        while isinstance(found, _More):
            found = found.kept.get(tuple(map(get, found.names)))
        return found

    def keep(self, environ: "WSGIEnvironment", answer: Answer, names: set[str]) -> None:
        """Keep the answer to a request, which these names tell apart from others."""
        get = environ.get
        kept, known = self.kept, set(_ALIKE)
        key = tuple(map(get, _ALIKE))
        while isinstance(found := kept.get(key), _More):
            kept, known = found.kept, known.union(found.names)
            key = tuple(map(get, found.names))
        more = tuple(names - known)
        kept[key] = _More(more, {tuple(map(get, more)): answer}) if more else answer


class Memo:
    """The middleware. Safe to share among threads.

    `period` gives the period of a moment, now, or raises CatalogueUnavailable. At most
    `most` answers are kept, in about `limit` bytes; when they are full, as when
    the period ends, it begins anew: what is asked for often is soon there again.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        period: Callable[[int], Period],
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
        found = self.recall(environ)
        if found is None:
            return self._ask(environ, start_response)
        # A server may do with the list what it likes (PEP 3333).
        start_response(found.status, [*found.headers])
        return [found.body]

    def recall(self, environ: "WSGIEnvironment") -> Answer | None:
        """Give the answer to a request if it is kept, and holds.

        For a server that has other ways to answer, too; whatever is in `environ` stays.
        """
        now = clock.now()
        try:
            period = self._period(now)
        except CatalogueUnavailable:
            return None
        held = self._held
        if held.period is not period and held.period != period:
            self._held = _Held(period)
            return None
        found = held.find(environ)
        return found if found is not None and found.since <= now < found.until else None

    def _ask(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        held = self._held
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *error: object) -> Any:  # noqa: ANN401
            started[:] = status, [*headers]
            return start_response(status, headers, *error)  # type: ignore[arg-type]

        body = self._app(environ, cast("StartResponse", start))
        mark = environ.get(MARK)
        if mark is None or mark.period not in (None, held.period):
            return body
        whole = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        status, headers = started
        until = _EVER if mark.until is None else mark.until
        with self._lock:
            answer = Answer(status, int(status[:3]), headers, whole, mark.since, until)
            self._keep(held, environ, answer)
        return [whole]

    def _keep(self, held: _Held, environ: "WSGIEnvironment", answer: Answer) -> None:
        names = {
            "HTTP_" + name.strip().upper().replace("-", "_")
            for header, value in answer.headers
            if header.lower() == "vary"
            for name in value.split(",")
        }
        texts = sum(len(environ.get(name) or "") for name in names.union(_ALIKE))
        size = _EACH + len(answer.body) + 2 * texts
        if size > self._limit // _SHARE:
            return
        if held.count >= self._most or held.size + size > self._limit:
            held.begin()
            return
        held.keep(environ, answer, names)
        held.count += 1
        held.size += size
