"""What the extensions of feedgen add: branding, tombstones, archive links, media."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree

from feedsvc.feeds import atom as atom_feed
from feedsvc.feeds import channel
from feedsvc.model import Attachment, Category
from tests.support.elements import (
    ATOM,
    HISTORY,
    MEDIA_RSS,
    TOMBSTONES,
    WEBFEEDS,
    attributes,
    only,
    text,
)
from tests.support.feeds import ENTRY, PICTURE, PICTURE_URL, PLAN, PLAN_URL, TAG, atom, publish, rss
from tests.support.newsroom import SITE, Newsroom, item

LOGOS: dict[str, Any] = {
    "icon": Path("i.png"),
    "logo": Path("l.JPG"),
    "logo_square": Path("s.gif"),
}


def test_rss_has_the_site_s_logos_and_colour(newsroom: Newsroom) -> None:
    found = rss(newsroom, ENTRY, **LOGOS, colour="#112233")
    assert [text(found, WEBFEEDS + name) for name in ("icon", "logo", "accentColor")] == [
        f"{SITE}/logo/logo_square.gif",
        f"{SITE}/logo/logo.jpg",
        "112233",
    ]
    image = only(found, "image")
    assert [text(image, name) for name in ("url", "title", "link")] == [
        f"{SITE}/logo/logo.jpg",
        newsroom.settings.title,
        f"{SITE}/",
    ]


def test_rss_of_a_site_without_logos_has_its_colour_only(newsroom: Newsroom) -> None:
    found = rss(newsroom, ENTRY, icon=None, logo=None, logo_square=None, colour="#112233")
    assert [(child.tag, child.text) for child in found.iter(f"{WEBFEEDS}*", "image")] == [
        (f"{WEBFEEDS}accentColor", "112233")
    ]


def test_atom_has_the_site_s_icon_and_logo(newsroom: Newsroom) -> None:
    root = atom(newsroom, ENTRY, **LOGOS)
    assert text(root, f"{ATOM}icon") == f"{SITE}/logo/icon.png"
    assert text(root, f"{ATOM}logo") == f"{SITE}/logo/logo.jpg"


def test_an_rss_item_has_all_its_files_as_media(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, image=PICTURE, attachments=(PLAN,))
    found = only(rss(newsroom, entry), "item")
    picture = {"url": PICTURE_URL, "fileSize": "1234", "type": "image/jpeg", "medium": "image"}
    plan = {"url": PLAN_URL, "fileSize": "99", "type": "application/pdf", "medium": "document"}
    assert attributes(found, f"{MEDIA_RSS}content") == [
        {**picture, "width": "640", "height": "480"},
        plan,
    ]
    described, plain = found.findall(f"{MEDIA_RSS}content")
    assert text(described, f"{MEDIA_RSS}title") == "Двор зимой"
    assert text(described, f"{MEDIA_RSS}description") == "Двор"
    assert len(plain) == 0


def test_rss_without_files_does_not_declare_media(newsroom: Newsroom) -> None:
    inline = Attachment("x.png", "x.png", "image/png", 1, 1, 1)
    assert "media" not in rss(newsroom, replace(ENTRY, inline=(inline,))).nsmap
    assert "media" in rss(newsroom, replace(ENTRY, attachments=(PLAN,))).nsmap


def test_a_withdrawn_entry_is_a_tombstone_with_its_reason_if_there_is_one(
    newsroom: Newsroom,
) -> None:
    withdrawn = replace(ENTRY, status="withdrawn")
    root = atom(
        newsroom,
        replace(withdrawn, id="b"),
        replace(withdrawn, id="c", reason="Ошибка & <b>"),
    )
    when = ENTRY.updated.isoformat()
    tombstones = attributes(root, f"{TOMBSTONES}deleted-entry")
    assert sorted(tombstones, key=lambda tombstone: tombstone["ref"]) == [
        {"ref": f"{TAG}{entry_id}", "when": when} for entry_id in ("b", "c")
    ]
    comments = [each.text for each in root.iter(f"{TOMBSTONES}comment")]
    assert comments == ["Ошибка & <b>"]


def test_only_an_archive_declares_itself_as_one(newsroom: Newsroom) -> None:
    publish(newsroom, ENTRY)
    newsroom.apply({"older.md": item(date="2026-02-01")})
    archive = channel.for_month(newsroom.edition(), newsroom.settings, "2026-03")
    assert archive is not None
    root = etree.fromstring(atom_feed.render(archive, newsroom.settings))
    assert len(root.findall(f"{HISTORY}archive")) == 1
    links = {link["rel"]: link["href"] for link in attributes(root, f"{ATOM}link")}
    assert links == {
        "self": f"{SITE}/feeds/archive/2026/03/atom.xml",
        "alternate": f"{SITE}/archive/2026/03/",
        "current": f"{SITE}/feeds/atom.xml",
        "prev-archive": f"{SITE}/feeds/archive/2026/02/atom.xml",
    }
    assert atom(newsroom).findall(f"{HISTORY}archive") == []


def test_the_time_of_a_feed_grows_no_faster_than_its_categories(newsroom: Newsroom) -> None:
    def seconds(count: int) -> float:
        labels = tuple(Category(f"Рубрика {number}", f"r{number}") for number in range(count))
        publish(newsroom, replace(ENTRY, categories=labels))
        found = channel.newest(newsroom.edition(), newsroom.settings, "atom.xml")
        times = []
        for _ in range(3):
            started = time.process_time()
            atom_feed.render(found, newsroom.settings)
            times.append(time.process_time() - started)
        return min(times)

    # What is quadratic takes 16 times as long for 4 times the input.
    assert seconds(8000) < 8 * seconds(2000)
