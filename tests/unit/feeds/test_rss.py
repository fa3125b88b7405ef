"""The RSS 2.0 feed."""

import locale
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from threading import Barrier

import feedparser
import pytest

from feedsvc.feeds import FEEDS
from feedsvc.model import Attachment, Category
from tests.support.elements import ATOM, CONTENT, DC, attributes, only, properties, text
from tests.support.feeds import (
    ENTRY,
    PAGE_URL,
    PICTURE,
    PICTURE_URL,
    PLAN,
    PLAN_URL,
    TAG,
    XML_FEEDS,
    feed,
    rss,
)
from tests.support.newsroom import SITE, Newsroom, item


def test_a_feed_holds_the_newest_entries_newest_first(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in (2, 1, 3)})
    items = rss(newsroom, feed_size=2).iter("item")
    assert [text(each, "title") for each in items] == ["Day 3", "Day 2"]


def test_a_feed_without_entries_is_valid_and_dated_at_the_epoch(newsroom: Newsroom) -> None:
    assert text(rss(newsroom), "lastBuildDate") == "Thu, 01 Jan 1970 00:00:00 +0000"
    assert feedparser.parse(feed(newsroom, "rss.xml"))["bozo"] is False


def test_a_feed_is_dated_at_its_newest_change(newsroom: Newsroom) -> None:
    date = ENTRY.published + timedelta(hours=1)
    channel = rss(newsroom, ENTRY, replace(ENTRY, id="b", published=date, updated=date))
    assert text(channel, "lastBuildDate") == "Tue, 03 Mar 2026 12:15:00 +0300"


def test_the_channel_s_link_is_the_site(newsroom: Newsroom) -> None:
    assert text(rss(newsroom, ENTRY), "link") == f"{SITE}/"


def test_the_channel_links_to_itself_and_the_newest_archive(newsroom: Newsroom) -> None:
    archive = f"{SITE}/feeds/archive/2026/03/atom.xml"
    assert attributes(rss(newsroom, ENTRY), f"{ATOM}link") == [
        {"href": f"{SITE}/feeds/rss.xml", "rel": "self", "type": "application/rss+xml"},
        {"href": archive, "rel": "prev-archive", "type": "application/atom+xml"},
    ]


@pytest.mark.parametrize(
    ("contact", "editors"),
    [("", []), ("press@news.example", ["press@news.example (Управа района Чертаново Южное)"])],
)
def test_the_channel_names_its_editor_if_there_is_a_contact(
    newsroom: Newsroom, contact: str, editors: list[str]
) -> None:
    found = rss(newsroom, contact=contact).findall("managingEditor")
    assert [element.text for element in found] == editors


def test_the_channel_has_the_site_s_language(newsroom: Newsroom) -> None:
    assert text(rss(newsroom), "language") == "ru"


def test_items_come_last_in_the_channel(newsroom: Newsroom) -> None:
    channel = rss(newsroom, ENTRY, replace(ENTRY, id="b"), contact="press@news.example")
    names = [child.tag for child in channel]
    assert names[-2:] == ["item", "item"]
    assert "item" not in names[:-2]


def test_an_item_has_its_description_and_then_its_full_content(newsroom: Newsroom) -> None:
    element = only(rss(newsroom, replace(ENTRY, summary="A < B & C")), "item")
    names = [child.tag for child in element]
    assert names.index("description") < names.index(f"{CONTENT}encoded")
    # Readers parse a description as HTML, so its text is escaped once more.
    assert text(element, "description") == "A &lt; B &amp; C"
    assert text(element, f"{CONTENT}encoded") == f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>'


def test_a_title_is_plain_text(newsroom: Newsroom) -> None:
    title = "A < B &amp; <b>C</b>"
    assert text(only(rss(newsroom, replace(ENTRY, title=title)), "item"), "title") == title


def test_a_guid_is_no_permalink(newsroom: Newsroom) -> None:
    guid = only(only(rss(newsroom, ENTRY), "item"), "guid")
    assert (guid.text, properties(guid)) == (f"{TAG}a", {"isPermaLink": "false"})


@pytest.mark.parametrize(
    ("author", "publisher", "creator"),
    [
        (None, None, "Управа района Чертаново Южное"),
        (None, "Префектура", "Префектура"),
        ("А. Б.", "Префектура", "А. Б."),
    ],
)
def test_an_item_names_its_creator_and_has_no_author_element(
    newsroom: Newsroom, author: str | None, publisher: str | None, creator: str
) -> None:
    element = only(rss(newsroom, replace(ENTRY, author=author, publisher=publisher)), "item")
    assert (text(element, f"{DC}creator"), element.findall("author")) == (creator, [])


@pytest.mark.parametrize(
    ("image", "attachments", "enclosures"),
    [
        (None, (), []),
        (PICTURE, (PLAN,), [{"url": PICTURE_URL, "length": "1234", "type": "image/jpeg"}]),
        (None, (PLAN, PICTURE), [{"url": PLAN_URL, "length": "99", "type": "application/pdf"}]),
    ],
)
def test_an_item_has_one_enclosure_at_most(
    newsroom: Newsroom,
    image: Attachment | None,
    attachments: tuple[Attachment, ...],
    enclosures: list[dict[str, str]],
) -> None:
    channel = rss(newsroom, replace(ENTRY, image=image, attachments=attachments))
    assert attributes(only(channel, "item"), "enclosure") == enclosures


def test_an_item_links_to_its_page_even_with_a_picture(newsroom: Newsroom) -> None:
    element = only(rss(newsroom, replace(ENTRY, image=PICTURE)), "item")
    assert text(element, "link") == PAGE_URL.format("a")


def test_dates_have_their_offset_and_the_right_weekday(newsroom: Newsroom) -> None:
    winter = ENTRY.published.replace(year=2014, month=1)
    for published in (ENTRY.published, winter, datetime(2026, 1, 4, 5, 6, 7, tzinfo=UTC)):
        entry = replace(ENTRY, published=published, updated=published)
        date = text(only(rss(newsroom, entry), "item"), "pubDate")
        assert date == format_datetime(published)
        assert parsedate_to_datetime(date) == published
        assert re.search(r" [+-]\d{4}$", date)


def test_no_date_lies_in_the_future(newsroom: Newsroom) -> None:
    newsroom.apply(
        {"a.md": item(updated="2026-07-01T12:00:01Z"), "b.md": item(date="2026-07-01T12:00:01Z")}
    )
    channel = rss(newsroom)
    dates = [text(channel, "lastBuildDate"), text(only(channel, "item"), "pubDate")]
    assert dates == ["Thu, 01 Jan 2026 00:00:00 +0300"] * 2


def test_categories_are_labels(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, categories=(Category("Город", "gorod"), Category("A & B", "a-b")))
    labels = [element.text for element in only(rss(newsroom, entry), "item").findall("category")]
    assert labels == ["Город", "A & B"]


@pytest.fixture
def utf8_locale() -> Iterator[str]:
    before, interval = locale.setlocale(locale.LC_ALL), sys.getswitchinterval()
    # By default threads take turns too rarely to interfere with each other.
    sys.setswitchinterval(1e-6)
    yield locale.setlocale(locale.LC_ALL, "C.UTF-8")
    locale.setlocale(locale.LC_ALL, before)
    sys.setswitchinterval(interval)


def test_rendering_in_many_threads_leaves_the_locale_alone(
    newsroom: Newsroom, real_item: bytes, tmp_path: Path, utf8_locale: str
) -> None:
    newsroom.publish({"1204713.txt": real_item})
    settings = newsroom.settings
    # Selected once: the connection of an edition belongs to this thread.
    channels = {name: FEEDS[name].select(newsroom.edition(), settings, name) for name in XML_FEEDS}
    expected = {name: feed(newsroom, name) for name in XML_FEEDS}
    file = tmp_path / "новость.txt"
    file.write_text("Текст", encoding="utf-8")
    barrier = Barrier(10)

    def render() -> dict[str, bytes]:
        return {name: FEEDS[name].render(channels[name], settings) for name in XML_FEEDS}

    def read() -> str:
        return file.read_text(encoding="utf-8")

    def repeat(work: Callable[[], object], count: int) -> list[object]:
        barrier.wait()
        return [work() for _ in range(count)]

    with ThreadPoolExecutor(10) as pool:
        renderings = [pool.submit(repeat, render, 40) for _ in range(8)]
        readings = [pool.submit(repeat, read, 1000) for _ in range(2)]
        assert [task.result() for task in renderings] == [[expected] * 40] * 8
        assert [task.result() for task in readings] == [["Текст"] * 1000] * 2
    assert locale.setlocale(locale.LC_ALL) == utf8_locale
