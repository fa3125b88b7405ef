"""Previews: as the page will be, with addresses that lead to the preview's own files."""

import re
from dataclasses import replace

import pytest

from feedsvc.desk import preview
from feedsvc.edition import Edition
from feedsvc.media.thumbnails import WIDTHS
from feedsvc.model import Attachment, Entry
from feedsvc.pages import html
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, Newsroom, item

TOKEN = "t" * 40
PICTURE = Attachment("a b.png", "a b.png", "image/png", 9_000_000, 3000, 2000, 'Say "hi" > /x')


def draft(newsroom: Newsroom, body: str = "Text.") -> Entry:
    newsroom.publish({"d.md": item("Draft", status="draft", body=body), "o.md": item("Other")})
    entry = newsroom.writer.snapshot().unpublished("d", NOW)
    assert entry is not None
    return entry


def shown(entry: Entry, newsroom: Newsroom) -> str:
    edition = Edition(newsroom.writer.snapshot(), NOW)
    page = preview.page(entry, edition, newsroom.settings, token=TOKEN, note="<aside>n</aside>")
    return page.decode()


def test_the_page_is_what_it_will_be_but_for_a_line_and_addresses(newsroom: Newsroom) -> None:
    entry = draft(newsroom)
    edition = Edition(newsroom.writer.snapshot(), NOW)
    later = html.entry(
        replace(entry, status="published"), edition.neighbours(entry), newsroom.settings
    )
    text = shown(entry, newsroom)
    assert "</a>\n<aside>n</aside><header" in text
    text = text.replace("<aside>n</aside>", "")
    text = text.replace(f"/review/{TOKEN}/d/style.css", "/static/style.css")
    text = text.replace(f'href="/review/{TOKEN}/d/"', f'href="{entry.page}"')
    site = newsroom.settings.site
    pattern = rf'((?:href|src|action)="){re.escape(site)}/(?!presscenter/news/detail/d.html")'
    assert re.sub(pattern, r"\1/", text) == re.sub(pattern, r"\1/", later.decode())
    assert later.decode() != text


def test_pictures_are_the_previews_own(newsroom: Newsroom) -> None:
    entry = replace(draft(newsroom), image=PICTURE)
    text = shown(entry, newsroom)
    start = f"/review/{TOKEN}/d"
    for width in WIDTHS:
        assert f"{start}/thumbnails/{width}/a%20b.png {width}w" in text
    assert f'href="{start}/media/a%20b.png"' in text
    assert '="/media/' not in text
    assert '="/preview/' not in text


def test_what_the_text_says_stays_as_it_is(newsroom: Newsroom) -> None:
    body = 'Write `href="/media/d/x"` and <b> src="/y" </b> &lt;a href="/z"&gt;.'
    text = shown(draft(newsroom, body), newsroom)
    for written in ('href="/media/d/x"', 'src="/y"', 'href="/z"'):
        assert written in text


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json", "yandex.xml"])
def test_feeds_hold_the_entry_alone(newsroom: Newsroom, name: str) -> None:
    body = preview.feed(name, draft(newsroom), newsroom.settings, token=TOKEN).decode()
    assert body.count("Draft") >= 1
    assert "Other" not in body
    assert "/static/feed.css" not in body


def test_a_link_to_itself_leads_to_the_preview(settings: Settings, newsroom: Newsroom) -> None:
    entry = draft(newsroom)
    assert f'rel="bookmark" href="/review/{TOKEN}/d/"' in shown(entry, newsroom)
    assert f'rel="canonical" href="{settings.site}{entry.page}"' in shown(entry, newsroom)
