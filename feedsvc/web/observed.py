"""What the application answers, observed: who counts or logs requests is told of each.

Without that there is the application alone, and nothing of this is loaded.
"""

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = Sequence[tuple[str, str]]
# Is told of the request, the status code, the headers and the seconds until the response began.
# It must be quick, safe to share among threads, and never raise.
Observe = Callable[["WSGIEnvironment", int, Headers, float], None]


def observed(app: "WSGIApplication", observers: Sequence[Observe]) -> "WSGIApplication":
    """Return an application that tells observers of each request that it answers."""

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
            for observe in observers:
                observe(environ, int(status[:3]), headers, perf_counter() - begun)

    return call
