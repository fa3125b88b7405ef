"""The response cache: which responses are replayed to which requests, in bounded memory."""

import threading
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import Client, create_environ

from feedsvc.edition import ValidityPeriod
from feedsvc.errors import CatalogueUnavailable
from feedsvc.web.response_cache import CACHE_POLICY, CachePolicy, ResponseCache
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ATOM = "/feeds/atom.xml"
PERIOD = ValidityPeriod(revision=1, since=0, until=None, newest=0)


class Application:
    """Answers with the number of the request, and with the `Vary` that it is given."""

    def __init__(self, *vary: str) -> None:
        self.calls = 0
        self.closed = 0
        self.vary = vary
        self.policy: CachePolicy | None = CachePolicy(PERIOD, 0, None)
        self.body = b"x" * 1000

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self.calls += 1
        if self.policy is not None:
            environ[CACHE_POLICY] = self.policy
        start_response("200 OK", [("Number", str(self.calls)), *(("Vary", v) for v in self.vary)])
        return Body(self, [self.body])


class Body(list[bytes]):
    def __init__(self, app: Application, pieces: list[bytes]) -> None:
        super().__init__(pieces)
        self._app = app

    def close(self) -> None:
        self._app.closed += 1


def number(cache: ResponseCache, path: str = "/", method: str = "GET", **headers: str) -> int:
    """Request a path, and return which of the application's responses is sent."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = Client(cache).open(path, method=method, headers=named)
    assert method == "HEAD" or response.data == b"x" * 1000
    return int(response.headers["Number"])


def test_equivalent_requests_reach_the_application_once() -> None:
    app = Application()
    cache = ResponseCache(app, lambda _: PERIOD)
    assert [number(cache) for _ in range(3)] == [1, 1, 1]
    assert number(cache, User_Agent="another") == 1
    assert (app.calls, app.closed) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/x"},
        {"path": "/?q"},
        {"method": "HEAD"},
        {"Host": "other.example"},
        {"If_None_Match": '"x"'},
        {"If_Modified_Since": http_date(0)},
        {"If_Match": '"x"'},
        {"If_Unmodified_Since": http_date(0)},
        {"Range": "bytes=0-1"},
        {"If_Range": '"x"'},
        {"Accept_Encoding": "gzip"},
        {"A_IM": "feed"},
    ],
)
def test_a_request_that_differs_reaches_the_application(other: dict[str, str]) -> None:
    cache = ResponseCache(Application("Accept-Encoding, A-IM"), lambda _: PERIOD)
    for _ in range(2):
        assert (number(cache), number(cache, **other)) == (1, 2)


def test_a_response_may_vary_by_more_headers_than_others() -> None:
    app = Application("Accept-Encoding")
    cache = ResponseCache(app, lambda _: PERIOD)
    assert number(cache, Accept_Encoding="gzip") == 1
    app.vary = ("Accept-Encoding, A-IM", "User-Agent")
    assert number(cache, Accept_Encoding="br", User_Agent="a") == 2
    assert number(cache, Accept_Encoding="br", User_Agent="b") == 3
    assert number(cache, Accept_Encoding="br", User_Agent="a", A_IM="feed") == 4
    assert number(cache, Accept_Encoding="br", User_Agent="a") == 2
    # The first response still varies by its coding alone.
    assert number(cache, Accept_Encoding="gzip", User_Agent="b") == 1


def test_a_response_without_a_policy_is_not_kept() -> None:
    app = Application()
    app.policy = None
    cache = ResponseCache(app, lambda _: PERIOD)
    assert [number(cache), number(cache)] == [1, 2]


def test_a_new_period_drops_all_responses() -> None:
    now = PERIOD
    app = Application()
    cache = ResponseCache(app, lambda _: now)
    assert number(cache) == 1
    now = replace(PERIOD, revision=2)
    # A response of the period before is not kept for this one.
    assert [number(cache), number(cache)] == [2, 3]
    app.policy = CachePolicy(now, 0, None)
    assert [number(cache), number(cache)] == [4, 4]
    app.policy = CachePolicy(None, 0, None)
    assert [number(cache, "/x"), number(cache, "/x")] == [5, 5]


def test_a_response_is_replayed_only_while_its_policy_is_valid(set_clock: SetClock) -> None:
    set_clock(NOW)
    app = Application()
    app.policy = CachePolicy(PERIOD, NOW, NOW + SECOND)
    cache = ResponseCache(app, lambda _: PERIOD)
    assert [number(cache), number(cache)] == [1, 1]
    set_clock(NOW + SECOND - 1)
    assert number(cache) == 1
    set_clock(NOW + SECOND)
    assert number(cache) == 2
    set_clock(NOW - 1)
    assert number(cache) == 3


def test_a_server_can_look_a_response_up() -> None:
    cache = ResponseCache(Application(), lambda _: PERIOD)
    environ = create_environ("/", headers={"Accept-Encoding": "gzip"})
    assert cache.lookup(environ) is None
    assert number(cache, Accept_Encoding="gzip") == 1
    found = cache.lookup(environ)
    assert found
    assert (found.code, found.status, found.body) == (200, "200 OK", b"x" * 1000)


def test_without_a_catalogue_every_request_reaches_the_application() -> None:
    def unavailable(_now: int) -> ValidityPeriod:
        raise CatalogueUnavailable("gone")

    cache = ResponseCache(Application(), unavailable)
    assert [number(cache), number(cache)] == [1, 2]


def test_memory_is_bounded_whatever_is_sent() -> None:
    app = Application("Accept-Encoding")
    cache = ResponseCache(app, lambda _: PERIOD, max_responses=100, limit=1_000_000)
    tracemalloc.start()
    for index in range(3_000):
        app.body = b"x" * 20_000
        ask(cache, HTTP_ACCEPT_ENCODING=f"x{index}", HTTP_IF_NONE_MATCH="y" * (index % 500))
    # Without a bound it would be sixty megabytes.
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.reset_peak()
    app.body = b"x" * 20
    for index in range(3_000):
        ask(cache, PATH_INFO=f"/{index}")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    # A response too large to be kept leaves nothing behind.
    tracemalloc.reset_peak()
    app.body = b"x" * 200_000
    for index in range(3_000):
        ask(cache, PATH_INFO=f"/{index}", HTTP_IF_NONE_MATCH=str(index) * 300)
    assert tracemalloc.get_traced_memory()[1] < 1_500_000
    tracemalloc.stop()
    # Nor is it replayed.
    app.body = b"x" * 200_000
    assert ask(cache, PATH_INFO="/big") == ask(cache, PATH_INFO="/big")
    assert app.calls == 9_002


def ask(cache: ResponseCache, **environ: str) -> list[bytes]:
    return [*cache(dict(environ), cast("StartResponse", lambda *_: None))]


def test_a_server_may_change_the_headers_it_receives() -> None:
    cache = ResponseCache(Application(), lambda _: PERIOD)
    received: list[list[tuple[str, str]]] = []

    def start(_status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], None]:
        received.append([*headers])
        headers.clear()
        return lambda _: None

    bodies = [cache({"PATH_INFO": "/"}, start) for _ in range(3)]
    assert received == [[("Number", "1")]] * 3
    # The bytes are shared, never copied.
    assert len({id(piece) for body in bodies for piece in body}) == 1


def test_the_bytes_of_a_document_are_shared(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({"a.md": item("A", body="Text. " * 100)})
    bodies: list[Iterable[bytes]] = []
    cache = client.application.wsgi_app

    def request(tag: str) -> None:
        environ = {**client_environ(client), "HTTP_IF_NONE_MATCH": tag}
        bodies.append([*cache(environ, cast("StartResponse", lambda *_: None))])

    threads = [threading.Thread(target=request, args=(f'"{each}"',)) for each in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(piece) for body in bodies for piece in body}) == 1


def client_environ(client: FlaskClient) -> "WSGIEnvironment":
    with client.application.test_request_context(
        ATOM, headers={"Accept-Encoding": "gzip"}
    ) as context:
        return {
            key: value
            for key, value in context.request.environ.items()
            if not key.startswith("werkzeug.request")
        }


@pytest.mark.long
def test_three_million_headers_leave_memory_where_it_was() -> None:
    body, policy = [b"x" * 1000], CachePolicy(PERIOD, 0, None)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ[CACHE_POLICY] = policy
        start_response("200 OK", [("Vary", "Accept-Encoding")])
        return body

    cache = ResponseCache(app, lambda _: PERIOD)
    start = cast("StartResponse", lambda *_: None)
    for index in range(3_000_000):
        cache({"HTTP_ACCEPT_ENCODING": str(index), "HTTP_IF_NONE_MATCH": "x" * 500}, start)
        if index == 100_000:
            before = resident()
    assert resident() - before < 8_000_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
