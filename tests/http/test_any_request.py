"""Whatever is asked for, and however: the answer is a document or a refusal, never a fault."""

import random
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.support.http import get
from tests.support.newsroom import Newsroom

METHODS = ("GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "get", "X-Y")
# What a variable in a path may be.
VALUES = (
    *("", "0", "00", "000", "0000", "1", "-1", "13", "99", "2014", "9999", "10000", "2014-08"),
    *("9" * 20, "9" * 5000, "1e9", "NaN", "٢٠١٤", "²", "08", "8", "12", "480", "800"),
    *("sport", "gone", "sport.html", "1204713", "atom.xml", "feed.json", "news.jpg", "спорт"),
    *(".", "..", "%", "%00", "\0", "\n", "a\rb", "\\", "{}", "{0}", "{year}", "<script>", "'", '"'),
    *("a" * 3000, "\ud800", "\udcff", "\U0010ffff", "\u202e", "й", "й", "?", "#", ";", "*"),
)
DATES = (
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0000 00:00:00 GMT", "yesterday", "", "0"),
    *("Fri, 31 Dec 9999 23:59:59 -2359", "Sun, 06 Nov 1994 08:49:37 GMT", "1 Jan 1 00:00:00 +9999"),
    *("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sat, 01 Jan 10000000000"),
    *("9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "Tue, 99 Jan 2000 99:99:99 GMT"),
)
TAGS = ("*", '"', '"a', "W/", 'W/"', '""', ",,,", '"a",' * 500, "A" * 8000, "\xff\xfe", '"\xe9"')
QUALITIES = ("nan", "inf", "-1", "1e999", "0.0000001", "", "1;q=0", "\xb2", "0x1", "1_0")
HEADERS = {
    "If-None-Match": TAGS,
    "If-Match": TAGS,
    "If-Modified-Since": DATES,
    "If-Unmodified-Since": DATES,
    "If-Range": (*TAGS, *DATES),
    "Range": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,1-1", "bytes=" + "9" * 5000, "x=1"),
    "Accept-Encoding": (*(f"gzip;q={q}, br;q={q}" for q in QUALITIES), "*", "*;q=0", ";", ","),
    "Accept": (*(f"text/html;q={q}" for q in QUALITIES), "*/*;q=0", "/", ";;;"),
    "A-IM": ("feed", *(f"feed;q={q}" for q in QUALITIES), ";=,", "feed " * 1000),
    "Host": ("", "a b", "[::1", "x:99999999", "\xff", "a" * 3000, "..", "xn--a", "я.рф"),
    "Content-Length": ("-1", "9" * 30, "x", ""),
    "Content-Type": ("multipart/form-data", "multipart/form-data; boundary=", "\xff", "a/b;c"),
    "Cookie": ("a=b", "=", "\xff" * 100, ";" * 1000),
    "User-Agent": ("", "feedparser/6", "\xff", "a" * 9000),
    "X-Forwarded-Host": ("evil.example",),
    "Transfer-Encoding": ("chunked", "x"),
    "Expect": ("100-continue", "x"),
}
QUERIES = (
    *(
        "",
        "q=",
        "q=a",
        "q=%",
        "q=%00",
        "q=%ff",
        "q=" + "a" * 9000,
        "&" * 1000,
        "=" * 1000,
        "page=0",
    ),
    *("q=а&page=-1", "q=а&page=99999999999999999999", "q=а&from=0000-00-00&to=9999-12-31"),
    *("q=а&from=-1&to=10000-01-01", "q=а&from=2014-02-31", "q=а&category=%ff", "q=" + '"' * 300),
    *("q=" + "a*" * 200, "q=" + "(" * 300, "q=NEAR(а б)", "q=а OR б", "q=-а", "q=" + "й" * 100),
    *("q=%ud800", "q=%F0%9F%98%80", "q=" + "а " * 300, "q[]=a&q[b]=c", "from=9999-12-31&q=%D0%B0"),
)


def any_path(app: Flask, chance: random.Random) -> str:
    """Return the path of one of the application's rules, with any values for its variables."""
    rule = chance.choice([rule.rule for rule in app.url_map.iter_rules()])
    path = re.sub(r"<[^>]*>", lambda _: chance.choice(VALUES), rule)
    return path + "/" * chance.choice((0, 0, 0, 1, 2))


def ask(app: Flask, chance: random.Random) -> tuple[int, str]:
    """Send one request; return its status and what it was."""
    path, query = any_path(app, chance), chance.choice(QUERIES)
    names = chance.sample(sorted(HEADERS), chance.choice((0, 1, 1, 2, 4)))
    headers = {name: chance.choice(HEADERS[name]) for name in names}
    environ = EnvironBuilder("/", method="GET").get_environ()
    environ["REQUEST_METHOD"] = chance.choice(METHODS)
    environ["PATH_INFO"] = path.encode("utf-8", "surrogatepass").decode("latin-1")
    environ["QUERY_STRING"] = query.encode().decode("latin-1")
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    method = environ["REQUEST_METHOD"]
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    assert method != "HEAD" or not any(body)
    return int(status[:3]), f"{method} {path[:99]!r} {query[:99]!r} {str(headers)[:400]}"


@pytest.mark.parametrize("times", [1500, pytest.param(20_000, marks=pytest.mark.long)])
@pytest.mark.usefixtures("published")
def test_no_request_is_answered_with_a_fault(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    chance = random.Random(times)
    for _ in range(times):
        status, request = ask(client.application, chance)
        # Without an index there is no search.
        assert status < 500 or (status == 503 and "search" in request), request
    assert not caplog.records


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "path",
    [
        *("/archive/0000/01/", "/category/sport/0000/01/", "/feeds/archive/0000/01/atom.xml"),
        *("/archive/9999/13/", "/archive/٢٠١٤/08/", "/sitemap/2014-" + "9" * 5000 + ".xml"),
        *("/sitemap/2014-01.xml", "/preview/" + "4" * 5000 + "/sport/a.jpg", "/preview/²/a/b.jpg"),
    ],
)
def test_what_is_no_date_or_number_is_not_found(client: FlaskClient, path: str) -> None:
    assert get(client, path).status_code == 404


def test_a_month_outside_the_calendar_leads_nowhere(
    client: FlaskClient, published: Newsroom
) -> None:
    published.apply({})
    for month in ("0001/01", "9999/12"):
        assert get(client, f"/archive/{month}/").status_code == 404
