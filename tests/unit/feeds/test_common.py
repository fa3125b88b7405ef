"""What the feed formats have in common."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from feedsvc.feeds import common
from feedsvc.model import Attachment
from feedsvc.settings import Settings
from tests.support.feeds import ENTRY, PICTURE, PICTURE_URL, PLAN

SHOWN = Attachment("shown.png", "shown.png", "image/png", 5, 20, 10)
LINKED = Attachment("linked.pdf", "linked.pdf", "application/pdf", 6)
WITH_FILES = replace(ENTRY, image=PICTURE, inline=(SHOWN, LINKED), attachments=(PLAN,))
WITHOUT_PICTURE = replace(WITH_FILES, image=None)


def test_a_feed_s_id_differs_from_every_entry_s(settings: Settings) -> None:
    tag = f"tag:{settings.authority}:"
    assert common.feed_id("/feeds/atom.xml", settings) == f"{tag}/feeds/atom.xml"
    assert common.entry_id(ENTRY, settings) == f"{tag}a"
    assert common.entry_id(replace(ENTRY, guid="urn:x"), settings) == "urn:x"


def test_media_are_all_files_of_an_entry() -> None:
    assert list(common.media(WITH_FILES)) == [PICTURE, SHOWN, LINKED, PLAN]
    assert list(common.media(WITHOUT_PICTURE)) == [SHOWN, LINKED, PLAN]


def test_pictures_are_those_that_a_page_shows() -> None:
    assert common.pictures(WITH_FILES) == [PICTURE, SHOWN]
    assert common.pictures(WITHOUT_PICTURE) == [SHOWN]


def test_enclosures_are_the_picture_and_the_attachments() -> None:
    assert common.enclosures(WITH_FILES) == [PICTURE, PLAN]
    assert common.enclosures(WITHOUT_PICTURE) == [PLAN]


def test_the_picture_precedes_the_content_with_its_caption_and_size(settings: Settings) -> None:
    entry = replace(ENTRY, html="<p>Text.</p>", image=replace(PICTURE, alt='"A" & B'))
    assert common.entry_html(entry, settings) == (
        f'<figure><img src="{PICTURE_URL}" alt="&quot;A&quot; &amp; B" width="640" height="480">'
        "<figcaption>Двор зимой</figcaption></figure>\n<p>Text.</p>"
    )
    bare = replace(PICTURE, width=None, height=None, alt="", caption="")
    assert common.entry_html(replace(entry, image=bare), settings) == (
        f'<figure><img src="{PICTURE_URL}" alt=""></figure>\n<p>Text.</p>'
    )


def test_a_feed_links_to_its_style_sheet() -> None:
    root = etree.Element("rss")
    common.add_stylesheet(root)
    assert etree.tostring(root.getroottree()) == (
        b'<?xml-stylesheet type="text/css" href="/static/feed.css"?><rss/>'
    )


def test_the_last_update_is_the_newest_of_the_entries() -> None:
    later = replace(ENTRY, updated=ENTRY.updated + timedelta(seconds=1))
    assert common.last_updated(later, ENTRY) == later.updated
    assert common.last_updated() == common.EPOCH


def test_local_time_is_in_the_site_s_time_zone(settings: Settings) -> None:
    local = common.local_time(0, settings)
    assert local == datetime(1970, 1, 1, tzinfo=UTC)
    assert local.tzinfo == settings.timezone
