"""Pages of entries at paths with the parts of their date, and the folders of their files."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from feedsvc.web import freshness
from tests.support.newsroom import SITE, Newsroom, item

PATTERN = "/<folder>/<year>/<month>/<day>/<id>/"
FILES = {
    "a.md": item("A", "2026-01-02", "[b](news/b.md) [c](c.md#d) ![](e.png)"),
    "news/b.md": item("B", "2026-01-03"),
    "news/Район/_posts/2026-01-04-c.md": item("C", "2026-01-04", id="c"),
    "news/f/index.md": item("F", "1901-01-05"),
    "gone.md": item("G", "2026-01-06", status="withdrawn"),
}
PAGES = {
    "A": "/2026/01/02/a/",
    "B": "/news/2026/01/03/b/",
    "C": "/news/Rayon/2026/01/04/c/",
    "F": "/news/1901/01/05/f/",
}


@pytest.fixture
def dated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Return a client of a site with these files and pages."""
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    settings = replace(settings, permalink=PATTERN)
    room = Newsroom(settings)
    room.publish(FILES)
    room.writer.close()
    return build_app(settings).test_client()


def leads(client: FlaskClient, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location")


@pytest.mark.parametrize("title", PAGES)
def test_each_page_is_where_its_date_and_folder_say(dated: FlaskClient, title: str) -> None:
    page = PAGES[title]
    response = dated.get(page)
    assert response.status_code == 200
    assert f'<link rel="canonical" href="{SITE}{page}">' in response.text
    for path in ("/feeds/atom.xml", "/feeds/rss.xml", "/feeds/feed.json"):
        assert f"{SITE}{page}" in dated.get(path).text
    year = page.split("/")[-5]
    assert f"<loc>{SITE}{page}</loc>" in dated.get(f"/sitemap/{year}-1.xml").text
    assert f'href="{page}"' in dated.get(f"/archive/{year}/01/").text


def test_addresses_with_other_dates_or_folders_lead_to_the_page(dated: FlaskClient) -> None:
    page = PAGES["B"]
    assert dated.get(page.rstrip("/")).status_code == 200
    for path in ("/news/2025/12/31/b/", "/other/2026/01/03/b/", "/2026/01/03/b/", "/entry/b"):
        assert leads(dated, path) == (301, page), path
    assert leads(dated, "/news/2026/01/03/unknown/")[0] == 404
    for path in ("/2026/01/06/gone/", "/x/2020/01/06/gone/"):
        assert leads(dated, path)[0] == 410


def test_links_between_files_lead_to_the_pages(dated: FlaskClient) -> None:
    html = dated.get(PAGES["A"]).text
    assert 'href="/entry/b"' in html
    assert 'href="/entry/c#d"' in html
    assert leads(dated, "/entry/c") == (301, PAGES["C"])
    assert leads(dated, "/entry/2026-01-04-c") == (301, PAGES["C"])


def test_an_address_of_the_pattern_gives_a_press_text_its_id(settings: Settings) -> None:
    settings = replace(settings, permalink=PATTERN)
    room = Newsroom(settings)
    text = "Т\n13.08.2014\n\nТекст\n\nАдрес страницы: http://a.example/x/y/2014/08/13/7/\n"
    assert room.update("t.txt", text.encode()).stored.page == "/2014/08/13/7/"  # type: ignore[union-attr]
    room.writer.close()
