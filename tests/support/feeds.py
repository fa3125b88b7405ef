"""Entries published without files, and feeds rendered from them."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from feedsvc.feeds import FEEDS
from feedsvc.model import Attachment, Entry, Reading
from feedsvc.storage.updates import prepare
from tests.support.elements import only
from tests.support.newsroom import NOW, SITE, Newsroom

# The formats that feedgen renders.
XML_FEEDS = ("atom.xml", "rss.xml")
TAG = "tag:chertanovo-juzhnoe.mos.ru,2014:"
PAGE_URL = f"{SITE}/presscenter/news/detail/{{}}.html"
MOSCOW = ZoneInfo("Europe/Moscow")
PICTURE = Attachment(
    "Фото №1.jpg", "Фото №1.jpg", "image/jpeg", 1234, 640, 480, "Двор", "Двор зимой"
)
PLAN = Attachment("plan.pdf", "plan.pdf", "application/pdf", 99)
PICTURE_URL = f"{SITE}/media/a/%D0%A4%D0%BE%D1%82%D0%BE%20%E2%84%961.jpg"
PLAN_URL = f"{SITE}/media/a/plan.pdf"
ENTRY = Entry(
    id="a",
    page="/presscenter/news/detail/a.html",
    title="Заголовок",
    published=datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW),
    updated=datetime(2026, 3, 3, 12, 15, tzinfo=MOSCOW),
    html=f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>',
    summary="Текст и ссылка.",
)


def publish(newsroom: Newsroom, *entries: Entry) -> None:
    """Publish entries, some of which no file could result in."""
    updates = [prepare(f"{entry.id}.md", "", Reading(entry, ())) for entry in entries]
    newsroom.writer.apply(updates, (), NOW)


def feed(newsroom: Newsroom, name: str, now: int = NOW, **changes: Any) -> bytes:
    """Render a feed of what is public at a moment, with some settings changed."""
    settings = replace(newsroom.settings, **changes)
    kind = FEEDS[name]
    return kind.render(kind.select(newsroom.edition(now), settings, name), settings)


def atom(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    """Publish entries and return the root of the Atom feed."""
    publish(newsroom, *entries)
    return etree.fromstring(feed(newsroom, "atom.xml", **changes))


def rss(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    """Publish entries and return the channel of the RSS feed."""
    publish(newsroom, *entries)
    return only(etree.fromstring(feed(newsroom, "rss.xml", **changes)), "channel")
