"""What the headers of a document state: what it is, and how long it may be reused."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

from feedsvc.feeds import FOR_READERS
from feedsvc.pages.html import copy_script_hash
from feedsvc.web.representation import last_modified, represent
from tests.support.http import CACHE, PAGE, SECURITY, TYPES, WITH_SCRIPT, get, headers_of, tag
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item

pytestmark = pytest.mark.usefixtures("published")

# Documents of which a reader may request what it has not seen.
FEEDS = ("/rss.xml", "/feed.json", "s/atom.xml", "sport/atom.xml")
# Those that change with every entry; the page, since the new entry is its next one.
CHANGING = ["/", PAGE, "/feeds/atom.xml", "/feeds/rss.xml"]
CHANGING += ["/feeds/feed.json", "/feeds/archive/2014/08/atom.xml"]
CHANGING += ["/archive/", "/archive/2014/08/", "/sitemap.xml", "/sitemap/pages.xml"]


def test_a_document_states_its_type_its_version_and_how_long_it_is_valid(
    client: FlaskClient, published: Newsroom
) -> None:
    newest = published.edition().period.newest
    for url, content_type in TYPES.items():
        response = get(client, url)
        is_feed = url.startswith("/feeds/") and url.endswith(FEEDS)
        date = last_modified(newest, tag(response)[1:-1])
        assert date is not None
        digest = represent(response.data, "").tag
        digests = "6,30" if is_feed else "0"
        assert re.fullmatch(f'"{digest}[A-Za-z0-9_-]{{{digests}}}"', tag(response)), url
        expected = {
            "Content-Type": content_type,
            "Content-Length": str(len(response.data)),
            "Cache-Control": CACHE,
            "Last-Modified": http_date(date),
            "Vary": "Accept-Encoding, A-IM" if is_feed else "Accept-Encoding",
            **SECURITY,
        }
        if url in WITH_SCRIPT:
            policy = expected["Content-Security-Policy"]
            expected["Content-Security-Policy"] = f"{policy}; script-src '{copy_script_hash()}'"
        others = [pair for pair in headers_of(response) if pair[0] not in ("ETag", "Link")]
        assert others == sorted(expected.items()), url
        assert (response.status_code, len(response.data) > 100) == (200, True), url
        # Only the server that sends it knows when.
        assert "Date" not in response.headers, url


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_head_is_answered_as_get_without_a_body(client: FlaskClient, coding: str) -> None:
    for url in TYPES:
        expected = get(client, url, coding)
        response = client.head(url, headers={"Accept-Encoding": coding})
        assert (response.status_code, headers_of(response)) == (200, headers_of(expected)), url
        assert response.data == b"", url


def test_an_unchanged_document_has_the_same_bytes_each_time(
    client: FlaskClient, set_clock: SetClock
) -> None:
    first = {url: get(client, url, "gzip") for url in TYPES}
    set_clock(NOW + 86400 * SECOND)
    for url, before in first.items():
        after = get(client, url, "gzip")
        assert (tag(before), before.data) == (tag(after), after.data), url


def test_a_new_entry_changes_the_tags_of_the_documents_that_show_it(
    client: FlaskClient, published: Newsroom
) -> None:
    before = {url: tag(get(client, url)) for url in TYPES}
    published.apply({"a.md": item()})
    after = {url: tag(get(client, url)) for url in TYPES}
    assert [url for url in TYPES if before[url] != after[url]] == CHANGING


@pytest.mark.parametrize(
    ("microseconds", "lifetime"),
    [
        (400 * SECOND, "max-age=300, stale-while-revalidate=60"),
        (310 * SECOND, "max-age=300, stale-while-revalidate=10"),
        (301 * SECOND - 1, "max-age=300"),
        (10 * SECOND, "max-age=10"),
        (10 * SECOND - 1, "max-age=9"),
        (1, "max-age=0"),
    ],
)
def test_a_response_is_valid_no_longer_than_until_the_next_entry_is_due(
    client: FlaskClient,
    published: Newsroom,
    set_clock: SetClock,
    microseconds: int,
    lifetime: str,
) -> None:
    published.apply({"due.md": item(date="2026-07-01T13:00:00Z")})
    set_clock(NOW + 3600 * SECOND - microseconds)
    for url in TYPES:
        whole = get(client, url)
        same = get(client, url, If_None_Match=tag(whole))
        stated = [response.headers["Cache-Control"] for response in (whole, same)]
        assert stated == [f"public, {lifetime}, stale-if-error=86400"] * 2, url


def test_a_page_names_every_feed_in_its_headers(client: FlaskClient) -> None:
    for url in ("/", PAGE, "/archive/2014/08/", "/category/sport/", "/feeds/"):
        assert get(client, url).headers.getlist("Link") == [
            f'</feeds/{name}>; rel="alternate"; type="{feed.media_type}"'
            for name, feed in FOR_READERS.items()
        ], url


def test_the_types_that_a_reader_prefers_never_change_a_feed(client: FlaskClient) -> None:
    for url in ("/feeds/atom.xml", "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml"):
        response = get(client, url, Accept="text/html,application/xhtml+xml;q=0.9")
        assert response.headers["Content-Type"] == TYPES[url]
        assert response.data == get(client, url).data, url


def test_a_query_changes_nothing(client: FlaskClient) -> None:
    for url in TYPES:
        assert client.get(f"{url}?page=2").data == client.get(url).data, url
