"""JSON Feed 1.1."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from feedsvc.model import Category
from tests.support.feeds import (
    ENTRY,
    PAGE_URL,
    PICTURE,
    PICTURE_URL,
    PLAN,
    PLAN_URL,
    TAG,
    feed,
    publish,
)
from tests.support.newsroom import SITE, Newsroom


def test_a_feed_without_entries_has_only_the_members_with_a_value(newsroom: Newsroom) -> None:
    settings = newsroom.settings
    assert json.loads(feed(newsroom, "feed.json")) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": settings.title,
        "home_page_url": f"{SITE}/",
        "feed_url": f"{SITE}/feeds/feed.json",
        "description": settings.description,
        "authors": [{"name": settings.author}],
        "language": "ru",
        "items": [],
    }


def test_a_feed_has_the_site_s_icons(newsroom: Newsroom) -> None:
    icons: dict[str, Any] = {"icon": Path("i.png"), "logo_square": Path("s.gif")}
    found = json.loads(feed(newsroom, "feed.json", **icons))
    assert (found["icon"], found["favicon"]) == (
        f"{SITE}/logo/logo_square.gif",
        f"{SITE}/logo/icon.png",
    )


def test_an_item_has_all_that_an_entry_has(newsroom: Newsroom) -> None:
    categories = (Category("Город", "gorod"), Category("A & B", "a-b"))
    entry = replace(ENTRY, author="А. Б.", categories=categories, lang="en-GB")
    publish(newsroom, replace(entry, image=PICTURE, attachments=(PLAN,)))
    (found,) = json.loads(feed(newsroom, "feed.json"))["items"]
    content = found.pop("content_html")
    assert content.endswith(f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>')
    assert found == {
        "id": f"{TAG}a",
        "url": PAGE_URL.format("a"),
        "title": "Заголовок",
        "summary": "Текст и ссылка.",
        "image": PICTURE_URL,
        "date_published": "2026-03-02T09:00:00+03:00",
        "date_modified": "2026-03-03T12:15:00+03:00",
        "authors": [{"name": "А. Б."}],
        "tags": ["Город", "A & B"],
        "language": "en-GB",
        "attachments": [
            {
                "url": PICTURE_URL,
                "mime_type": "image/jpeg",
                "title": "Двор",
                "size_in_bytes": 1234,
            },
            {
                "url": PLAN_URL,
                "mime_type": "application/pdf",
                "title": "plan.pdf",
                "size_in_bytes": 99,
            },
        ],
    }


def test_an_item_has_only_the_members_with_a_value(newsroom: Newsroom) -> None:
    publish(newsroom, replace(ENTRY, html="", summary=""))
    (found,) = json.loads(feed(newsroom, "feed.json"))["items"]
    assert found == {
        "id": f"{TAG}a",
        "url": PAGE_URL.format("a"),
        "title": "Заголовок",
        "content_html": "Заголовок",
        "date_published": "2026-03-02T09:00:00+03:00",
        "date_modified": "2026-03-03T12:15:00+03:00",
    }
