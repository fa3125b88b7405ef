"""The response cache, observed: who counts or logs requests is told of each.

Without observers there is the plain `ResponseCache`, and nothing of this is loaded.
"""

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, cast

from flask import Response, request

from feedsvc.edition import ValidityPeriod
from feedsvc.web.response_cache import DOCUMENT, CachedResponse, ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = Sequence[tuple[str, str]]


class Observer(Protocol):
    """What is told of requests. Its methods must be quick, safe to share, and never raise."""

    def hit(self, environ: "WSGIEnvironment", response: CachedResponse) -> None:
        """Note a request that is answered from memory."""

    def miss(self, environ: "WSGIEnvironment", code: int, headers: Headers, seconds: float) -> None:
        """Note a request that the application has answered, and how long that took.

        That does not include the time that a long response takes to be sent.
        """


class ObservedCache(ResponseCache):
    """The response cache that tells observers of each request."""

    def __init__(
        self,
        app: "WSGIApplication",
        validity: Callable[[int], ValidityPeriod],
        observers: Sequence[Observer],
    ) -> None:
        super().__init__(_observed(app, [each.miss for each in observers]), validity)
        self._hits = tuple(each.hit for each in observers)

    def lookup(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the valid response to an equivalent request, or None. The caller sends it."""
        found = ResponseCache.lookup(self, environ)
        if found is not None:
            for hit in self._hits:
                hit(environ, found)
        return found


def name_document(response: Response) -> Response:
    """Note, after a request, which document answered it; for `Flask.after_request`."""
    request.environ[DOCUMENT] = request.endpoint or ""
    return response


def _observed(app: "WSGIApplication", misses: Sequence[Callable[..., None]]) -> "WSGIApplication":
    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        started: list[Any] = ["500", ()]

        def start(status: str, headers: list[tuple[str, str]], *error: object) -> Any:  # noqa: ANN401 - as in PEP 3333
            started[:] = status, headers
            return start_response(status, headers, *error)  # type: ignore[arg-type]

        begun = perf_counter()
        try:
            return app(environ, cast("StartResponse", start))
        finally:
            status, headers = started
            for miss in misses:
                miss(environ, int(status[:3]), headers, perf_counter() - begun)

    return call
