"""Feeds of searches."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.app import build_app
from tests.support.http import get
from tests.support.newsroom import SITE, Newsroom, item
from tests.support.search_index import IndexedNewsroom
from tests.support.service import page

FEED = f"/feeds/search/{quote('двор')}/atom.xml"
NAMES = ("atom.xml", "rss.xml", "feed.json")


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_of_a_search_has_the_newest_entries_that_it_finds(
    index: IndexedNewsroom, site: FlaskClient, name: str
) -> None:
    index.publish(
        {
            "a.md": item("Двор первый", "2026-01-01"),
            "b.md": item("Второй", "2026-01-02", "Во дворе."),
            "c.md": item("Парк", "2026-01-03"),
            "d.md": item("Двор", "2026-01-04", status="withdrawn"),
        }
    )
    response = get(site, f"/feeds/search/{quote('двор')}/{name}")
    assert (response.status_code, response.headers["X-Robots-Tag"]) == (200, "noindex")
    assert "Last-Modified" not in response.headers
    text = response.text
    assert "новости по запросу «двор»" in text
    assert text.index("Второй") < text.index("Двор первый")
    assert "Парк" not in text
    assert page("d") not in text
    assert "deleted-entry" not in text
    assert f"{SITE}/feeds/search/{quote('двор')}/{name}" in text


def test_a_feed_that_finds_nothing_is_a_feed_that_was_never_updated(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Парк")})
    root = etree.fromstring(get(site, FEED).data)
    assert root.findall("{*}entry") == []
    assert root.findtext("{*}updated") == "1970-01-01T00:00:00+00:00"


@pytest.mark.parametrize("name", NAMES)
def test_any_spelling_of_a_query_is_redirected_to_its_canonical_address(
    index: IndexedNewsroom, site: FlaskClient, name: str
) -> None:
    index.publish({"a.md": item("Двор")})
    for words, canonical in (
        ("Двор", "двор"),
        ("двор  парк", "двор парк"),
        ("«Южное Чертаново» Двор", '"южное чертаново" двор'),
        ("двор/парк", "двор парк"),
        ("двор двора", "двор"),
    ):
        response = get(site, f"/feeds/search/{quote(words, safe='/')}/{name}")
        location = f"/feeds/search/{quote(canonical, safe='')}/{name}"
        assert (response.status_code, response.headers["Location"]) == (301, location), words
        assert get(site, location).status_code == 200, words


@pytest.mark.parametrize("name", NAMES)
def test_a_query_without_words_has_no_feed(
    index: IndexedNewsroom, site: FlaskClient, name: str
) -> None:
    index.publish({"a.md": item("Двор")})
    for words in ("%", " ", "\udcff", "«»"):
        path = quote(words, safe="", errors="surrogateescape")
        assert get(site, f"/feeds/search/{path}/{name}").status_code == 404, ascii(words)


def test_there_are_no_other_feeds_of_searches(site: FlaskClient, index: IndexedNewsroom) -> None:
    index.publish({})
    for url in ("/feeds/search/x/yandex.xml", "/feeds/search/x/", "/feeds/search/x", "/search/"):
        assert get(site, url).status_code == 404, url


def test_a_client_that_asks_for_a_delta_gets_only_what_is_new(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор", body="Старое." * 50)})
    complete = get(site, FEED)
    index.publish({"b.md": item("Двор", body="Новое." * 50)})
    delta = get(site, FEED, A_IM="feed", If_None_Match=complete.headers["ETag"])
    assert (delta.status_code, delta.headers["IM"]) == (226, "feed")
    assert delta.headers["X-Robots-Tag"] == "noindex"
    assert ("Новое" in delta.text, "Старое" in delta.text) == (True, False)
    assert "Last-Modified" not in delta.headers


def test_a_feed_of_a_search_is_as_long_as_other_feeds(newsroom: Newsroom) -> None:
    newsroom.settings = replace(newsroom.settings, feed_size=2)
    index = IndexedNewsroom(newsroom)
    index.publish({f"{day}.md": item("Двор", f"2026-01-0{day}") for day in range(1, 5)})
    root = etree.fromstring(get(build_app(newsroom.settings).test_client(), FEED).data)
    assert len(root.findall("{*}entry")) == 2
    index.indexer.close()
