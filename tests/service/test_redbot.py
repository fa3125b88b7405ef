"""REDbot, a checker of HTTP semantics, applied to every kind of document."""

import json
import subprocess
from functools import partial
from typing import Any

import pytest
from PIL import Image

from bench.client import Client, one_each
from tests.support.faults import needs, press_item, served
from tests.support.newsroom import ROOT, item
from tests.support.service import page
from tests.support.waiting import wait_for

REDBOT = ".venv-redbot/bin/python"
SEARCHABLE = "/sitemap.xml /sitemap/pages.xml /sitemap/2014-1.xml /sitemap-news.xml /robots.txt"
DOCUMENTS = {
    **dict.fromkeys(("/", page("1204713"), "/category/dvory/", "/archive/2014/08/"), 200),
    **dict.fromkeys((f"/feeds/{name}" for name in ("atom.xml", "rss.xml", "feed.json")), 200),
    **dict.fromkeys((f"/feeds/category/dvory/{name}" for name in ("atom.xml", "feed.json")), 200),
    **dict.fromkeys(("/feeds/yandex.xml", "/feeds/archive/2014/08/atom.xml"), 200),
    **dict.fromkeys(("/feeds/", "/feeds/opml.xml", *SEARCHABLE.split()), 200),
    **dict.fromkeys(("/static/style.css", "/static/feed.css", "/media/photo/photo.jpg"), 200),
    "/feed": 301,
    "/nothing": 404,
    page("gone"): 410,
    "/healthz": 200,
    "/readyz": 200,
}
FORMS = {
    "GET": ("GET", []),
    "GET gzip": ("GET", [["Accept-Encoding", "gzip"]]),
    "GET br": ("GET", [["Accept-Encoding", "br"]]),
    "HEAD": ("HEAD", []),
    "HEAD gzip": ("HEAD", [["Accept-Encoding", "gzip"]]),
}
FEED, DELTA = "/feeds/atom.xml", "delta"
# Warnings that are accepted, and why.
ACCEPTED = {
    # `public` is not necessary, but tells old caches and people what is intended.
    "STORE_PUBLIC_UNNECESSARY",
    # What is missing may appear at any moment, and has no validator.
    "FRESHNESS_NO_CACHE_NO_VALIDATOR",
    # Only responses to `A-IM: feed`, where the name of a program decides whether it gets a 226.
    "VARY_USER_AGENT",
}
Result = dict[str, Any]
Results = dict[tuple[str, str], Result]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Have REDbot make all requests in one run: its start takes longer than many requests."""
    needs(REDBOT, root=False)
    folder = tmp_path_factory.mktemp("redbot")
    entries = folder / "entries"
    entries.mkdir()
    (entries / "1204713.txt").write_bytes(press_item())
    (entries / "photo.md").write_bytes(item("Фото", categories="Дворы"))
    Image.new("RGB", (64, 48), "green").save(entries / "photo.jpg")
    (entries / "gone.md").write_bytes(item("Отозвана", status="withdrawn", reason="ошибка"))
    with served(folder) as service:
        wait_for(lambda: service.shows("Фото"))
        with one_each(service.port, sorted(service.workers())) as connections:
            tag = next(iter(connections.values())).ask(FEED)[2]["etag"]
            (entries / "new.md").write_bytes(item("Новая", categories="Дворы"))
            for connection in connections.values():
                wait_for(partial(shows, connection, "Новая"))
        return run_redbot(f"http://127.0.0.1:{service.port}", tag)


def shows(connection: Client, title: str) -> bool:
    """Return whether the feed contains a title."""
    return title in connection.ask(FEED)[1].decode()


def run_redbot(site: str, tag: str) -> Results:
    """Return what REDbot has to say about every document in every form, and about a delta."""
    requests: dict[tuple[str, str], list[Any]] = {
        (path, form): [method, site + path, headers]
        for path in DOCUMENTS
        for form, (method, headers) in FORMS.items()
    }
    headers = [["A-IM", "feed"], ["If-None-Match", tag]]
    requests[FEED, DELTA] = ["GET", site + FEED, headers]
    done = subprocess.run(
        [ROOT / REDBOT, ROOT / "tests" / "support" / "redbot_notes.py"],
        input=json.dumps(list(requests.values())),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(zip(requests, json.loads(done.stdout), strict=True))


def complaints(result: Result) -> set[str]:
    """Return REDbot's errors and warnings about a response, less those that are accepted."""
    return {
        f"{level}: {summary}"
        for level, name, summary in result["notes"]
        if level in {"bad", "warning"} and name not in ACCEPTED
    }


def test_redbot_finds_no_fault_in_any_document(results: Results, subtests: pytest.Subtests) -> None:
    for (path, form), result in results.items():
        if form == DELTA:
            continue
        with subtests.test(f"{path} {form}"):
            assert result["errors"] == []
            assert result["status"] == DOCUMENTS[path]
            assert complaints(result) == set()
            if result["status"] == 200 and path not in {"/healthz", "/readyz"}:
                # It has tried the validators and compression. Style sheets have no date.
                dated = set() if path.startswith("/static/") else {"lm_validate 304"}
                assert {"etag_validate 304"} | dated <= set(result["tried"])
                compressed = any(name == "CONNEG_GZIP_GOOD" for _, name, _ in result["notes"])
                assert compressed == (form in {"GET", "HEAD"} and not path.startswith("/media/"))


def test_redbot_finds_no_fault_in_a_delta(results: Results) -> None:
    result = results[FEED, DELTA]
    assert result["status"] == 226
    assert complaints(result) == set()


def test_redbot_uses_the_levels_that_these_tests_know(results: Results) -> None:
    levels = {level for result in results.values() for level, _, _ in result["notes"]}
    assert levels <= {"good", "info", "warning", "bad"}
    assert {"good", "info", "warning"} <= levels
