"""The memo: the same answers as without it, in bounded room."""

import threading
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.http import http_date
from werkzeug.test import Client, create_environ

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.dates import from_microseconds
from feedsvc.edition import ValidityPeriod
from feedsvc.errors import CatalogueUnavailable
from feedsvc.settings import Settings
from feedsvc.web import freshness
from feedsvc.web.response_cache import CACHE_POLICY, CachePolicy, ResponseCache
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ATOM = "/feeds/atom.xml"
PERIOD = ValidityPeriod(revision=1, since=0, until=None, changed=0)
PATHS = (
    *(ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml", "/", "/static/style.css"),
    *("/category/sport/", "/feeds/category/sport/atom.xml", "/archive/2026/01/", "/feed", "/feeds"),
    *("/presscenter/news/detail/a.html", "/presscenter/news/detail/d.html", "/sitemap.xml"),
    *("/feeds/archive/2026/01/atom.xml", "/robots.txt", "/readyz", "/healthz", "/nothing", "//"),
)
MOMENTS = (0, 1, SECOND // 2, SECOND, 10 * SECOND, 299 * SECOND, 360 * SECOND, 3600 * SECOND)


def without_memo(settings: Settings) -> Flask:
    app = build_app(settings)
    del app.__dict__["wsgi_app"]
    return app


def conditions(name: str, *values: str) -> st.SearchStrategy[dict[str, str]]:
    return st.one_of(st.just({}), st.sampled_from(values).map(lambda value: {name: value}))


# "tag 0" stands for the entity tag that was seen last, "date 0" for the date.
TAGS = ("tag 0", "tag 1", "tag 5", "W/tag 0", "tag 0, tag 1", '"junk"', "*", "", "\x80")
DATES = ("date 0", "date 1", "junk", "ahead", "far ahead")
requests = st.tuples(
    st.sampled_from(("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS")),
    st.one_of(st.just(ATOM), st.sampled_from(PATHS)),
    st.sampled_from(("", "", "", "q=1", "a&b=%00")),
    st.tuples(
        conditions("If-None-Match", *TAGS),
        conditions("If-Modified-Since", *DATES),
        conditions("If-Match", *TAGS),
        conditions("If-Unmodified-Since", *DATES),
        conditions("Range", "bytes=0-9", "junk"),
        conditions("If-Range", *TAGS),
        conditions("Accept-Encoding", "gzip", "br", "gzip, br", "identity;q=0", "gzip;q=0", "*"),
        conditions("A-IM", "feed", "feed;q=0", "vcdiff, feed", "junk"),
        conditions("User-Agent", "feedparser/6.0", "Mozilla/5.0"),
        conditions("Accept", "text/html", "application/atom+xml"),
        conditions("Host", "other.example", "a b", ""),
    ),
)
steps = st.lists(
    st.one_of(
        requests.map(lambda request: ("ask", *request)),
        requests.map(lambda request: ("ask", *request)),
        st.tuples(st.just("write"), st.sampled_from("abcd"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.sampled_from(MOMENTS)),
        st.tuples(st.just("set back"), st.sampled_from(MOMENTS)),
    ),
    min_size=5,
    max_size=60,
)


class Pair:
    """Two applications over one catalogue, asked the same at the same moment."""

    def __init__(self, settings: Settings) -> None:
        self.newsroom = Newsroom(settings)
        self.newsroom.publish({"a.md": self.text("a", 0)})
        self.now = NOW
        self.clients = [build_app(settings).test_client(), without_memo(settings).test_client()]
        self.tags = ['"none"']
        self.dates = [http_date(0)]

    def text(self, entry_id: str, version: int) -> bytes:
        # Some lie ahead, some are withdrawn.
        moment = from_microseconds(NOW) + timedelta(seconds=(version - 5) * 150)
        status = "withdrawn" if version == 7 else "published"
        keys = {"status": status, "categories": "Спорт", "id": entry_id}
        return item(f"Title {version}", moment.isoformat(), f"Text {version}. " * 30, **keys)

    def step(self, what: str, *values: Any) -> None:
        if what == "write":
            entry_id, version = values
            self.newsroom.apply({f"{entry_id}.md": self.text(entry_id, version)}, now=self.now)
        elif what == "wait":
            self.now += values[0]
        elif what == "set back":
            self.now -= values[0]
        else:
            self.ask(*values)

    def ask(self, method: str, path: str, query: str, parts: tuple[dict[str, str], ...]) -> None:
        headers = {name: self.meant(text) for part in parts for name, text in part.items()}
        # Twice, so that what was kept is given, too.
        for _ in range(2):
            with_memo, alone = (
                client.open(path, method=method, query_string=query, headers=headers)
                for client in self.clients
            )
            assert with_memo.status == alone.status
            assert [*with_memo.headers] == [*alone.headers]
            assert with_memo.data == alone.data
        self.tags = [alone.headers.get("ETag", self.tags[0]), *self.tags]
        self.dates = [alone.headers.get("Last-Modified", self.dates[0]), *self.dates]

    def meant(self, text: str) -> str:
        for index in (0, 1, 5):
            text = text.replace(f"tag {index}", self.tags[min(index, len(self.tags) - 1)])
            text = text.replace(f"date {index}", self.dates[min(index, len(self.dates) - 1)])
        ahead = {"ahead": 5, "far ahead": 86400}.get(text)
        return text if ahead is None else http_date(self.now // SECOND + ahead)


@given(steps=steps)
@hypothesis_settings(deadline=None, max_examples=150)
def test_answers_are_those_of_the_application_alone(steps: list[tuple[Any, ...]]) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(freshness, "CHECK_EVERY", 0)
    with TemporaryDirectory() as folder:
        pair = Pair(Settings(instance=Path(folder), base_url=SITE, feed_size=3))
        patch.setattr(clock, "now", lambda: pair.now)
        for step in steps:
            pair.step(*step)
        pair.newsroom.writer.close()
    patch.undo()


def test_a_clock_that_is_set_back_within_a_period_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    pair = Pair(Settings(instance=tmp_path, base_url=SITE))
    monkeypatch.setattr(clock, "now", lambda: pair.now)
    # Ten minutes ahead; what is asked 100 seconds before holds no longer than that.
    pair.step("write", "b", 9)
    for what, seconds in (("wait", 500), ("set back", 300), ("wait", 250), ("set back", 1)):
        pair.step(what, seconds * SECOND)
        pair.ask("GET", ATOM, "", ())
    pair.newsroom.writer.close()


class Application:
    """Answers with the number of the request; says in `Vary` what it was told to look at."""

    def __init__(self, *vary: str) -> None:
        self.asked = 0
        self.closed = 0
        self.vary = vary
        self.mark: CachePolicy | None = CachePolicy(PERIOD, 0, None)
        self.body = b"x" * 1000

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        self.asked += 1
        if self.mark is not None:
            environ[CACHE_POLICY] = self.mark
        start_response("200 OK", [("Number", str(self.asked)), *(("Vary", v) for v in self.vary)])
        return Body(self, [self.body])


class Body(list[bytes]):
    def __init__(self, app: Application, pieces: list[bytes]) -> None:
        super().__init__(pieces)
        self._app = app

    def close(self) -> None:
        self._app.closed += 1


def number(memo: ResponseCache, path: str = "/", method: str = "GET", **headers: str) -> int:
    """Ask, and give which of the answers it was."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Client(memo).open(path, method=method, headers=named)
    assert method == "HEAD" or answer.data == b"x" * 1000
    return int(answer.headers["Number"])


def test_what_is_alike_is_answered_once() -> None:
    app = Application()
    memo = ResponseCache(app, lambda _: PERIOD)
    assert [number(memo) for _ in range(3)] == [1, 1, 1]
    assert number(memo, User_Agent="another") == 1
    assert (app.asked, app.closed) == (1, 1)


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
def test_what_is_not_alike_is_asked(other: dict[str, str]) -> None:
    memo = ResponseCache(Application("Accept-Encoding, A-IM"), lambda _: PERIOD)
    for _ in range(2):
        assert (number(memo), number(memo, **other)) == (1, 2)


def test_an_answer_may_look_at_more_than_others() -> None:
    app = Application("Accept-Encoding")
    memo = ResponseCache(app, lambda _: PERIOD)
    assert number(memo, Accept_Encoding="gzip") == 1
    app.vary = ("Accept-Encoding, A-IM", "User-Agent")
    assert number(memo, Accept_Encoding="br", User_Agent="a") == 2
    assert number(memo, Accept_Encoding="br", User_Agent="b") == 3
    assert number(memo, Accept_Encoding="br", User_Agent="a", A_IM="feed") == 4
    assert number(memo, Accept_Encoding="br", User_Agent="a") == 2
    # The other's answer still is told by its coding alone.
    assert number(memo, Accept_Encoding="gzip", User_Agent="b") == 1


def test_only_what_is_marked_is_kept() -> None:
    app = Application()
    app.mark = None
    memo = ResponseCache(app, lambda _: PERIOD)
    assert [number(memo), number(memo)] == [1, 2]


def test_another_period_ends_all() -> None:
    now = PERIOD
    app = Application()
    memo = ResponseCache(app, lambda _: now)
    assert number(memo) == 1
    now = replace(PERIOD, revision=2)
    # What was made in the period before is not kept for this one.
    assert [number(memo), number(memo)] == [2, 3]
    app.mark = CachePolicy(now, 0, None)
    assert [number(memo), number(memo)] == [4, 4]
    app.mark = CachePolicy(None, 0, None)
    assert [number(memo, "/x"), number(memo, "/x")] == [5, 5]


def test_a_moment_ends_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = NOW
    monkeypatch.setattr(clock, "now", lambda: now)
    app = Application()
    app.mark = CachePolicy(PERIOD, NOW, NOW + SECOND)
    memo = ResponseCache(app, lambda _: PERIOD)
    assert [number(memo), number(memo)] == [1, 1]
    now = NOW + SECOND - 1
    assert number(memo) == 1
    now = NOW + SECOND
    assert number(memo) == 2
    now = NOW - 1
    assert number(memo) == 3


def test_a_server_can_recall_what_is_kept() -> None:
    memo = ResponseCache(Application(), lambda _: PERIOD)
    environ = create_environ("/", headers={"Accept-Encoding": "gzip"})
    assert memo.lookup(environ) is None
    assert number(memo, Accept_Encoding="gzip") == 1
    found = memo.lookup(environ)
    assert found
    assert (found.code, found.status, found.body) == (200, "200 OK", b"x" * 1000)


def test_without_a_catalogue_the_application_is_asked() -> None:
    def unavailable(_now: int) -> ValidityPeriod:
        raise CatalogueUnavailable("gone")

    memo = ResponseCache(Application(), unavailable)
    assert [number(memo), number(memo)] == [1, 2]


def test_the_room_is_bounded_whatever_is_sent() -> None:
    app = Application("Accept-Encoding")
    memo = ResponseCache(app, lambda _: PERIOD, max_responses=100, limit=1_000_000)
    tracemalloc.start()
    for index in range(3_000):
        app.body = b"x" * 20_000
        ask(memo, HTTP_ACCEPT_ENCODING=f"x{index}", HTTP_IF_NONE_MATCH="y" * (index % 500))
    # Without a bound it would be sixty megabytes.
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.reset_peak()
    app.body = b"x" * 20
    for index in range(3_000):
        ask(memo, PATH_INFO=f"/{index}")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    # What is too big to be kept leaves nothing else.
    tracemalloc.reset_peak()
    app.body = b"x" * 200_000
    for index in range(3_000):
        ask(memo, PATH_INFO=f"/{index}", HTTP_IF_NONE_MATCH=str(index) * 300)
    assert tracemalloc.get_traced_memory()[1] < 1_500_000
    tracemalloc.stop()
    # What takes too much of the room alone is not kept.
    app.body = b"x" * 200_000
    assert ask(memo, PATH_INFO="/big") == ask(memo, PATH_INFO="/big")
    assert app.asked == 9_002


def ask(memo: ResponseCache, **environ: str) -> list[bytes]:
    return [*memo(dict(environ), cast("StartResponse", lambda *_: None))]


def test_a_server_may_do_what_it_likes_with_the_headers() -> None:
    memo = ResponseCache(Application(), lambda _: PERIOD)
    given: list[list[tuple[str, str]]] = []

    def start(_status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], None]:
        given.append([*headers])
        headers.clear()
        return lambda _: None

    bodies = [memo({"PATH_INFO": "/"}, start) for _ in range(3)]
    assert given == [[("Number", "1")]] * 3
    # The bytes are shared, never copied.
    assert len({id(piece) for body in bodies for piece in body}) == 1


def test_the_bytes_of_a_document_are_shared(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({"a.md": item("A", body="Text. " * 100)})
    bodies: list[Iterable[bytes]] = []
    memo = client.application.wsgi_app

    def request(tag: str) -> None:
        environ = {**client_environ(client), "HTTP_IF_NONE_MATCH": tag}
        bodies.append([*memo(environ, cast("StartResponse", lambda *_: None))])

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
def test_ten_million_headers_leave_memory_where_it_was() -> None:
    body, mark = [b"x" * 1000], CachePolicy(PERIOD, 0, None)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ[CACHE_POLICY] = mark
        start_response("200 OK", [("Vary", "Accept-Encoding")])
        return body

    memo = ResponseCache(app, lambda _: PERIOD)
    start = cast("StartResponse", lambda *_: None)
    for index in range(10_000_000):
        memo({"HTTP_ACCEPT_ENCODING": str(index), "HTTP_IF_NONE_MATCH": "x" * 500}, start)
        if index == 100_000:
            before = resident()
    assert resident() - before < 8_000_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
