"""Error pages: which status a request receives if there is no document for it."""

import shutil

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from tests.support.http import GONE, PAGE, TYPES, error_headers, headers_of
from tests.support.newsroom import Newsroom

pytestmark = pytest.mark.usefixtures("published")

NOT_THERE = (
    "/feeds/Atom.xml",
    "/feeds/category/atom.xml",
    "/feeds/category/none/atom.xml",
    "/feeds/category/sport/yandex.xml",
    "/feeds/category/nothing/",
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
)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_document_can_only_be_read(client: FlaskClient, method: str) -> None:
    for url in TYPES:
        response = client.open(url, method=method)
        allowed = ", ".join(sorted(response.headers.pop("Allow").split(", ")))
        assert (response.status_code, allowed) == (405, "GET, HEAD, OPTIONS"), url
        expected = error_headers(Content_Length=str(len(response.data)))
        assert headers_of(response) == expected, url


def test_what_is_not_there_is_404(client: FlaskClient) -> None:
    for url in NOT_THERE:
        response = client.get(url)
        assert response.status_code == 404, url
        expected = error_headers(Content_Length=str(len(response.data)))
        assert headers_of(response) == expected, url


def test_an_entry_that_was_withdrawn_is_410(client: FlaskClient) -> None:
    response = client.get(GONE)
    assert response.status_code == 410
    assert headers_of(response) == error_headers(Content_Length=str(len(response.data)))
    assert "A mistake." in response.text


def test_an_entry_that_was_removed_is_410(client: FlaskClient, published: Newsroom) -> None:
    published.apply({}, gone=["1204713.txt"])
    assert client.get(PAGE).status_code == 410


def test_without_a_complete_catalogue_a_document_is_503(settings: Settings) -> None:
    shutil.rmtree(settings.instance)
    client = build_app(settings).test_client()
    for url in (*TYPES, GONE):
        response = client.get(url)
        assert response.status_code == 503, url
        expected = error_headers(Content_Length=str(len(response.data)), Retry_After="2")
        assert headers_of(response) == expected, url


def test_without_a_catalogue_no_address_is_unknown(settings: Settings) -> None:
    # It may be an old address of an entry.
    shutil.rmtree(settings.instance)
    assert build_app(settings).test_client().get("/feeds/unknown.xml").status_code == 503
