"""Three replicas behind HAProxy: started at different times, in different zones, one behind."""

import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from tests.support.faults import needs, press_item
from tests.support.files import picture
from tests.support.newsroom import item
from tests.support.replicas import SITE, Answer, Replica, ask, haproxy
from tests.support.service import page
from tests.support.waiting import wait_for

ZONES = {"one": "UTC", "two": "Asia/Tokyo", "three": "America/New_York"}
ATOM = "/feeds/atom.xml"
FEEDS = (ATOM, "/feeds/rss.xml", "/feeds/feed.json")
MEDIA = ("/media/photo/photo.jpg", "/preview/480/photo/photo.jpg")
DOCUMENTS = (
    *("/", *FEEDS, "/feeds/yandex.xml", "/archive/", "/archive/2026/01/", "/category/kray/"),
    *("/feeds/category/kray/atom.xml", "/feeds/archive/2026/01/atom.xml", "/sitemap.xml"),
    *("/sitemap/2026-1.xml", "/sitemap/pages.xml", page("1204713"), page("n5"), page("yod")),
    *(page("photo"), "/feeds/opml.xml", "/robots.txt", "/static/style.css"),
)
GONE = (page("gone"), page("nowhere"))
# What the news of `NEWS` changes.
CHANGED = ("/", *FEEDS, "/archive/2026/01/", page("n5"), "/feeds/archive/2026/01/atom.xml")
NEWS = {
    "new.md": item("Новая новость", "2026-01-02"),
    # Corrected, and withdrawn, without any new date.
    "n5.md": item("Новость 5", "2026-01-01", "Исправлено."),
    "n6.md": item("Новость 6", "2026-01-01", status="withdrawn"),
}


def files(form: Literal["NFC", "NFD"]) -> dict[str, bytes]:
    """Return the files of the site, with names and labels in a Unicode normalization form."""
    entries = {f"n{number}.md": item(f"Новость {number}") for number in range(40)}
    named = unicodedata.normalize(form, "йод.md")
    return {
        **entries,
        "1204713.txt": press_item(),
        "photo.md": item("Фото", categories="Край"),
        "photo.jpg": picture((1600, 1200)),
        "gone.md": item("Отозвана", status="withdrawn", reason="Ошибка."),
        named: item("Йод", categories=unicodedata.normalize(form, "Край")),
    }


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Replica]]:
    """Start three replicas, the last one when the others have long been ready."""
    needs("haproxy", root=False)
    folder = tmp_path_factory.mktemp("replicas")
    started: dict[str, Replica] = {}
    try:
        for name, zone in ZONES.items():
            form: Literal["NFC", "NFD"] = "NFD" if name == "two" else "NFC"
            started[name] = Replica(folder / name, zone, files(form))
            started[name].wait(ATOM, "Новость 39")
        yield started
    finally:
        for replica in started.values():
            replica.stop()


def states(replica: Replica, path: str) -> list[tuple[object, ...]]:
    """Return all that a reader can tell the versions of a document by, in each coding."""
    answers = [ask(replica.port, path, {"Accept-Encoding": coding}) for coding in ("", "gzip")]
    return [
        (answer.status, answer.body, answer.tag, answer.date, answer.headers.get("content-type"))
        for answer in answers
    ]


def conditions(answer: Answer) -> Iterator[dict[str, str | None]]:
    """Yield the headers with which clients ask whether what they got has changed."""
    yield {"If-None-Match": answer.tag}
    if answer.date:
        yield {"If-Modified-Since": answer.date}
        yield {"If-Modified-Since": answer.date, "If-None-Match": answer.tag}


def expect_the_same(replicas: dict[str, Replica]) -> None:
    first, *others = replicas.values()
    for path in (*DOCUMENTS, *MEDIA, *GONE):
        expected = states(first, path)
        for other in others:
            assert states(other, path) == expected, path
        for condition in conditions(ask(first.port, path)) if path not in GONE else ():
            for other in others:
                assert ask(other.port, path, condition).status == 304, (path, condition)


def test_replicas_with_the_same_files_answer_alike(replicas: dict[str, Replica]) -> None:
    expect_the_same(replicas)
    assert [ask(replicas["one"].port, path).status for path in GONE] == [410, 404]
    assert SITE.encode() in ask(replicas["three"].port, ATOM).body


class Poller:
    """A client that polls through HAProxy, and checks every 304 against who sent it."""

    def __init__(self, port: int, replicas: dict[str, Replica], kind: str) -> None:
        self._port, self._kind = port, kind
        self._right = {
            (name, path): ask(replica.port, path)
            for name, replica in replicas.items()
            for path in (*CHANGED, *MEDIA)
        }
        self._held: dict[str, Answer] = {}
        self.seen: set[tuple[str, int]] = set()

    def poll(self, rounds: int) -> None:
        for _ in range(rounds):
            for path in (*CHANGED, *MEDIA):
                self._poll(path)

    def _poll(self, path: str) -> None:
        held = self._held.get(path)
        headers: dict[str, str | None] = {"A-IM": "feed"} if self._kind == "delta" else {}
        if held is not None:
            date = {"If-Modified-Since": held.date} if self._kind == "date" else {}
            headers |= date or {"If-None-Match": held.tag}
        answer = ask(self._port, path, headers)
        name = answer.headers["x-replica"]
        right = self._right[name, path]
        self.seen.add((name, answer.status))
        if answer.status == 304:
            assert held is not None
            assert held.body == right.body, (path, name)
        elif answer.status == 226:
            assert answer.tag == right.tag, (path, name)
        else:
            assert (answer.status, answer.body) == (right.status, right.body), (path, name)
        # A date that is left out is not known later.
        kept = answer if answer.status == 200 else right
        self._held[path] = Answer(right.status, kept.headers, right.body)


def test_a_replica_that_is_behind_hides_no_news(
    replicas: dict[str, Replica], tmp_path: Path
) -> None:
    fresh, stale = [replicas["one"], replicas["two"]], replicas["three"]
    for replica in fresh:
        replica.copy(NEWS)
        for path, text in ((ATOM, "Новая новость"), (page("n5"), "Исправлено")):
            replica.wait(path, text)
        wait_for(lambda: ask(replica.port, page("n6")).status == 410)  # noqa: B023 - called at once
    for path in CHANGED:
        new, old = ask(fresh[0].port, path), ask(stale.port, path)
        assert states(fresh[1], path) == states(fresh[0], path)
        assert new.body != old.body, path
        for asked, known in ((new, old), (old, new)):
            port = stale.port if asked is old else fresh[1].port
            for condition in conditions(known):
                answer = ask(port, path, condition)
                assert (answer.status, answer.body) == (200, asked.body), (path, condition)
    for path in FEEDS:
        headers = {"A-IM": "feed", "If-None-Match": ask(stale.port, path).tag}
        answers = [ask(replica.port, path, headers) for replica in fresh]
        assert [answer.status for answer in answers] == [226, 226]
        assert answers[0].body == answers[1].body
    with haproxy(tmp_path, {name: replica.port for name, replica in replicas.items()}) as port:
        pollers = [Poller(port, replicas, kind) for kind in ("tag", "date", "delta")]
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda poller: poller.poll(30), pollers))
        for poller in pollers:
            assert {name for name, _ in poller.seen} == set(ZONES)
            assert {status for _, status in poller.seen} >= {200, 304}
        # One is killed in the middle; HAProxy asks another.
        replicas["one"].service.kill()
        for poller in pollers:
            poller.poll(5)
            assert {status for _, status in poller.seen} <= {200, 226, 304, 410}
    # All are as one again once the files have arrived.
    replicas["one"].start()
    stale.copy(NEWS)
    for replica in (replicas["one"], stale):
        replica.wait(ATOM, "Новая новость")
        wait_for(lambda: ask(replica.port, page("n6")).status == 410)  # noqa: B023 - called at once
        replica.wait(page("n5"), "Исправлено")
    expect_the_same(replicas)
