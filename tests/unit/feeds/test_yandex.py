"""The aggregators' format: what one item has."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from feedsvc.dates import to_microseconds
from feedsvc.feeds import yandex
from feedsvc.model import Attachment, Category, Entry
from tests.support.elements import (
    DC,
    FULL_TEXTS,
    MEDIA_RSS,
    YANDEX,
    attributes,
    only,
    text,
)
from tests.support.feeds import ENTRY, PAGE_URL, PICTURE, PICTURE_URL, feed, publish
from tests.support.newsroom import SITE, Newsroom

SOON = to_microseconds(ENTRY.updated)


def channel(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    """Publish entries and return the channel of the feed, a day after they were published."""
    publish(newsroom, *entries)
    return only(etree.fromstring(feed(newsroom, "yandex.xml", SOON, **changes)), "channel")


def test_the_channel_has_the_site_s_logos(newsroom: Newsroom) -> None:
    logos: dict[str, Any] = {"logo": Path("l.JPG"), "logo_square": Path("s.gif")}
    found = channel(newsroom, ENTRY, **logos).findall(f"{YANDEX}logo")
    assert [(each.text, each.get("type")) for each in found] == [
        (f"{SITE}/logo/logo.jpg", None),
        (f"{SITE}/logo/logo_square.gif", "square"),
    ]
    assert channel(newsroom).findall(f"{YANDEX}logo") == []


def test_an_item_has_the_plain_text_once_for_each_aggregator(newsroom: Newsroom) -> None:
    found = only(channel(newsroom, ENTRY), "item")
    assert [text(found, name) for name in FULL_TEXTS] == ["Текст и ссылка."] * 3
    assert text(found, "link") == PAGE_URL.format("a")
    assert text(found, "pubDate") == "Mon, 02 Mar 2026 09:00:00 +0300"


def test_an_item_without_text_has_its_title_as_text(newsroom: Newsroom) -> None:
    found = only(channel(newsroom, replace(ENTRY, html="")), "item")
    assert [text(found, name) for name in FULL_TEXTS] == ["Заголовок"] * 3


@pytest.mark.parametrize(
    ("author", "publisher", "expected"),
    [
        (None, None, "Управа района Чертаново Южное"),
        (None, "Префектура", "Префектура"),
        ("А. Б.", "Префектура", "А. Б."),
    ],
)
def test_an_item_names_its_author(
    newsroom: Newsroom, author: str | None, publisher: str | None, expected: str
) -> None:
    entry = replace(ENTRY, author=author, publisher=publisher)
    assert text(only(channel(newsroom, entry), "item"), f"{DC}creator") == expected


def test_an_item_has_only_its_first_category(newsroom: Newsroom) -> None:
    categories = (Category("Город", "gorod"), Category("Спорт", "sport"))
    found = only(channel(newsroom, replace(ENTRY, categories=categories)), "item")
    assert text(found, "category") == "Город"


def test_an_item_has_its_pictures_and_no_other_files(newsroom: Newsroom) -> None:
    inline = Attachment("x.png", "x.png", "image/png", 5, 20, 10)
    linked = Attachment("y.pdf", "y.pdf", "application/pdf", 6)
    entry = replace(ENTRY, image=PICTURE, inline=(inline, linked), attachments=(linked,))
    found = only(channel(newsroom, entry), "item")
    assert attributes(found, "enclosure") == [
        {"url": PICTURE_URL, "length": "1234", "type": "image/jpeg"},
        {"url": f"{SITE}/media/a/x.png", "length": "5", "type": "image/png"},
    ]
    assert [each.get("url") for each in found.findall(f"{MEDIA_RSS}content")] == [
        PICTURE_URL,
        f"{SITE}/media/a/x.png",
    ]


def test_a_long_text_is_an_article(newsroom: Newsroom) -> None:
    length = yandex.ARTICLE_LENGTH
    for count, genre in ((length - 1, "message"), (length, "article")):
        found = only(channel(newsroom, replace(ENTRY, html=f"<p>{'я' * count}</p>")), "item")
        assert text(found, f"{YANDEX}genre") == genre


@pytest.mark.parametrize("reason", [None, "R & <r>"])
def test_a_withdrawn_entry_has_the_status_deleted(newsroom: Newsroom, reason: str | None) -> None:
    found = only(channel(newsroom, replace(ENTRY, status="withdrawn", reason=reason)), "item")
    status = {"state": "deleted"} | ({"reason": reason} if reason else {})
    assert attributes(found, f"{MEDIA_RSS}status") == [status]
    assert text(found, "pubDate") == "Tue, 03 Mar 2026 12:15:00 +0300"
    assert [found.find(name) for name in FULL_TEXTS] == [None] * 3
