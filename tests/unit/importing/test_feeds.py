"""Feeds of all kinds as items."""

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from feedsvc.importing.feeds import Document, read
from feedsvc.importing.item import File, Item, LeftOut
from tests.support.import_sources import RSS

ZONE = ZoneInfo("Europe/Moscow")
ADDRESS = "https://old.example/feed"
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://old.example/x/">
<title>T</title><id>u:1</id><updated>2014-08-13T00:00:00Z</updated>
<link rel="prev-archive" href="/archive/1.xml"/><link rel="next" href="/page/2"/>
<entry><id>urn:x:1</id>
<title>a &amp;amp; &lt;b</title><updated>2014-08-14T00:00:00.5+04:00</updated>
<published>2014-08-13T15:30:00+04:00</published>
<author><name>A</name></author><author><name>B</name></author>
<link rel="enclosure" href="https://old.example/e.mp3"/>
<link href="https://old.example/one/index.php"/>
<category term="sport" label="Спорт"/><summary>S</summary>
<content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content></entry>
<entry><id>urn:x:2</id><title type="html">a &amp;amp; b</title>
<updated>2014-08-14T00:00:00Z</updated>
<content type="text">1 &lt; 2</content></entry>
</feed>"""


def items(document: Document | None) -> list[Item]:
    assert document is not None
    assert all(isinstance(each, Item) for each in document.items)
    return [each for each in document.items if isinstance(each, Item)]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "koi8-r"])
def test_rss_in_any_encoding(encoding: str) -> None:
    first, second = items(
        read(RSS.replace("{encoding}", encoding).encode(encoding), ADDRESS, "", ZONE)
    )
    assert first == Item(
        where="А & Б в",
        title="А & Б в",
        html='<p>Текст <img src="/a.png"></p>',
        base="https://old.example/2014/новость.html",
        name="новость",
        published=datetime(2014, 8, 13, 15, 30, tzinfo=ZONE),
        guid="12 at old",
        address="https://old.example/2014/новость.html",
        aliases=("/2014/новость.html",),
        author="Иван",
        categories=("Спорт",),
        summary="Кратко & ясно",
        attachments=(File("https://old.example/b.pdf"), File("https://old.example/c.png")),
    )
    assert (second.html, second.summary) == ("Только <i>описание</i>", "")
    assert second.published == datetime(2014, 8, 13, 10, tzinfo=ZONE)


def test_atom() -> None:
    document = read(ATOM.encode(), ADDRESS, "application/atom+xml", ZONE)
    assert document
    assert document.older == "https://old.example/archive/1.xml"
    first, second = items(document)
    assert first.title == "a &amp; <b"
    assert first.published == datetime(2014, 8, 13, 15, 30, tzinfo=timezone(timedelta(hours=4)))
    assert first.updated == datetime(2014, 8, 13, 20, tzinfo=UTC)
    assert (first.author, first.categories, first.summary) == ("A, B", ("Спорт",), "S")
    assert (first.name, first.address) == ("one", "https://old.example/one/index.php")
    assert first.attachments == (File("https://old.example/e.mp3"),)
    assert "<p>x</p>" in first.html
    assert (second.title, second.html) == ("a & b", "1 &lt; 2")
    assert second.published == second.updated


def test_json_feed() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "home_page_url": "https://old.example/",
        "next_url": "/feed?page=2",
        "items": [
            {
                "id": "https://old.example/1",
                "url": "https://old.example/1",
                "title": "T",
                "content_html": "<p>x</p>",
                "summary": "S",
                "date_published": "2014-08-13T15:30:00+04:00",
                "author": {"name": "A"},
                "tags": ["a", "a", 5],
                "image": "https://old.example/i.png",
                "attachments": [{"url": "https://old.example/b.pdf"}, {"url": 5}, "x"],
                "language": "en",
            },
            {"id": 5, "content_text": "1 < 2", "title": None, "authors": "x"},
            "no item",
        ],
    }
    document = read(json.dumps(feed).encode(), ADDRESS, "", ZONE)
    assert document
    assert document.older == "https://old.example/feed?page=2"
    first, second = items(document)
    assert (first.author, first.categories, first.lang) == ("A", ("a",), "en")
    assert first.image == File("https://old.example/i.png")
    assert first.attachments == (File("https://old.example/b.pdf"),)
    assert (second.html, second.published, second.guid) == ("1 &lt; 2", None, "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b'{"version": 1}',
        b"<html><body>x</body></html>",
        b"\xff\xfe",
        b"{" * 10_000,
    ],
)
def test_what_is_no_feed_is_none(data: bytes) -> None:
    assert read(data, ADDRESS, "", ZONE) is None


def test_a_damaged_feed_gives_what_can_be_read_and_says_so() -> None:
    data = RSS.replace("{encoding}", "utf-8").encode()[:-60] + b"&oops;"
    document = read(data, ADDRESS, "", ZONE)
    assert document
    assert [type(each) for each in document.items] == [Item, Item, LeftOut]


def test_entities_are_no_bombs_and_read_no_files() -> None:
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(9)
    )
    data = (
        f'<!DOCTYPE rss [{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<rss version='2.0'><channel><item><title>&e8; &f;</title></item></channel></rss>"
    )
    document = read(data.encode(), ADDRESS, "", ZONE)
    assert document is None or "root" not in str(document.items)
    assert document is None or len(str(document.items)) < 10_000
