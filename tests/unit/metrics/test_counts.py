"""Counts: labels from fixed lists, and no request lost among threads."""

import sys
import threading

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from feedsvc.app import create_app
from feedsvc.documents import DOCUMENTS
from feedsvc.metrics import counted
from feedsvc.metrics.counts import BUCKETS, CODES, OTHER, Counts, Samples, is_known
from feedsvc.settings import Settings
from feedsvc.web.response_cache import ResponseCache
from tests.support.files import fetch
from tests.support.metrics import with_metrics
from tests.support.newsroom import Newsroom, item


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Return what the next application counts with."""
    made = Counts()
    monkeypatch.setattr(counted, "Counts", lambda: made)
    return made


@pytest.fixture
def client(
    settings: Settings, newsroom: Newsroom, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> FlaskClient:
    newsroom.publish({"a.md": item("A")})
    monkeypatch.setattr("feedsvc.web.background.BackgroundTasks.start_in_process", lambda _: None)
    assert counts.samples() == {}
    return create_app(with_metrics(settings)).test_client()


def requests(counts: Counts) -> Samples:
    return {key[1:]: count for key, count in counts.samples().items() if key[0] == "requests"}


def test_requests_are_counted_by_document_code_and_cache(
    client: FlaskClient, counts: Counts
) -> None:
    tag = fetch(client, "/feeds/atom.xml").headers["ETag"]
    for _ in range(3):
        fetch(client, "/feeds/atom.xml")
    for _ in range(2):
        fetch(client, "/feeds/atom.xml", {"If-None-Match": tag})
    fetch(client, "/nothing")
    fetch(client, "/rss.xml")
    fetch(client, "/", method="POST")
    assert requests(counts) == {
        ("feed atom.xml", "200", "miss"): 1,
        ("feed atom.xml", "200", "hit"): 3,
        ("feed atom.xml", "304", "miss"): 1,
        ("feed atom.xml", "304", "hit"): 1,
        (OTHER, "404", "miss"): 1,
        (OTHER, "301", "miss"): 1,
        (OTHER, "405", "miss"): 1,
    }


def test_what_is_not_in_memory_is_timed(client: FlaskClient, counts: Counts) -> None:
    for _ in range(5):
        fetch(client, "/")
    samples = counts.samples()
    assert sum(samples["miss", "home", str(n)] for n in range(len(BUCKETS) + 1)) == 1
    assert sum(samples["render", "", str(n)] for n in range(len(BUCKETS) + 1)) == 1
    assert 0 < samples["render", "", "sum"] <= samples["miss", "home", "sum"]


def test_no_request_makes_another_series(client: FlaskClient, counts: Counts) -> None:
    for number in range(40):
        fetch(client, f"/{number}", {"User-Agent": str(number)}, method=f"M{number}")
        fetch(client, f"/search?q={number}")
        fetch(client, f"/feeds/search/{number}/atom.xml")
    assert len(requests(counts)) <= 8
    assert all(map(is_known, counts.samples()))


def test_all_series_are_bounded_and_every_code_has_one() -> None:
    counts = Counts()
    names = [document.name for document in DOCUMENTS]
    for code in range(100, 600, 3):
        for name in (*names, "x"):
            environ = create_environ() | {"feedsvc.document": name if name in names else OTHER}
            counts.count(environ, code, [], 0.1)
    samples = counts.samples()
    assert all(map(is_known, samples))
    assert len(samples) <= (len(names) + 1) * (len(CODES) + len(BUCKETS) + 2)
    assert sum(value for key, value in samples.items() if key[0] == "requests") == 167 * (
        len(names) + 1
    )


@pytest.mark.parametrize(
    "key",
    [
        (),
        ("requests",),
        ("requests", "home", "999", "hit"),
        ("requests", "home", "200", "x"),
        ("requests", "x" * 1000, "200", "hit"),
        ("requests", "home", "²", "hit"),
        ("miss", "x", "0"),
        ("miss", "home", "99"),
        ("render", "home", "0"),
        ("other", "home", "0"),
    ],
)
def test_what_another_version_counted_is_not_known(key: tuple[str, ...]) -> None:
    assert not is_known(key)


def test_no_answer_from_memory_is_lost_among_threads(client: FlaskClient, counts: Counts) -> None:
    cache = client.application.wsgi_app
    assert isinstance(cache, ResponseCache)
    environ = create_environ("/")
    cache({**environ}, lambda *_: lambda _: None)

    def ask() -> None:
        for _ in range(5000):
            assert cache.lookup(environ)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert requests(counts)["home", "200", "hit"] == 20_000
