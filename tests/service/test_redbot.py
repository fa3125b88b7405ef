"""REDbot, which knows HTTP well, over every kind of document."""

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from tests.support.faults import needs, press_item, served
from tests.support.newsroom import ROOT, item
from tests.support.service import page, soon

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
NEWS = "only what is new"
# What it warns of, and why it stays so.
MEANT = {
    # It is not necessary, but tells old caches and people what is meant.
    "STORE_PUBLIC_UNNECESSARY",
    # What is not there may be there any moment, and has nothing to be compared by.
    "FRESHNESS_NO_CACHE_NO_VALIDATOR",
    # Only answers to `A-IM: feed`, where a program's name tells whether it bears a 226.
    "VARY_USER_AGENT",
}
Result = dict[str, Any]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Result]]:
    """Ask everything at once: each request takes REDbot some milliseconds, its start a second."""
    needs(REDBOT, root=False)
    folder = tmp_path_factory.mktemp("redbot")
    entries = folder / "entries"
    entries.mkdir()
    (entries / "1204713.txt").write_bytes(press_item())
    (entries / "photo.md").write_bytes(item("Фото", categories="Дворы"))
    Image.new("RGB", (64, 48), "green").save(entries / "photo.jpg")
    (entries / "gone.md").write_bytes(item("Отозвана", status="withdrawn", reason="ошибка"))
    with served(folder) as service:
        site = f"http://127.0.0.1:{service.port}"
        soon(lambda: service.shows("Фото"))
        with urlopen(Request(f"{site}/feeds/atom.xml"), timeout=5) as answer:
            tag = answer.headers["ETag"]
        (entries / "new.md").write_bytes(item("Новая", categories="Дворы"))
        soon(lambda: service.shows("Новая"))
        time.sleep(1.1)  # in the second of a change there is no Last-Modified
        asked = {
            (path, form): [method, site + path, headers]
            for path in DOCUMENTS
            for form, (method, headers) in FORMS.items()
        }
        headers = [["A-IM", "feed"], ["If-None-Match", tag]]
        asked["/feeds/atom.xml", NEWS] = ["GET", f"{site}/feeds/atom.xml", headers]
        told = subprocess.run(
            [ROOT / REDBOT, ROOT / "tests" / "redbot_notes.py"],
            input=json.dumps(list(asked.values())),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        yield dict(zip(asked, json.loads(told.stdout), strict=True))


def complaints(result: Result) -> set[str]:
    """Give what REDbot has against an answer."""
    return {
        f"{level}: {summary}"
        for level, name, summary in result["notes"]
        if level in {"bad", "warning"} and name not in MEANT
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", DOCUMENTS)
def test_redbot_has_nothing_against_a_document(
    path: str, form: str, results: dict[tuple[str, str], Result]
) -> None:
    result = results[path, form]
    assert result["errors"] == []
    assert result["status"] == DOCUMENTS[path]
    assert complaints(result) == set()
    if result["status"] == 200 and path not in {"/healthz", "/readyz"}:
        # It has really tried what it judges. Style sheets have no date of their own.
        dated = set() if path.startswith("/static/") else {"lm_validate 304"}
        assert {"etag_validate 304"} | dated <= set(result["tried"])
        packed = any(name == "CONNEG_GZIP_GOOD" for _, name, _ in result["notes"])
        assert packed == (form in {"GET", "HEAD"} and not path.startswith("/media/"))


def test_redbot_has_nothing_against_an_answer_of_only_what_is_new(
    results: dict[tuple[str, str], Result],
) -> None:
    result = results["/feeds/atom.xml", NEWS]
    assert result["status"] == 226
    assert complaints(result) == set()


def test_redbot_would_say_so(results: dict[tuple[str, str], Result]) -> None:
    """Its notes carry levels that are known here, so that none is passed over."""
    levels = {level for result in results.values() for level, _, _ in result["notes"]}
    assert levels <= {"good", "info", "warning", "bad"}
    assert {"good", "info", "warning"} <= levels
