"""Whatever a request claims of its host, no response depends on it or leads there."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from feedsvc.urls import ALIASES
from tests.support.http import ATOM, GONE, TYPES, headers_of
from tests.support.newsroom import SITE

pytestmark = pytest.mark.usefixtures("published")

EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
PERMALINKS = ("/presscenter/news/detail/<id>.html", "/news/<id>/", "/<id>")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8080", "X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil"},
        {"Accept-Language": "en", "User-Agent": "x", "Cookie": "a=b"},
    ],
)
def test_headers_that_describe_the_request_change_nothing(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    for url in (*TYPES, GONE, "/unknown"):
        expected, response = client.get(url), client.get(url, headers=headers)
        assert response.status_code == expected.status_code, url
        assert headers_of(response) == headers_of(expected), url
        assert response.data == expected.data, url


@pytest.mark.parametrize("permalink", PERMALINKS)
def test_no_response_has_a_location_that_names_a_host(settings: Settings, permalink: str) -> None:
    client = build_app(replace(settings, permalink=permalink)).test_client()
    entry = permalink.replace("<id>", "1204713")
    known = [*TYPES, GONE, entry, *" ".join(ALIASES.values()).split(), "/search", "/unknown"]
    known += ["/feeds/search/Спорт  Новости/atom.xml", "/feeds/search///evil.example/atom.xml"]
    # Each with a last slash and without, since Werkzeug would redirect from one to the other.
    urls = {path for url in known for path in (url, url.rstrip("/") or "/", url.rstrip("/") + "/")}
    redirected = set()
    for url in sorted(urls):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            response = client.open(url, method=method, headers=EVIL)
            location = response.headers.get("Location", "/")
            assert location.startswith("/"), (method, url)
            assert not location.startswith("//"), (method, url)
            assert b"evil.example" not in response.data or "evil.example" in url, (method, url)
            if response.status_code in range(300, 400):
                redirected.add(url)
    assert {"/feed", "/feeds", "/feeds/search/Спорт  Новости/atom.xml"} <= redirected
    assert not redirected & {"/archive", "/category/sport", "/archive/2014/08"}


def test_a_page_whose_path_ends_with_a_slash_is_answered_without_it_too(
    client: FlaskClient,
) -> None:
    for url in ("/archive/", "/archive/2014/08/", "/category/sport/", "/category/sport/2014/08/"):
        response = client.get(url[:-1], headers=EVIL)
        assert (response.status_code, response.data) == (200, client.get(url).data), url


@pytest.mark.parametrize("permalink", ["/news/<id>/", "/<id>"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_page_of_an_entry_is_answered_without_its_last_slash_but_never_with_another(
    settings: Settings, permalink: str, slash: str
) -> None:
    client = build_app(replace(settings, permalink=permalink)).test_client()
    url = permalink.rstrip("/").replace("<id>", "1204713") + slash
    response = client.get(url, headers=EVIL)
    expected = 404 if slash and not permalink.endswith("/") else 200
    assert (response.status_code, response.headers.get("Location")) == (expected, None)
    assert b"evil.example" not in response.data


@pytest.mark.parametrize(
    ("path", "status"),
    [
        # Werkzeug takes any number of slashes at the beginning for one.
        ("//feeds/atom.xml", 200),
        ("//", 200),
        ("/feeds//atom.xml", 404),
        ("//evil.example/", 404),
    ],
)
def test_doubled_slashes_lead_nowhere_else(client: FlaskClient, path: str, status: int) -> None:
    # In a URL, the test client would take the beginning for a host.
    response = client.get("/", environ_overrides={"PATH_INFO": path})
    assert (response.status_code, response.headers.get("Location")) == (status, None)


def test_feeds_name_the_address_of_the_site_and_no_other(client: FlaskClient) -> None:
    response = client.get(ATOM, base_url="http://evil.example:99/")
    assert f'href="{SITE}{ATOM}" rel="self"' in response.text
    assert "evil" not in response.text
