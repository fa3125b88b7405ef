"""Sitemaps, as they are served, against sitemaps.org and what Google News accepts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.pages import sitemaps
from feedsvc.storage.updates import FileUpdate, StoredEntry
from tests.support.elements import NEWS_SITEMAP, SITEMAP, texts
from tests.support.newsroom import NOW, SITE, Newsroom, item
from tests.support.validators import validate_news_sitemap, validate_sitemap

pytestmark = pytest.mark.usefixtures("frozen_clock")


def index(client: FlaskClient) -> list[str]:
    """Return the paths of the sitemaps in the index."""
    root = etree.fromstring(client.get("/sitemap.xml").data)
    assert root.tag == f"{SITEMAP}sitemapindex"
    return [url.removeprefix(SITE) for url in texts(root, f"{SITEMAP}loc")]


def copies(newsroom: Newsroom, data: bytes, ids: list[str]) -> list[FileUpdate]:
    """Return the updates of many files with the same content, parsed once."""
    update = newsroom.update("a.md", data)
    stored = update.stored
    assert stored is not None
    return [
        replace(update, path=f"{entry_id}.md", stored=moved(stored, entry_id)) for entry_id in ids
    ]


def moved(stored: StoredEntry, entry_id: str) -> StoredEntry:
    return stored._replace(id=entry_id, page=f"/presscenter/news/detail/{entry_id}.html")


@pytest.mark.usefixtures("varied")
def test_the_sitemaps_list_every_page_once(client: FlaskClient) -> None:
    parts = index(client)
    assert parts == [f"/sitemap/{name}.xml" for name in ("pages", "2026-1", "1901-1")]
    urls = [url for part in parts for url in validate_sitemap(client.get(part).data)]
    assert len(set(urls)) == len(urls)
    for url in urls:
        assert client.get(url.removeprefix(SITE)).status_code == 200, url
    for name in ("gone", "old", "draft", "later"):
        assert f"{SITE}/presscenter/news/detail/{name}.html" not in urls


def test_a_sitemap_has_the_date_of_each_page_s_last_change(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    dates = {
        "a": ("1901-05-05", "1901-05-05"),
        "b": ("2026-01-01", "2026-06-01"),
        "c": ("2026-02-01", "2027-01-01"),  # an update announced for later
    }
    newsroom.publish(
        {f"{name}.md": item(date=date, updated=updated) for name, (date, updated) in dates.items()}
    )
    for year, expected in (("1901", ["1901-05-05"]), ("2026", ["2026-02-01", "2026-06-01"])):
        body = client.get(f"/sitemap/{year}-1.xml").data
        validate_sitemap(body)
        changes = texts(etree.fromstring(body), f"{SITEMAP}lastmod")
        for change, day in zip(changes, expected, strict=True):
            local = datetime.fromisoformat(change).astimezone(newsroom.settings.timezone)
            # Before 1917, Moscow's offset had odd seconds, which are rounded.
            error = local.replace(tzinfo=None) - datetime.fromisoformat(day)
            assert error < timedelta(seconds=30)


def test_a_year_with_too_many_pages_has_several_sitemaps(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_URLS", 7)
    newsroom.publish({f"{n:02}.md": item(date=f"2026-01-{n + 1:02}") for n in range(21)})
    for added, parts in ((0, 3), (1, 4)):
        newsroom.apply({f"more{n}.md": item() for n in range(added)})
        paths = index(client)[1:]
        assert paths == [f"/sitemap/2026-{n + 1}.xml" for n in range(parts)]
        found = [validate_sitemap(client.get(path).data) for path in paths]
        assert [len(part) for part in found] == [7, 7, 7, 1][:parts]
        assert len({url for part in found for url in part}) == 21 + added
        for part in ("0", str(parts + 1), "-1", "x", "", "9" * 5000):
            assert client.get(f"/sitemap/2026-{part}.xml").status_code == 404, part
    for year in ("2025", "2026-01", "20260", "x"):
        assert client.get(f"/sitemap/{year}-1.xml").status_code == 404, year


def test_no_sitemap_holds_too_much_however_many_categories_there_are(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_URLS", 7)
    newsroom.publish({f"{n}.md": item(categories=f"Category {n}") for n in range(20)})
    for path in index(client):
        assert len(validate_sitemap(client.get(path).data)) <= 7, path


@pytest.mark.parametrize("bound", [50, pytest.param(sitemaps.MAX_URLS, marks=pytest.mark.long)])
def test_as_many_pages_as_allowed_are_one_sitemap_and_one_more_are_two(
    newsroom: Newsroom, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    maximum = sitemaps.MAX_URLS
    monkeypatch.setattr(sitemaps, "MAX_URLS", bound)
    # The longest ids there are.
    updates = copies(newsroom, item(), [f"{n:0128}" for n in range(bound + 1)])
    newsroom.writer.apply(updates[:-1], (), NOW)
    newsroom.writer.finish_first_index()
    assert client.get("/sitemap/2026-2.xml").status_code == 404
    body = client.get("/sitemap/2026-1.xml").data
    assert len(validate_sitemap(body)) == bound
    # Even as many as sitemaps.org allows would not be too large a file.
    assert len(body) * maximum // bound < 50 * 1024 * 1024
    newsroom.writer.apply(updates[-1:], (), NOW)
    assert len(validate_sitemap(client.get("/sitemap/2026-2.xml").data)) == 1
    assert len(index(client)) == 3


def test_the_maximum_of_urls_is_that_of_sitemaps_org() -> None:
    assert sitemaps.MAX_URLS == 50_000


def test_the_news_sitemap_has_the_entries_that_google_reads(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish(
        {
            "a.md": item("A & <b>", date="2026-06-30"),
            "b.md": item("B", date="2026-07-01", lang="en-GB"),
            "c.md": item("C", date="2026-06-29"),
            "d.md": item("D", date="2026-07-01", status="withdrawn"),
            "e.md": item("E", date="2026-07-02"),
        }
    )
    body = client.get("/sitemap-news.xml").data
    assert validate_news_sitemap(body) == ["B", "A & <b>"]
    root = etree.fromstring(body)
    assert texts(root, f"{NEWS_SITEMAP}publication_date") == [
        "2026-07-01T00:00:00+03:00",
        "2026-06-30T00:00:00+03:00",
    ]
    assert texts(root, f"{NEWS_SITEMAP}language") == ["en", "ru"]
    assert texts(root, f"{NEWS_SITEMAP}name") == [newsroom.settings.title] * 2


def test_a_news_sitemap_may_be_empty(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({})
    assert validate_news_sitemap(client.get("/sitemap-news.xml").data) == []


def test_the_news_sitemap_has_no_more_entries_than_google_accepts(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    ids = [str(n) for n in range(1100)]
    newsroom.writer.apply(copies(newsroom, item(date="2026-06-30"), ids), (), NOW)
    newsroom.writer.finish_first_index()
    assert len(validate_news_sitemap(client.get("/sitemap-news.xml").data)) == 1000
