"""The response cache: whatever happens, responses are those of the application alone."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from werkzeug.http import http_date

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.dates import from_microseconds
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item

ATOM = "/feeds/atom.xml"
PATHS = (
    *(ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml", "/", "/static/style.css"),
    *("/category/sport/", "/feeds/category/sport/atom.xml", "/archive/2026/01/", "/feed", "/feeds"),
    *("/presscenter/news/detail/a.html", "/presscenter/news/detail/d.html", "/sitemap.xml"),
    *("/feeds/archive/2026/01/atom.xml", "/robots.txt", "/readyz", "/healthz", "/nothing", "//"),
)
MOMENTS = (0, 1, SECOND // 2, SECOND, 10 * SECOND, 299 * SECOND, 360 * SECOND, 3600 * SECOND)


def without_cache(settings: Settings) -> Flask:
    app = build_app(settings)
    del app.__dict__["wsgi_app"]
    return app


def header(name: str, *values: str) -> st.SearchStrategy[dict[str, str]]:
    return st.one_of(st.just({}), st.sampled_from(values).map(lambda value: {name: value}))


# "tag 0" stands for the entity tag that was received last, "date 0" for the date.
TAGS = ("tag 0", "tag 1", "tag 5", "W/tag 0", "tag 0, tag 1", '"junk"', "*", "", "\x80")
DATES = ("date 0", "date 1", "junk", "ahead", "far ahead")
requests = st.tuples(
    st.sampled_from(("GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS")),
    st.one_of(st.just(ATOM), st.sampled_from(PATHS)),
    st.sampled_from(("", "", "", "q=1", "a&b=%00")),
    st.tuples(
        header("If-None-Match", *TAGS),
        header("If-Modified-Since", *DATES),
        header("If-Match", *TAGS),
        header("If-Unmodified-Since", *DATES),
        header("Range", "bytes=0-9", "junk"),
        header("If-Range", *TAGS),
        header("Accept-Encoding", "gzip", "br", "gzip, br", "identity;q=0", "gzip;q=0", "*"),
        header("A-IM", "feed", "feed;q=0", "vcdiff, feed", "junk"),
        header("User-Agent", "feedparser/6.0", "Mozilla/5.0"),
        header("Accept", "text/html", "application/atom+xml"),
        header("Host", "other.example", "a b", ""),
    ),
)
actions = st.lists(
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
    """Two applications of one catalogue that receive the same requests at the same moments."""

    def __init__(self, settings: Settings) -> None:
        self.newsroom = Newsroom(settings)
        self.newsroom.publish({"a.md": self.text("a", 0)})
        self.now = NOW
        self.clients = [build_app(settings).test_client(), without_cache(settings).test_client()]
        self.tags = ['"none"']
        self.dates = [http_date(0)]

    def text(self, entry_id: str, version: int) -> bytes:
        # Some are in the future, some are withdrawn.
        moment = from_microseconds(NOW) + timedelta(seconds=(version - 5) * 150)
        status = "withdrawn" if version == 7 else "published"
        keys = {"status": status, "categories": "Спорт", "id": entry_id}
        return item(f"Title {version}", moment.isoformat(), f"Text {version}. " * 30, **keys)

    def do(self, what: str, *values: Any) -> None:
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
        headers = {name: self.fill(text) for part in parts for name, text in part.items()}
        # Twice, so that a response is replayed, too.
        for _ in range(2):
            cached, alone = (
                client.open(path, method=method, query_string=query, headers=headers)
                for client in self.clients
            )
            assert cached.status == alone.status
            assert [*cached.headers] == [*alone.headers]
            assert cached.data == alone.data
        self.tags = [alone.headers.get("ETag", self.tags[0]), *self.tags]
        self.dates = [alone.headers.get("Last-Modified", self.dates[0]), *self.dates]

    def fill(self, text: str) -> str:
        """Return a header's value with the tags and dates that it refers to."""
        for index in (0, 1, 5):
            text = text.replace(f"tag {index}", self.tags[min(index, len(self.tags) - 1)])
            text = text.replace(f"date {index}", self.dates[min(index, len(self.dates) - 1)])
        ahead = {"ahead": 5, "far ahead": 86400}.get(text)
        return text if ahead is None else http_date(self.now // SECOND + ahead)


def compare(actions: list[tuple[Any, ...]]) -> None:
    """Do the same with both applications, and compare their responses."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness, "CHECK_EVERY", 0)
        pair = Pair(Settings(instance=Path(folder), base_url=SITE, feed_size=3))
        patch.setattr(clock, "now", lambda: pair.now)
        for action in actions:
            pair.do(*action)
        pair.newsroom.writer.close()


@pytest.mark.parametrize("examples", [30, pytest.param(300, marks=pytest.mark.long)])
def test_responses_are_those_of_the_application_alone(examples: int) -> None:
    @given(actions=actions)
    @hypothesis_settings(max_examples=examples)
    def run(actions: list[tuple[Any, ...]]) -> None:
        compare(actions)

    run()


def test_a_clock_that_is_set_back_within_a_period_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    pair = Pair(Settings(instance=tmp_path, base_url=SITE))
    monkeypatch.setattr(clock, "now", lambda: pair.now)
    # Due in ten minutes; what is sent 100 seconds before is valid no longer than that.
    pair.do("write", "b", 9)
    for what, seconds in (("wait", 500), ("set back", 300), ("wait", 250), ("set back", 1)):
        pair.do(what, seconds * SECOND)
        pair.ask("GET", ATOM, "", ())
    pair.newsroom.writer.close()
