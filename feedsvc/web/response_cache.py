"""Response cache: WSGI middleware that replays the cached response to an equivalent request.

Requests are equivalent if they are alike in method, path, query and host, in the conditional
headers (RFC 9110 section 13.1), and in those that the response names in `Vary`. Only
responses for which the application leaves a `CachePolicy` are kept, for as long as that says.
Nothing is known here of feeds, tags or codings: any other request goes to the application.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from feedsvc import clock
from feedsvc.edition import ValidityPeriod
from feedsvc.errors import CatalogueUnavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The key in the WSGI environment under which the application leaves the policy.
CACHE_POLICY = "feedsvc.cache_policy"
# The same, for a list whose only number is to count the replays of the response; may be absent.
REPLAYS = "feedsvc.replays"
MAX_RESPONSES = 10_000
LIMIT = 8 * 1024 * 1024
# About what one response takes beside its body and headers.
_OVERHEAD = 1_500
# A response larger than this part of the limit is not kept.
_SHARE = 8
_KEYS = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "HTTP_HOST"),
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
    *("HTTP_RANGE", "HTTP_IF_RANGE"),
)
_FOREVER = 2**63


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Validity of a cached response: in a period (None: in any), from `since`, before `until`.

    Moments are microseconds since the epoch; None means no end.
    """

    period: ValidityPeriod | None
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response that is kept; `code` is the number that its status begins with.

    `replays` is what the application has left to count them with, or None.
    """

    status: str
    code: int
    headers: list[tuple[str, str]]
    body: bytes
    since: int
    until: int
    replays: list[int] | None


@dataclass(frozen=True, slots=True)
class _Vary:
    """The headers in which requests that are equal so far differ, and the responses to them."""

    names: tuple[str, ...]
    responses: "_Responses"


_Responses = dict[tuple[str | None, ...], CachedResponse | _Vary]


class _Generation:
    """The responses of one period."""

    def __init__(self, period: ValidityPeriod) -> None:
        self.period = period
        self.clear()

    def clear(self) -> None:
        self.responses: _Responses = {}
        self.count = 0
        self.size = 0

    def find(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the response to an equivalent request, if there is one."""
        get = environ.get
        found = self.responses.get(tuple(map(get, _KEYS)))
        while isinstance(found, _Vary):
            found = found.responses.get(tuple(map(get, found.names)))
        return found

    def add(self, environ: "WSGIEnvironment", response: CachedResponse, names: set[str]) -> None:
        """Keep the response to a request; these headers, too, distinguish it from others."""
        get = environ.get
        responses, known = self.responses, set(_KEYS)
        key = tuple(map(get, _KEYS))
        while isinstance(found := responses.get(key), _Vary):
            responses, known = found.responses, known.union(found.names)
            key = tuple(map(get, found.names))
        more = tuple(names - known)
        responses[key] = _Vary(more, {tuple(map(get, more)): response}) if more else response


class ResponseCache:
    """The middleware. Safe to share among threads.

    `validity` returns the period of this moment, or raises CatalogueUnavailable. At most
    `max_responses` are kept, in about `limit` bytes. When they are full, as when the period
    ends, all are dropped: frequent ones soon return.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        validity: Callable[[int], ValidityPeriod],
        max_responses: int = MAX_RESPONSES,
        limit: int = LIMIT,
    ) -> None:
        self._app = app
        self._validity = validity
        self._max_responses = max_responses
        self._limit = limit
        self._generation = _Generation(ValidityPeriod(0, 0, 0, 0))
        self._lock = threading.Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        found = self.lookup(environ)
        if found is None:
            return self._forward(environ, start_response)
        # A server may change the list (PEP 3333).
        start_response(found.status, [*found.headers])
        return [found.body]

    def lookup(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the valid response to an equivalent request, to be sent now, or None.

        For servers that have other ways to answer; `environ` stays as it is.
        """
        now = clock.now()
        try:
            period = self._validity(now)
        except CatalogueUnavailable:
            return None
        generation = self._generation
        if generation.period is not period and generation.period != period:
            self._generation = _Generation(period)
            return None
        found = generation.find(environ)
        if found is None or not found.since <= now < found.until:
            return None
        if (replays := found.replays) is not None:
            # Without a lock: within this line nothing is called, and only at calls and jumps
            # does CPython change to another thread.
            replays[0] += 1
        return found

    def _forward(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        generation = self._generation
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *error: object) -> Any:  # noqa: ANN401
            started[:] = status, [*headers]
            return start_response(status, headers, *error)  # type: ignore[arg-type]

        body = self._app(environ, cast("StartResponse", start))
        policy = environ.get(CACHE_POLICY)
        if policy is None or policy.period not in (None, generation.period):
            return body
        whole = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        status, headers = started
        until = _FOREVER if policy.until is None else policy.until
        code, replays = int(status[:3]), environ.get(REPLAYS)
        with self._lock:
            response = CachedResponse(status, code, headers, whole, policy.since, until, replays)
            self._keep(generation, environ, response)
        return [whole]

    def _keep(
        self, generation: _Generation, environ: "WSGIEnvironment", response: CachedResponse
    ) -> None:
        names = {
            "HTTP_" + name.strip().upper().replace("-", "_")
            for header, value in response.headers
            if header.lower() == "vary"
            for name in value.split(",")
        }
        texts = sum(len(environ.get(name) or "") for name in names.union(_KEYS))
        size = _OVERHEAD + len(response.body) + 2 * texts
        if size > self._limit // _SHARE:
            return
        if generation.count >= self._max_responses or generation.size + size > self._limit:
            generation.clear()
            return
        generation.add(environ, response, names)
        generation.count += 1
        generation.size += size
