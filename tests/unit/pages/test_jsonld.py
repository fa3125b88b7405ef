"""Structured data of pages (schema.org, JSON-LD)."""

from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.model import Attachment, Category
from feedsvc.pages import jsonld
from feedsvc.settings import Settings
from tests.support.feeds import ENTRY, PAGE_URL, PICTURE, PICTURE_URL
from tests.support.newsroom import SITE


@pytest.fixture
def office(settings: Settings) -> dict[str, object]:
    return {"@type": "Organization", "name": settings.author, "url": f"{SITE}/"}


def test_a_site_is_described_with_its_publisher(
    settings: Settings, office: dict[str, object]
) -> None:
    settings = replace(
        settings,
        contact="press@news.example",
        telephone="+7 495 123-45-67",
        address="Москва, ул. Мира, д. 1",
        networks=(("Telegram", "https://t.me/press"),),
        logo=Path("l.png"),
    )
    logo = {"@type": "ImageObject", "url": f"{SITE}/logo/logo.png"}
    assert jsonld.website(settings) == {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.title,
        "description": settings.description,
        "url": f"{SITE}/",
        "inLanguage": "ru",
        "publisher": {
            **office,
            "logo": logo,
            "email": "press@news.example",
            "telephone": "+7 495 123-45-67",
            "address": "Москва, ул. Мира, д. 1",
            "sameAs": ["https://t.me/press"],
        },
    }


def test_an_entry_is_described_without_empty_properties(
    settings: Settings, office: dict[str, object]
) -> None:
    assert jsonld.news_article(replace(ENTRY, summary=""), settings) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": PAGE_URL.format("a")},
        "url": PAGE_URL.format("a"),
        "headline": "Заголовок",
        "datePublished": "2026-03-02T09:00:00+03:00",
        "dateModified": "2026-03-03T12:15:00+03:00",
        "author": office,
        "publisher": office,
        "inLanguage": "ru",
        "isAccessibleForFree": True,
    }


def test_an_entry_has_its_own_author_publisher_language_and_pictures(settings: Settings) -> None:
    entry = replace(
        ENTRY,
        author="А. Б.",
        publisher="Префектура",
        lang="en-GB",
        correction="15:00",
        categories=(Category("Город", "gorod"),),
        image=PICTURE,
        inline=(Attachment("x.png", "x.png", "image/png", 5, 20, 10),),
    )
    article = jsonld.news_article(entry, settings)
    assert article["author"] == {"@type": "Organization", "name": "А. Б."}
    assert article["publisher"] == {"@type": "Organization", "name": "Префектура"}
    assert (article["inLanguage"], article["correction"]) == ("en-GB", "15:00")
    assert (article["description"], article["articleSection"]) == (ENTRY.summary, ["Город"])
    picture = {"@type": "ImageObject", "url": PICTURE_URL, "width": 640, "height": 480}
    url = f"{SITE}/media/a/x.png"
    assert article["image"] == [
        {**picture, "caption": "Двор зимой"},
        {"@type": "ImageObject", "url": url, "width": 20, "height": 10},
    ]
