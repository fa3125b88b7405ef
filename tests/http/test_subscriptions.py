"""The pages about subscribing, to all news, to a category and to a search."""

from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.documents import DOCUMENTS
from feedsvc.pages.html import copy_script_hash
from tests.support.attacks import parsed
from tests.support.http import SECURITY, get, tag
from tests.support.newsroom import SITE, Newsroom, item
from tests.support.pages import texts
from tests.support.qr_codes import drawn, read
from tests.support.search_index import IndexedNewsroom

SEARCH = f"/feeds/search/{quote('двор')}/subscribe"
FEEDS = {
    "/feeds/": "/feeds/atom.xml",
    "/feeds/category/gorod/": "/feeds/category/gorod/atom.xml",
    SEARCH: SEARCH.replace("subscribe", "atom.xml"),
}


@pytest.fixture
def client(newsroom: Newsroom) -> FlaskClient:
    newsroom.publish({"a.md": item(categories="Город & «село»"), "b.md": item(categories="Город")})
    return build_app(newsroom.settings).test_client()


@pytest.mark.parametrize(("page", "feed"), FEEDS.items())
def test_a_page_about_subscribing_hands_on_the_address_in_every_way(
    client: FlaskClient, page: str, feed: str
) -> None:
    response = get(client, page)
    html = parsed(response.text)
    first = html.xpath("//div[@class='feed']")[0]
    (address,) = first.xpath(".//a[@class='address']")
    assert (address.get("href"), address.text) == (feed, SITE + feed)
    (button,) = first.xpath(".//button")
    assert button.get("data-copies") == address.get("id")
    # Without the script it would do nothing, so it is not shown.
    assert "hidden" in button.attrib
    links = first.xpath(".//ul[@class='readers']//a/@href")
    assert links[0] == f"feed:{SITE}{feed}"
    assert len(links) == 6
    for link in links[1:]:
        assert link.endswith(quote(SITE + feed, safe="")), link
    (code,) = first.xpath(".//figure[@class='qr']/img/@src")
    assert read(drawn(unquote(code.partition(",")[2]).encode())) == [SITE + feed]
    others = [link for link in html.xpath("//main//a/@href") if link.endswith("/feed.json")]
    assert others[0] == feed.replace("atom.xml", "feed.json")


def test_each_category_is_there_once_with_a_code_that_is_fetched_when_it_is_opened(
    client: FlaskClient,
) -> None:
    html = get(client, "/feeds/").text
    assert texts(html, "//details/summary") == ["Город", "Город & «село»"]
    assert parsed(html).xpath("//details//img/@src") == [
        "/feeds/category/gorod/qr.svg",
        "/feeds/category/gorod-selo/qr.svg",
    ]
    assert parsed(html).xpath("//details//img/@loading") == ["lazy", "lazy"]
    ids = parsed(html).xpath("//@id")
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("feed", ["/feeds/atom.xml", "/feeds/category/gorod/atom.xml"])
def test_a_qr_code_is_a_picture_of_its_own_too(client: FlaskClient, feed: str) -> None:
    path = feed.replace("atom.xml", "qr.svg")
    response = get(client, path)
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
    assert read(drawn(response.data)) == [SITE + feed]
    assert get(client, path, If_None_Match=tag(response)).status_code == 304


@pytest.mark.parametrize("page", FEEDS)
def test_the_script_of_the_page_and_no_other_is_permitted(client: FlaskClient, page: str) -> None:
    response = get(client, page)
    policy = SECURITY["Content-Security-Policy"]
    allowed = f"{policy}; script-src '{copy_script_hash()}'"
    assert response.headers.getlist("Content-Security-Policy") == [allowed]
    again = get(client, page, If_None_Match=tag(response))
    assert again.status_code == 304
    assert "Content-Security-Policy" not in again.headers


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/category/nothing/",
        "/feeds/category/nothing/qr.svg",
        "/feeds/search/%22/subscribe",
        "/feeds/search/subscribe",
    ],
)
def test_what_does_not_exist_cannot_be_subscribed_to(client: FlaskClient, path: str) -> None:
    response = get(client, path)
    assert response.status_code == 404
    policy = SECURITY["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"] == policy


def test_a_site_whose_address_is_too_long_has_no_code_and_everything_else(
    newsroom: Newsroom,
) -> None:
    newsroom.publish({"a.md": item(categories="Город")})
    long = replace(newsroom.settings, base_url=f"https://{'a.' * 250}example")
    client = build_app(long).test_client()
    assert get(client, "/feeds/qr.svg").status_code == 404
    assert get(client, "/feeds/category/gorod/qr.svg").status_code == 404
    edition = newsroom.edition()
    listed = {path for each in DOCUMENTS for path in each.paths(edition, long)}
    assert "/feeds/category/gorod/atom.xml" in listed
    assert [path for path in listed if path.endswith("qr.svg")] == []
    html = parsed(get(client, "/feeds/").text)
    assert html.xpath("//img") == []
    assert len(html.xpath("//button")) > 0


def test_any_spelling_of_a_search_is_redirected_to_one_page_kept_out_of_search_engines(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор")})
    response = get(site, f"/feeds/search/{quote('Двор  «Южный ПАРК»', safe='')}/subscribe")
    canonical = 'двор "южный парк"'
    location = f"/feeds/search/{quote(canonical, safe='')}/subscribe"
    assert (response.status_code, response.headers["Location"]) == (301, location)
    found = get(site, location)
    assert (found.status_code, found.headers["X-Robots-Tag"]) == (200, "noindex")
    assert texts(found.text, "//h1") == [f"Подписаться на новости по запросу «{canonical}»"]


def test_a_feed_leads_people_to_the_page_about_it(
    index: IndexedNewsroom, site: FlaskClient
) -> None:
    index.publish({"a.md": item("Двор", categories="Город")})
    for page, feed in FEEDS.items():
        for name in ("atom.xml", "rss.xml"):
            text = get(site, feed.replace("atom.xml", name)).text
            assert f'<h:a href="{SITE}{page}">Как подписаться</h:a>' in text, feed


def test_lists_and_searches_lead_to_their_page(index: IndexedNewsroom, site: FlaskClient) -> None:
    index.publish({"a.md": item("Двор", categories="Город")})
    links = parsed(get(site, "/category/gorod/").text).xpath("//main//a/@href")
    assert "/feeds/category/gorod/" in links
    links = parsed(get(site, f"/search?q={quote('двор')}").text).xpath("//main//a/@href")
    assert SEARCH in links
