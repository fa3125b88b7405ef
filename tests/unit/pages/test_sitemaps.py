"""Sitemaps and robots.txt."""

import pytest
from lxml import etree

from feedsvc.pages import sitemaps
from feedsvc.settings import Settings
from tests.support.elements import NEWS_SITEMAP, SITEMAP, texts
from tests.support.newsroom import SITE, Newsroom, item


def addresses(sitemap: bytes) -> list[str]:
    return texts(etree.fromstring(sitemap), f"{SITEMAP}loc")


def test_the_index_lists_the_pages_and_the_years_newest_first(newsroom: Newsroom) -> None:
    dates = {"a": "1901-05-05", "b": "2026-01-01", "c": "2026-02-01", "d": "2999-01-01"}
    newsroom.apply({f"{name}.md": item(date=date) for name, date in dates.items()})
    assert list(sitemaps.parts(newsroom.edition())) == [("2026", 1), ("1901", 1)]
    index = sitemaps.index(newsroom.edition(), newsroom.settings)
    assert index.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert addresses(index) == [
        f"{SITE}/sitemap/{name}.xml" for name in ("pages", "2026-1", "1901-1")
    ]


def test_a_year_has_as_many_parts_as_its_entries_need(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_URLS", 2)
    newsroom.apply({f"{day}.md": item(date=f"2026-01-0{day}") for day in range(1, 5)})
    edition, settings = newsroom.edition(), newsroom.settings
    assert list(sitemaps.parts(edition)) == [("2026", 1), ("2026", 2)]
    page = f"{SITE}/presscenter/news/detail/{{}}.html"
    for part, days in ((1, "43"), (2, "21")):
        sitemap = sitemaps.of_year(edition, settings, "2026", part)
        assert sitemap is not None
        assert addresses(sitemap) == [page.format(day) for day in days]
    assert sitemaps.of_year(edition, settings, "2026", 3) is None
    assert sitemaps.of_year(edition, settings, "2025", 1) is None
    newsroom.apply({"5.md": item()})
    assert list(sitemaps.parts(newsroom.edition()))[-1] == ("2026", 3)


def test_an_entry_s_last_modification_has_its_time_zone_and_whole_seconds(
    newsroom: Newsroom,
) -> None:
    newsroom.apply({"a.md": item(updated="2026-01-02 10:00:00.5")})
    sitemap = sitemaps.of_year(newsroom.edition(), newsroom.settings, "2026", 1)
    assert sitemap is not None
    (moment,) = texts(etree.fromstring(sitemap), f"{SITEMAP}lastmod")
    assert moment == "2026-01-02T07:00:00+00:00"


def test_the_sitemap_of_pages_has_no_dates_and_a_limit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "MAX_URLS", 2)
    sitemap = sitemaps.of_pages(["/", "/archive/", "/feeds/"], settings)
    assert addresses(sitemap) == [f"{SITE}/", f"{SITE}/archive/"]
    assert texts(etree.fromstring(sitemap), f"{SITEMAP}lastmod") == []


def test_the_language_of_news_is_an_iso_639_code_but_for_chinese(newsroom: Newsroom) -> None:
    languages = {"a": "en-GB", "b": "zh-CN", "c": "zh-TW", "d": "zh-Hans", "e": "fil"}
    newsroom.apply(
        {f"{name}.md": item(name, "2026-06-30", lang=lang) for name, lang in languages.items()}
    )
    newsroom.apply({"f.md": item("f", "2026-06-30")})
    root = etree.fromstring(sitemaps.of_news(newsroom.edition(), newsroom.settings))
    titles = texts(root, f"{NEWS_SITEMAP}title")
    assert dict(zip(titles, texts(root, f"{NEWS_SITEMAP}language"), strict=True)) == {
        "a": "en",
        "b": "zh-cn",
        "c": "zh-tw",
        "d": "zh",
        "e": "fil",
        "f": "ru",
    }


def test_robots_may_read_everything_and_find_the_sitemaps(settings: Settings) -> None:
    assert sitemaps.robots(settings).decode() == (
        "User-agent: *\nDisallow:\n\n"
        f"Sitemap: {SITE}/sitemap.xml\nSitemap: {SITE}/sitemap-news.xml\n"
    )
