import gzip
import re
import shutil
from collections.abc import Callable
from dataclasses import replace

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.dates import from_microseconds
from feedsvc.feeds import FOR_READERS
from feedsvc.settings import Settings
from feedsvc.web.representation import represent
from feedsvc.web.responses import best_coding
from tests.support.http import SECURITY, get
from tests.support.newsroom import NOW, SECOND, SITE, Newsroom, item

PAGE = "/presscenter/news/detail/1204713.html"
ATOM = "/feeds/atom.xml"
DOCUMENTS = {
    "/": "text/html; charset=utf-8",
    PAGE: "text/html; charset=utf-8",
    ATOM: "application/xml; charset=utf-8",
    "/feeds/rss.xml": "application/xml; charset=utf-8",
    "/feeds/feed.json": "application/feed+json; charset=utf-8",
    "/feeds/yandex.xml": "application/xml; charset=utf-8",
    "/feeds/": "text/html; charset=utf-8",
    "/feeds/opml.xml": "text/x-opml; charset=utf-8",
    "/feeds/archive/2014/08/atom.xml": "application/xml; charset=utf-8",
    "/archive/": "text/html; charset=utf-8",
    "/archive/2014/08/": "text/html; charset=utf-8",
    "/category/sport/": "text/html; charset=utf-8",
    "/category/sport/2014/08/": "text/html; charset=utf-8",
    "/feeds/category/sport/atom.xml": "application/xml; charset=utf-8",
    "/feeds/category/sport/rss.xml": "application/xml; charset=utf-8",
    "/feeds/category/sport/feed.json": "application/feed+json; charset=utf-8",
    "/sitemap.xml": "application/xml; charset=utf-8",
    "/sitemap/pages.xml": "application/xml; charset=utf-8",
    "/sitemap/2014-1.xml": "application/xml; charset=utf-8",
    "/sitemap-news.xml": "application/xml; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
}
NEWS = ("/rss.xml", "/feed.json", "s/atom.xml", "sport/atom.xml")
CACHE = "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400"
# They change with every entry; the page, since the entry is the next one after it.
CHANGING = ["/", "/presscenter/news/detail/1204713.html", ATOM, "/feeds/rss.xml"]
CHANGING += ["/feeds/feed.json", "/feeds/archive/2014/08/atom.xml"]
CHANGING += ["/archive/", "/archive/2014/08/", "/sitemap.xml", "/sitemap/pages.xml"]
GONE = "/presscenter/news/detail/gone.html"
CHANGED = NOW - 3600 * SECOND
# A date that a wrong clock handed out is not believed.
AHEAD = 86400

every_document = pytest.mark.parametrize("url", DOCUMENTS)
every_coding = pytest.mark.parametrize("coding", ["identity", "gzip", "br"])

SetClock = Callable[[int], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock that decides what is public, and no other."""

    def set_to(now: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    return set_to


@pytest.fixture(autouse=True)
def published(newsroom: Newsroom, real_item: bytes, set_clock: SetClock) -> Newsroom:
    """Publish the real item an hour ago, and something that is gone."""
    set_clock(NOW)
    gone = {"gone.md": item(status="withdrawn", reason="A mistake.")}
    sport = {"sport.md": item("Спорт", date="2014-08-10", categories="Спорт")}
    newsroom.publish({"1204713.txt": real_item, **gone, **sport}, now=CHANGED)
    return newsroom


def tag(response: TestResponse) -> str:
    return response.headers["ETag"]


def lasting(response: TestResponse) -> list[tuple[str, str]]:
    """Give the headers that do not depend on when the answer was given."""
    return sorted(response.headers)


# What an answer is


@every_document
def test_a_document_says_what_it_is_and_how_long_it_holds(client: FlaskClient, url: str) -> None:
    response = get(client, url)
    is_news = url.startswith("/feeds/") and url.endswith(NEWS)
    digest = represent(response.data, "").tag
    assert re.fullmatch(f'"{digest}[A-Za-z0-9_-]{{{"6,30" if is_news else "0"}}}"', tag(response))
    assert [item for item in lasting(response) if item[0] not in ("ETag", "Link")] == sorted(
        {
            "Content-Type": DOCUMENTS[url],
            "Content-Length": str(len(response.data)),
            "Cache-Control": CACHE,
            "Last-Modified": http_date(from_microseconds(CHANGED)),
            "Vary": "Accept-Encoding, A-IM" if is_news else "Accept-Encoding",
            **SECURITY,
        }.items()
    )
    assert (response.status_code, len(response.data) > 100) == (200, True)
    # Only whoever sends it knows when.
    assert "Date" not in response.headers


@every_document
@every_coding
def test_head_answers_as_get_does_without_a_body(
    client: FlaskClient, url: str, coding: str
) -> None:
    answered = get(client, url, coding)
    response = client.head(url, headers={"Accept-Encoding": coding})
    assert (response.status_code, lasting(response)) == (200, lasting(answered))
    assert response.data == b""


@every_document
def test_each_coding_has_a_strong_entity_tag_of_its_own(client: FlaskClient, url: str) -> None:
    plain, packed = get(client, url), get(client, url, "gzip")
    assert tag(packed) == f'{tag(plain)[:-1]}.gzip"'
    assert not tag(plain).startswith("W/")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data)


@every_document
def test_the_same_document_has_the_same_bytes_each_time(
    client: FlaskClient, set_clock: SetClock, url: str
) -> None:
    first = get(client, url, "gzip")
    set_clock(NOW + 86400 * SECOND)
    second = get(client, url, "gzip")
    assert (tag(first), first.data) == (tag(second), second.data)


def test_another_entry_gives_other_tags(client: FlaskClient, published: Newsroom) -> None:
    before = {url: tag(get(client, url)) for url in DOCUMENTS}
    published.apply({"a.md": item()})
    after = {url: tag(get(client, url)) for url in DOCUMENTS}
    assert [url for url in DOCUMENTS if before[url] != after[url]] == CHANGING


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip;q=0.9, br;q=0.8", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("*;q=0.5", "br"),
        ("br;q=0, *", "gzip"),
        ("identity;q=0, *", "br"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.4", None),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "br"),
        ("gzip;q=0, br;q=0, *;q=1", None),
        ("*;q=0", None),
        # Neither can be had; better the plain bytes than none (RFC 9110 section 12.5.3).
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0", None),
        ("x", None),
        ("deflate, zstd", None),
        ("gzipped", None),
        (";;,=", None),
    ],
)
@every_document
def test_the_coding_is_sent_that_is_liked_best(
    client: FlaskClient, url: str, accepted: str | None, coding: str | None
) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    response = client.get(url, headers=headers)
    assert response.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in response.headers["Vary"].split(", ")
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[coding]
    assert unpack(response.data) == get(client, url).data


def test_what_a_coding_would_not_shorten_is_notpacked() -> None:
    with Flask(__name__).test_request_context(headers={"Accept-Encoding": "br, gzip"}):
        assert best_coding(represent(b"short", "text/plain"))[0] == "identity"
        assert best_coding(represent(b"long " * 50, "text/plain"))[0] == "br"


# Conditional requests


@every_document
@every_coding
@pytest.mark.parametrize(
    "condition",
    ["{tag}", "W/{tag}", '"other", {tag}', 'W/"other",W/{tag}', "*", ' {tag} , "other"'],
)
def test_whoever_has_the_document_is_told_so(
    client: FlaskClient, url: str, coding: str, condition: str
) -> None:
    whole = get(client, url, coding)
    response = get(client, url, coding, If_None_Match=condition.format(tag=tag(whole)))
    kept = ("ETag", "Cache-Control", "Vary")
    assert response.status_code == 304
    assert lasting(response) == sorted((name, whole.headers[name]) for name in kept)
    assert response.data == b""


@every_document
@pytest.mark.parametrize("condition", ['"other"', 'W/"other"', '"a", "b"', "", "garbage", '"'])
def test_whoever_has_another_document_gets_this_one(
    client: FlaskClient, url: str, condition: str
) -> None:
    response = get(client, url, If_None_Match=condition)
    assert (response.status_code, response.data) == (200, get(client, url).data)


@every_document
def test_the_tag_of_another_coding_is_another_tag(client: FlaskClient, url: str) -> None:
    plain, packed = get(client, url), get(client, url, "gzip")
    assert get(client, url, "gzip", If_None_Match=tag(plain)).status_code == 200
    assert get(client, url, If_None_Match=tag(packed)).status_code == 200


@every_document
@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 304), (1, 304), (AHEAD, 200), (-1, 200), (-86400, 200)]
)
def test_whoever_asks_by_date_is_told_whether_something_changed_since(
    client: FlaskClient, url: str, seconds: int, status: int
) -> None:
    since = http_date(from_microseconds(CHANGED + seconds * SECOND))
    response = get(client, url, If_Modified_Since=since)
    assert (response.status_code, response.data == b"") == (status, status == 304)


@every_document
@pytest.mark.parametrize("since", ["", "yesterday", "2026", "Wed, 99 Foo 2026 25:00:00 GMT"])
def test_a_date_that_is_none_is_passed_over(client: FlaskClient, url: str, since: str) -> None:
    assert get(client, url, If_Modified_Since=since).status_code == 200


@every_document
def test_the_entity_tag_decides_where_a_date_is_sent_too(client: FlaskClient, url: str) -> None:
    # RFC 9110 section 13.1.3: the date MUST be ignored then.
    early, late = "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    same = tag(get(client, url))
    statuses = [
        get(client, url, If_None_Match=same, If_Modified_Since=early).status_code,
        get(client, url, If_None_Match='"other"', If_Modified_Since=late).status_code,
    ]
    assert statuses == [304, 200]


@every_document
def test_head_is_answered_conditionally_too(client: FlaskClient, url: str) -> None:
    same = tag(get(client, url))
    headers = {"If-None-Match": same, "Accept-Encoding": "identity"}
    assert client.head(url, headers=headers).status_code == 304


@every_document
@pytest.mark.parametrize("later", [0, SECOND - 1, SECOND])
def test_within_the_second_of_a_change_there_is_no_last_modified(
    client: FlaskClient, set_clock: SetClock, url: str, later: int
) -> None:
    set_clock(CHANGED + later)
    response = get(client, url)
    expected = http_date(from_microseconds(CHANGED)) if later == SECOND else None
    assert response.headers.get("Last-Modified") == expected
    asked = get(client, url, If_Modified_Since=http_date(from_microseconds(CHANGED)))
    assert asked.status_code == (304 if later == SECOND else 200)


def test_whoever_asks_by_date_sees_what_became_due_since(
    client: FlaskClient, published: Newsroom, set_clock: SetClock
) -> None:
    published.apply({"a.md": item("Due", date="2026-07-01T12:00:10Z")}, now=CHANGED)
    since = get(client, ATOM).headers["Last-Modified"]
    assert get(client, ATOM, If_Modified_Since=since).status_code == 304
    set_clock(NOW + 11 * SECOND)
    response = get(client, ATOM, If_Modified_Since=since)
    due = http_date(from_microseconds(NOW + 10 * SECOND))
    assert (response.status_code, response.headers["Last-Modified"]) == (200, due)
    assert "Due" in response.text


# How long an answer holds


@pytest.mark.parametrize(
    ("microseconds", "said"),
    [
        (400 * SECOND, "max-age=300, stale-while-revalidate=60"),
        (310 * SECOND, "max-age=300, stale-while-revalidate=10"),
        (301 * SECOND - 1, "max-age=300"),
        (10 * SECOND, "max-age=10"),
        (10 * SECOND - 1, "max-age=9"),
        (1, "max-age=0"),
    ],
)
def test_an_answer_holds_no_longer_than_until_the_next_entry_is_due(
    client: FlaskClient, published: Newsroom, set_clock: SetClock, microseconds: int, said: str
) -> None:
    published.apply({"due.md": item(date="2026-07-01T13:00:00Z")})
    set_clock(NOW + 3600 * SECOND - microseconds)
    whole = [get(client, url) for url in DOCUMENTS]
    same = [
        get(client, url, If_None_Match=tag(each))
        for url, each in zip(DOCUMENTS, whole, strict=True)
    ]
    ages = {response.headers["Cache-Control"] for response in (*whole, *same)}
    assert ages == {f"public, {said}, stale-if-error=86400"}


# What is not a document


def error_headers(**more: str) -> list[tuple[str, str]]:
    common = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", **SECURITY}
    return sorted(
        (common | {name.replace("_", "-"): value for name, value in more.items()}).items()
    )


@every_document
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_document_can_only_be_read(client: FlaskClient, url: str, method: str) -> None:
    response = client.open(url, method=method)
    allowed = ", ".join(sorted(response.headers.pop("Allow").split(", ")))
    assert (response.status_code, allowed) == (405, "GET, HEAD, OPTIONS")
    assert lasting(response) == error_headers(Content_Length=str(len(response.data)))


@pytest.mark.parametrize(
    "url",
    [
        "/feeds/Atom.xml",
        "/feeds/category/atom.xml",
        "/feeds/category/none/atom.xml",
        "/feeds/category/sport/yandex.xml",
        "/feeds/category/sport/",
        "/feeds/archive/2014/08/rss.xml",
        "/feeds/archive/2014/07/atom.xml",
        "/feeds/archive/2014/13/atom.xml",
        "/feeds/archive/2014/00/atom.xml",
        "/feeds/archive/2999/01/atom.xml",
        "/feeds/archive/٢٠١٤/08/atom.xml",
        "/archive/2014/",
        "/archive/2014/8/",
        "/archive/2999/01/",
        "/category/",
        "/category/Sport/",
        "/category/%2e%2e/",
        "/sitemap/2014-2.xml",
        "/sitemap/2014-0.xml",
        "/sitemap/2014--1.xml",
        "/sitemap/2013-1.xml",
        "/sitemap/x-1.xml",
        "/logo/icon.png",
        "/media/1204713/1204713.txt",
        "/feeds/unknown.xml",
        "/feeds/atom.xml/",
        "/feeds//atom.xml",
        "/feeds/../feeds/atom.xml",
        f"{PAGE}/",
        "/presscenter/news/detail/.html",
        "/presscenter/news/detail/1204713",
        "/presscenter/news/detail/1204713.HTML",
        "/presscenter/news/detail/unknown.html",
        "/presscenter/news/detail/%00.html",
        "/presscenter/news/detail/%ff.html",
        "/presscenter/news/detail/%F0%9F%98%80.html",
        "/presscenter/news/detail/a%2Fb.html",
        "/static/",
        "/static/unknown.css",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 404
    assert lasting(response) == error_headers(Content_Length=str(len(response.data)))


def test_what_was_withdrawn_is_410(client: FlaskClient) -> None:
    response = client.get(GONE)
    assert response.status_code == 410
    assert lasting(response) == error_headers(Content_Length=str(len(response.data)))
    assert "A mistake." in response.text


def test_what_was_removed_is_410(client: FlaskClient, published: Newsroom) -> None:
    published.apply({}, gone=["1204713.txt"])
    assert client.get(PAGE).status_code == 410


@pytest.mark.parametrize("url", [*DOCUMENTS, GONE])
def test_without_a_whole_catalogue_the_answer_is_503(settings: Settings, url: str) -> None:
    shutil.rmtree(settings.instance)
    response = build_app(settings).test_client().get(url)
    assert response.status_code == 503
    assert lasting(response) == error_headers(
        Content_Length=str(len(response.data)), Retry_After="2"
    )


def test_a_feed_that_does_not_exist_is_404_even_without_a_catalogue(settings: Settings) -> None:
    shutil.rmtree(settings.instance)
    assert build_app(settings).test_client().get("/feeds/unknown.xml").status_code == 404


# Who asks, and by which name


@pytest.mark.parametrize("url", [*DOCUMENTS, GONE, "/unknown"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8080", "X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil"},
        {"Accept-Language": "en", "User-Agent": "x", "Cookie": "a=b"},
    ],
)
def test_what_the_request_says_of_itself_changes_nothing(
    client: FlaskClient, url: str, headers: dict[str, str]
) -> None:
    expected, response = client.get(url), client.get(url, headers=headers)
    assert (response.status_code, lasting(response)) == (expected.status_code, lasting(expected))
    assert response.data == expected.data


@every_document
def test_a_query_changes_nothing(client: FlaskClient, url: str) -> None:
    assert client.get(f"{url}?page=2").data == client.get(url).data


@pytest.mark.parametrize("permalink", ["/news/<id>/", "/<id>"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_no_answer_leads_to_the_host_that_the_request_names(
    settings: Settings, permalink: str, slash: str
) -> None:
    client = build_app(replace(settings, permalink=permalink)).test_client()
    url = permalink.rstrip("/").replace("<id>", "1204713") + slash
    response = client.get(url, headers={"Host": "evil.example"})
    # A folder's address is known without its slash as well; a file's has none.
    expected = 404 if slash and not permalink.endswith("/") else 200
    assert (response.status_code, response.headers.get("Location")) == (expected, None)
    assert b"evil.example" not in response.data


@pytest.mark.parametrize(
    ("url", "status"),
    [
        # Werkzeug takes any number of slashes at the beginning for one.
        ("//feeds/atom.xml", 200),
        ("//", 200),
        ("/feeds//atom.xml", 404),
        ("//evil.example/", 404),
    ],
)
def test_doubled_slashes_lead_nowhere_else(client: FlaskClient, url: str, status: int) -> None:
    # Given as a URL, the test client would take the beginning for a host.
    response = client.get("/", environ_overrides={"PATH_INFO": url})
    assert (response.status_code, response.headers.get("Location")) == (status, None)


def test_feeds_name_the_site_s_address_and_no_other(client: FlaskClient) -> None:
    response = client.get(ATOM, base_url="http://evil.example:99/")
    assert f'href="{SITE}{ATOM}" rel="self"' in response.text
    assert "evil" not in response.text


# For operators


def test_health_is_that_the_process_answers(client: FlaskClient, newsroom: Newsroom) -> None:
    shutil.rmtree(newsroom.settings.instance)
    response = client.get("/healthz")
    assert (response.status_code, response.data) == (200, b"ok\n")
    assert response.headers["Cache-Control"] == "no-cache"


def test_readiness_says_how_the_catalogue_is_and_names_nothing(
    client: FlaskClient, newsroom: Newsroom
) -> None:
    newsroom.apply({"bad.txt": b"Secret\n", "later.md": item("Secret", date="2999-01-01")})
    newsroom.writer.record_scan("", NOW - 7 * SECOND)
    newsroom.writer.record_scan("vanished", NOW)
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (
        200,
        {
            "ready": True,
            "degraded": "vanished",
            "revision": 2,
            "scan_age": 7.0,
            "entries": {
                "published": 2,
                "scheduled": 1,
                "draft": 0,
                "withdrawn": 1,
                "removed": 0,
            },
            "problems": {"error": 1, "warning": 0},
        },
    )
    assert response.headers["Cache-Control"] == "no-cache"


def test_without_a_catalogue_it_is_not_ready(settings: Settings) -> None:
    empty = replace(settings, instance=settings.instance / "none")
    response = build_app(empty).test_client().get("/readyz")
    assert (response.status_code, response.json) == (503, {"ready": False})
    assert response.headers["Retry-After"] == "2"


@pytest.mark.parametrize("url", ["/static/style.css", "/static/feed.css"])
def test_a_style_sheet_is_there_even_without_a_catalogue(
    settings: Settings, url: str, set_clock: SetClock
) -> None:
    set_clock(NOW)
    empty = build_app(replace(settings, instance=settings.instance / "none", colour="#112233"))
    whole = empty.test_client().get(url)
    assert (whole.status_code, whole.content_type) == (200, "text/css; charset=utf-8")
    assert b"#112233" in whole.data
    assert {name: value for name, value in whole.headers if name in SECURITY} == SECURITY
    same = empty.test_client().get(url, headers={"If-None-Match": tag(whole)})
    assert (same.status_code, same.headers["Cache-Control"]) == (304, CACHE)


# Where people and programs look for a feed


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("/feed", ATOM),
        ("/feed/", ATOM),
        ("/atom.xml", ATOM),
        ("/feed.xml", ATOM),
        ("/feeds/atom", ATOM),
        ("/rss", "/feeds/rss.xml"),
        ("/rss.xml", "/feeds/rss.xml"),
        ("/index.xml", "/feeds/rss.xml"),
        ("/feed.json", "/feeds/feed.json"),
        ("/feeds", "/feeds/"),
    ],
)
def test_the_usual_addresses_lead_to_the_feed_that_is_meant(
    client: FlaskClient, path: str, feed: str
) -> None:
    response = client.get(path, headers={"Host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (301, feed)
    assert client.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("url", [ATOM, "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml"])
def test_what_a_reader_would_rather_have_never_changes_what_a_feed_answers(
    client: FlaskClient, url: str
) -> None:
    asked = get(client, url, Accept="text/html,application/xhtml+xml;q=0.9")
    assert (asked.headers["Content-Type"], asked.data) == (DOCUMENTS[url], get(client, url).data)


@pytest.mark.parametrize("url", ["/", PAGE, "/archive/2014/08/", "/category/sport/", "/feeds/"])
def test_a_page_names_every_feed_in_its_headers(client: FlaskClient, url: str) -> None:
    links = get(client, url).headers.getlist("Link")
    assert links == [
        f'</feeds/{name}>; rel="alternate"; type="{feed.media_type}"'
        for name, feed in FOR_READERS.items()
    ]


def test_an_answer_without_a_body_is_small(client: FlaskClient, published: Newsroom) -> None:
    published.apply({f"{number}.md": item(f"T{number}") for number in range(40)})
    whole = get(client, ATOM, "gzip")
    response = get(client, ATOM, "gzip", If_None_Match=tag(whole))
    assert response.status_code == 304
    assert len(f"HTTP/1.1 304 Not Modified\r\n{response.headers}") < 600
