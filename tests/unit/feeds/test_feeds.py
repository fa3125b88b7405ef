import locale
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree
from reader import EntrySort, make_reader
from werkzeug.serving import make_server

from feedsvc.app import build_app
from feedsvc.dates import to_microseconds
from feedsvc.feeds import FEEDS
from feedsvc.model import Attachment, Category, Entry, Reading
from feedsvc.settings import Settings
from feedsvc.storage.batch import prepare
from feedsvc.text import clean
from feedsvc.urls import feed_path
from tests.support.attacks import ATTACKS, attacked, dangers
from tests.support.newsroom import NOW, ROOT, SITE, Newsroom, golden, item

# In both, feedgen has its hand.
XML_FEEDS = ("atom.xml", "rss.xml")
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
TAG = "tag:chertanovo-juzhnoe.mos.ru,2014:"
PAGE = f"{SITE}/presscenter/news/detail/{{}}.html"
MOSCOW = ZoneInfo("Europe/Moscow")

PICTURE = Attachment(
    "Фото №1.jpg", "Фото №1.jpg", "image/jpeg", 1234, 640, 480, "Двор", "Двор зимой"
)
PLAN = Attachment("plan.pdf", "plan.pdf", "application/pdf", 99)
ENTRY = Entry(
    id="a",
    title="Заголовок",
    published=datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW),
    updated=datetime(2026, 3, 3, 12, 15, tzinfo=MOSCOW),
    html=f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>',
    summary="Текст и ссылка.",
)


def feed(newsroom: Newsroom, name: str, now: int = NOW, **changes: Any) -> bytes:
    """Render a feed of what is public at a moment."""
    settings = replace(newsroom.settings, **changes)
    dialect = FEEDS[name]
    return dialect.render(dialect.select(newsroom.edition(now), settings, name), settings)


def publish(newsroom: Newsroom, *entries: Entry) -> None:
    """Publish entries that no file could give yet."""
    updates = [prepare(f"{entry.id}.md", "", Reading(entry, ())) for entry in entries]
    newsroom.writer.apply(updates, (), NOW)


def atom(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    publish(newsroom, *entries)
    return etree.fromstring(feed(newsroom, "atom.xml", **changes))


def rss(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    publish(newsroom, *entries)
    return only(etree.fromstring(feed(newsroom, "rss.xml", **changes)), "channel")


def only(parent: etree._Element, name: str) -> etree._Element:
    (found,) = parent.findall(name)
    return found


def text(parent: etree._Element, name: str) -> str:
    return only(parent, name).text or ""


def attributes(parent: etree._Element, name: str) -> list[dict[str, str]]:
    return [properties(element) for element in parent.findall(name)]


def properties(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.items()}


# The whole


@pytest.mark.parametrize("name", FEEDS)
def test_the_feed_of_the_real_item_is_the_golden_one(
    newsroom: Newsroom, real_item: bytes, name: str
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    # A day later, for aggregators take only what is new.
    made = feed(newsroom, name, to_microseconds(datetime(2014, 8, 14, tzinfo=UTC)))
    assert golden(name, made) == made


def test_a_feed_holds_the_newest_entries_newest_first(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in (2, 1, 3)})
    newest = ["Day 3", "Day 2"]
    assert [
        text(each, f"{ATOM}title") for each in atom(newsroom, feed_size=2).iter(f"{ATOM}entry")
    ] == newest
    assert [text(each, "title") for each in rss(newsroom, feed_size=2).iter("item")] == newest


def test_a_feed_of_nothing_is_valid_and_dated_at_the_epoch(newsroom: Newsroom) -> None:
    assert text(atom(newsroom), f"{ATOM}updated") == "1970-01-01T00:00:00+00:00"
    assert text(rss(newsroom), "lastBuildDate") == "Thu, 01 Jan 1970 00:00:00 +0000"
    for name in XML_FEEDS:
        assert feedparser.parse(feed(newsroom, name))["bozo"] is False


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_feed_is_utf_8_and_says_so(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, ENTRY)
    made = feed(newsroom, name)
    assert made.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert ENTRY.title.encode() in made


# What feedgen gets wrong (FEEDGEN.md, the first table)


def test_atom_links_keep_relation_type_and_length(newsroom: Newsroom) -> None:
    entry = only(atom(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,))), f"{ATOM}entry")
    assert attributes(entry, f"{ATOM}link") == [
        {"href": PAGE.format("a"), "rel": "alternate", "type": "text/html"},
        {
            "href": f"{SITE}/media/a/%D0%A4%D0%BE%D1%82%D0%BE%20%E2%84%961.jpg",
            "rel": "enclosure",
            "type": "image/jpeg",
            "length": "1234",
        },
        {
            "href": f"{SITE}/media/a/plan.pdf",
            "rel": "enclosure",
            "type": "application/pdf",
            "length": "99",
        },
    ]


def test_the_rss_channel_s_link_is_the_site(newsroom: Newsroom) -> None:
    assert text(rss(newsroom, ENTRY), "link") == f"{SITE}/"


def test_a_feed_was_updated_when_its_newest_change_was(newsroom: Newsroom) -> None:
    early = replace(
        ENTRY,
        id="b",
        published=ENTRY.published + timedelta(hours=1),
        updated=ENTRY.published + timedelta(hours=1),
    )
    assert text(atom(newsroom, ENTRY, early), f"{ATOM}updated") == "2026-03-03T12:15:00+03:00"
    assert text(rss(newsroom), "lastBuildDate") == "Tue, 03 Mar 2026 12:15:00 +0300"


def test_atom_content_is_declared_html(newsroom: Newsroom) -> None:
    content = only(only(atom(newsroom, ENTRY), f"{ATOM}entry"), f"{ATOM}content")
    assert properties(content) == {"type": "html"}
    assert content.text == f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>'


def test_an_rss_item_has_its_description_and_then_its_whole_content(newsroom: Newsroom) -> None:
    element = only(rss(newsroom, replace(ENTRY, summary="A < B & C")), "item")
    names = [child.tag for child in element]
    assert names.index("description") < names.index(f"{CONTENT}encoded")
    # A description is taken for HTML, so its text is escaped once more.
    assert text(element, "description") == "A &lt; B &amp; C"
    assert text(element, f"{CONTENT}encoded") == f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>'


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_entry_without_body_or_summary_says_its_title(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, replace(ENTRY, html="", summary=""))
    (entry,) = feedparser.parse(feed(newsroom, name))["entries"]
    assert (entry["summary"], entry["content"][0]["value"]) == (ENTRY.title, ENTRY.title)


def test_an_rss_guid_is_no_permalink(newsroom: Newsroom) -> None:
    guid = only(only(rss(newsroom, ENTRY), "item"), "guid")
    assert (guid.text, properties(guid)) == (f"{TAG}a", {"isPermaLink": "false"})


@pytest.mark.parametrize(
    ("author", "publisher", "named"),
    [
        (None, None, "Управа района Чертаново Южное"),
        (None, "Префектура", "Префектура"),
        ("А. Б.", "Префектура", "А. Б."),
    ],
)
def test_whoever_answers_for_an_entry_is_named(
    newsroom: Newsroom, author: str | None, publisher: str | None, named: str
) -> None:
    entry = replace(ENTRY, author=author, publisher=publisher)
    element = only(rss(newsroom, entry), "item")
    assert (text(element, f"{DC}creator"), element.findall("author")) == (named, [])
    # In Atom the feed's author holds where an entry has none.
    names = [
        each.text
        for each in only(atom(newsroom), f"{ATOM}entry").iterfind(f"{ATOM}author/{ATOM}name")
    ]
    assert names == ([] if author is publisher is None else [named])


@pytest.mark.parametrize(
    ("image", "attachments", "enclosure"),
    [
        (None, (), []),
        (
            PICTURE,
            (PLAN,),
            [
                {
                    "url": f"{SITE}/media/a/%D0%A4%D0%BE%D1%82%D0%BE%20%E2%84%961.jpg",
                    "length": "1234",
                    "type": "image/jpeg",
                }
            ],
        ),
        (
            None,
            (PLAN, PICTURE),
            [{"url": f"{SITE}/media/a/plan.pdf", "length": "99", "type": "application/pdf"}],
        ),
    ],
)
def test_an_rss_item_has_one_enclosure_at_most(
    newsroom: Newsroom,
    image: Attachment | None,
    attachments: tuple[Attachment, ...],
    enclosure: list[dict[str, str]],
) -> None:
    channel = rss(newsroom, replace(ENTRY, image=image, attachments=attachments))
    assert attributes(only(channel, "item"), "enclosure") == enclosure


def test_an_rss_item_links_its_page_even_with_a_picture(newsroom: Newsroom) -> None:
    assert text(only(rss(newsroom, replace(ENTRY, image=PICTURE)), "item"), "link") == PAGE.format(
        "a"
    )


@pytest.mark.parametrize("name", XML_FEEDS)
def test_no_module_is_declared_that_feedgen_writes_wrong(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, replace(ENTRY, image=PICTURE))
    made = feed(newsroom, name)
    assert (b"media:group" in made, b"modules/syndication" in made) == (False, False)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_every_address_in_a_feed_is_a_uri(newsroom: Newsroom, name: str) -> None:
    newsroom.apply({"новость.md": item(body="[a](/где?x=ё) <https://пример.рф/путь дальше>")})
    publish(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,)))
    root = etree.fromstring(feed(newsroom, name))
    written = [
        value for each in root.iter() for key, value in each.items() if key in ("href", "url")
    ]
    inside = re.findall(
        r'(?:href|src)="([^"]*)"', " ".join(each.text or "" for each in root.iter())
    )
    assert len(written) >= 1
    assert len(inside) >= 2
    assert [
        each for each in written + inside if not re.fullmatch(r"https://[!#-;=?-Z\[\]_a-z~]+", each)
    ] == []


# What validators and readers hold against feeds (FEEDGEN.md, the list)


@pytest.mark.parametrize("contact", ["", "press@news.example"])
def test_a_feed_names_its_author(newsroom: Newsroom, contact: str) -> None:
    name = newsroom.settings.author
    root = atom(newsroom, ENTRY, contact=contact)
    author = {str(each.tag): each.text for each in only(root, f"{ATOM}author")}
    mail = {f"{ATOM}email": contact} if contact else {}
    assert author == {f"{ATOM}name": name, **mail}
    editors = [each.text for each in rss(newsroom, contact=contact).findall("managingEditor")]
    assert editors == ([f"{contact} ({name})"] if contact else [])


def test_a_feed_names_its_address_the_site_and_the_newest_archive(newsroom: Newsroom) -> None:
    archive = {
        "href": f"{SITE}/feeds/archive/2026/03/atom.xml",
        "rel": "prev-archive",
        "type": "application/atom+xml",
    }
    assert attributes(atom(newsroom, ENTRY), f"{ATOM}link") == [
        {"href": f"{SITE}/feeds/atom.xml", "rel": "self", "type": "application/atom+xml"},
        {"href": f"{SITE}/", "rel": "alternate", "type": "text/html"},
        archive,
    ]
    assert attributes(rss(newsroom), f"{ATOM}link") == [
        {"href": f"{SITE}/feeds/rss.xml", "rel": "self", "type": "application/rss+xml"},
        archive,
    ]


def test_ids_are_tag_uris_of_the_authority_whatever_the_site_s_address(newsroom: Newsroom) -> None:
    for base_url in (SITE, "http://moved.example:8080"):
        root = atom(newsroom, ENTRY, base_url=base_url)
        assert text(root, f"{ATOM}id") == f"{TAG}/feeds/atom.xml"
        assert text(only(root, f"{ATOM}entry"), f"{ATOM}id") == f"{TAG}a"


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_entry_keeps_the_id_it_came_with(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, replace(ENTRY, guid="https://old.example/?p=1&x=2"))
    (entry,) = feedparser.parse(feed(newsroom, name))["entries"]
    assert (entry["id"], entry["link"]) == ("https://old.example/?p=1&x=2", PAGE.format("a"))


@pytest.mark.parametrize("name", XML_FEEDS)
def test_no_two_ids_of_a_feed_are_equal(newsroom: Newsroom, name: str) -> None:
    newsroom.apply({path: item(path, id="x", guid="urn:x") for path in ("a.md", "b.md")})
    newsroom.apply({"c.md": item("c.md", guid="urn:x"), "d.md": item("d.md")})
    entries = feedparser.parse(feed(newsroom, name))["entries"]
    assert [(entry["id"], entry["title"]) for entry in entries] == [
        ("urn:x", "a.md"),
        (f"{TAG}d", "d.md"),
    ]


def test_titles_and_summaries_are_plain_text(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, title="A < B &amp; <b>C</b>", summary="<i>D</i>")
    root = atom(newsroom, entry, title="Site <b>", description="All & more")
    element = only(root, f"{ATOM}entry")
    plain = {"title": "A < B &amp; <b>C</b>", "summary": "<i>D</i>"}
    for parent, texts in (
        (element, plain),
        (root, {"title": "Site <b>", "subtitle": "All & more"}),
    ):
        for name, expected in texts.items():
            found = only(parent, ATOM + name)
            # RFC 4287 section 3.1.1: without a type it is text.
            assert (found.text, properties(found)) == (expected, {})
    assert text(only(rss(newsroom), "item"), "title") == "A < B &amp; <b>C</b>"


def test_dates_carry_their_offset_and_the_right_weekday(newsroom: Newsroom) -> None:
    winter = ENTRY.published.replace(year=2014, month=1)
    for moment in (ENTRY.published, winter, datetime(2026, 1, 4, 5, 6, 7, tzinfo=UTC)):
        entry = replace(ENTRY, published=moment, updated=moment)
        element = only(atom(newsroom, entry), f"{ATOM}entry")
        assert (
            text(element, f"{ATOM}published")
            == text(element, f"{ATOM}updated")
            == moment.isoformat()
        )
        date = text(only(rss(newsroom), "item"), "pubDate")
        assert date == format_datetime(moment)
        assert parsedate_to_datetime(date) == moment
        assert re.search(r" [+-]\d{4}$", date)


def test_no_date_in_a_feed_lies_in_the_future(newsroom: Newsroom) -> None:
    newsroom.apply(
        {"a.md": item(updated="2026-07-01T12:00:01Z"), "b.md": item(date="2026-07-01T12:00:01Z")}
    )
    published = "2026-01-01T00:00:00+03:00"
    root = atom(newsroom)
    assert [each.text for each in root.iter(f"{ATOM}updated", f"{ATOM}published")] == [
        published
    ] * 3
    dates = [text(rss(newsroom), "lastBuildDate"), text(only(rss(newsroom), "item"), "pubDate")]
    assert dates == ["Thu, 01 Jan 2026 00:00:00 +0300"] * 2


def test_rss_items_come_after_all_else_in_the_channel(newsroom: Newsroom) -> None:
    channel = rss(newsroom, ENTRY, replace(ENTRY, id="b"), contact="press@news.example")
    names = [child.tag for child in channel]
    assert names[-2:] == ["item", "item"]
    assert "item" not in names[:-2]


def test_the_language_is_one_that_readers_know(newsroom: Newsroom) -> None:
    root = atom(newsroom, replace(ENTRY, lang="en-GB"), replace(ENTRY, id="b"))
    languages = [
        root.get(f"{XML}lang"),
        *(each.get(f"{XML}lang") for each in root.iter(f"{ATOM}entry")),
    ]
    assert languages == ["ru", None, "en-GB"]
    assert text(rss(newsroom), "language") == "ru"


def test_categories_have_a_label_for_people(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, categories=(Category("Город", "gorod"), Category("A & B", "a-b")))
    element = only(atom(newsroom, entry), f"{ATOM}entry")
    assert attributes(element, f"{ATOM}category") == [
        {"term": "gorod", "label": "Город"},
        {"term": "a-b", "label": "A & B"},
    ]
    labels = [each.text for each in only(rss(newsroom), "item").findall("category")]
    assert labels == ["Город", "A & B"]


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_feed_that_is_no_archive_claims_nothing_of_rfc_5005(
    newsroom: Newsroom, name: str
) -> None:
    publish(newsroom, ENTRY)
    assert b"purl.org/syndication/history" not in feed(newsroom, name)


@pytest.mark.parametrize(("language", "label"), [("ru", "Исправлено:"), ("en", "Correction:")])
@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_correction_is_said_before_the_content(
    newsroom: Newsroom, name: str, language: str, label: str
) -> None:
    publish(newsroom, replace(ENTRY, correction="15:00 & <not> 14:00", html="<p>Text.</p>"))
    root = etree.fromstring(feed(newsroom, name, language=language))
    (content,) = root.iter(f"{ATOM}content", f"{CONTENT}encoded")
    assert content.text == (
        f"<p><strong>{label}</strong> 15:00 &amp; &lt;not&gt; 14:00</p>\n<p>Text.</p>"
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_entry_runs_in_a_feed(newsroom: Newsroom, attack: str) -> None:
    newsroom.apply(
        {"a.md": attacked(attack), "b.txt": f"{attack}\n\n1.1.2026\n\n{attack}".encode()}
    )
    for name in XML_FEEDS:
        root = etree.fromstring(feed(newsroom, name))
        html = [
            each.text or ""
            for each in root.iter(f"{ATOM}content", f"{CONTENT}encoded", "description")
        ]
        assert [dangers(each) for each in html] == [[]] * len(html)
        # Plain text stays what it was, and is no element anywhere.
        titles = [each.text for each in root.iter(f"{ATOM}title", "title")]
        assert titles == [newsroom.settings.title, attack, attack]
        assert [each.tag for each in root.iter("{*}script", "{*}img", "{*}svg", "{*}iframe")] == []
    descriptions = [text(each, "description") for each in rss(newsroom).iter("item")]
    assert "<" not in "".join(descriptions)


# The site's own pictures and colour


def test_readers_and_portals_get_the_site_s_pictures_and_colour(newsroom: Newsroom) -> None:
    logos: dict[str, Any] = {
        "icon": Path("i.png"),
        "logo": Path("l.JPG"),
        "logo_square": Path("s.gif"),
    }
    publish(newsroom, ENTRY)
    told = rss(newsroom, **logos, colour="#112233")
    webfeeds = "{http://webfeeds.org/rss/1.0}"
    assert [text(told, webfeeds + name) for name in ("icon", "logo", "accentColor")] == [
        f"{SITE}/logo/logo_square.gif",
        f"{SITE}/logo/logo.jpg",
        "112233",
    ]
    image = only(told, "image")
    assert [text(image, name) for name in ("url", "title", "link")] == [
        f"{SITE}/logo/logo.jpg",
        newsroom.settings.title,
        f"{SITE}/",
    ]
    root = atom(newsroom, **logos)
    assert text(root, f"{ATOM}icon") == f"{SITE}/logo/icon.png"
    assert text(root, f"{ATOM}logo") == f"{SITE}/logo/logo.jpg"
    aggregated = only(etree.fromstring(feed(newsroom, "yandex.xml", **logos)), "channel")
    squares = aggregated.findall("{http://news.yandex.ru}logo")
    assert [(each.text, each.get("type")) for each in squares] == [
        (f"{SITE}/logo/logo.jpg", None),
        (f"{SITE}/logo/logo_square.gif", "square"),
    ]


# Any text


@pytest.fixture(scope="module")
def module_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    room = Newsroom(Settings(instance=tmp_path_factory.mktemp("instance"), base_url=SITE))
    yield room
    room.writer.close()


any_text = st.text().map(clean)
one_line = any_text.map(lambda text: re.sub(r"[\r\n]", " ", text))


@given(title=one_line, body=any_text, suffix=st.sampled_from([".txt", ".md"]))
@hypothesis_settings(deadline=None, max_examples=200)
def test_any_text_makes_feeds_that_parse_with_the_title_intact(
    module_room: Newsroom, title: str, body: str, suffix: str
) -> None:
    # Something is always there, or there would be no title and no body.
    title, body = f"Т{title}", f"Т{body}"
    data = f"{title}\n1.1.2026\n{body}".encode() if suffix == ".txt" else item(title, body=body)
    module_room.apply({f"a{suffix}": data}, gone=["a.txt", "a.md"])
    expected = ["News", " ".join(title.split())]
    for name in XML_FEEDS:
        root = etree.fromstring(feed(module_room, name))
        assert [each.text for each in root.iter(f"{ATOM}title", "title")] == expected


# Those who read


@pytest.mark.parametrize("name", XML_FEEDS)
def test_feedparser_finds_nothing_to_complain_of(
    newsroom: Newsroom, real_item: bytes, name: str
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    headers = {"content-type": f"{FEEDS[name].media_type}; charset=utf-8"}
    result = feedparser.parse(feed(newsroom, name), response_headers=headers)
    (entry,) = result["entries"]
    assert result["bozo"] is False
    assert result["feed"]["title"] == newsroom.settings.title
    assert (entry["id"], entry["link"]) == (f"{TAG}1204713", PAGE.format("1204713"))
    assert entry["author"] == "Управа района Чертаново Южное"
    # Midnight in Moscow, which was four hours ahead that year.
    assert entry["published_parsed"][:6] == (2014, 8, 12, 20, 0, 0)
    assert "больше рабочих мест." in entry["content"][0]["value"]


@pytest.fixture
def served(newsroom: Newsroom) -> Iterator[str]:
    """Serve the newsroom's catalogue on loopback; give the site's address there."""
    server = make_server("127.0.0.1", 0, build_app(newsroom.settings))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_reader_gets_ids_links_dates_and_whole_content(
    newsroom: Newsroom, real_item: bytes, served: str, name: str
) -> None:
    newsroom.publish({"1204713.txt": real_item})
    publish(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,)))
    url = served + feed_path(name)
    with closing(make_reader(":memory:")) as reader:
        reader.add_feed(url)
        reader.update_feed(url)
        assert reader.get_feed(url).title == newsroom.settings.title
        picture, real = reader.get_entries(sort=EntrySort.RECENT)
        assert [each.id for each in (picture, real)] == [f"{TAG}a", f"{TAG}1204713"]
        assert [each.link for each in (picture, real)] == [PAGE.format("a"), PAGE.format("1204713")]
        assert picture.published == ENTRY.published
        assert real.published == datetime(2014, 8, 12, 20, tzinfo=UTC)
        (content,) = picture.content
        assert content.value.startswith("<figure><img ")
        assert content.value.endswith(f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>')
        (content,) = real.content
        assert content.value.count("<p>") == 3
        # Nothing changed, so nothing is sent again.
        assert reader.update_feed(url) is None


# The process's locale


@pytest.fixture
def utf8_locale() -> Iterator[str]:
    before, interval = locale.setlocale(locale.LC_ALL), sys.getswitchinterval()
    # Otherwise threads take turns too rarely to get into each other's way.
    sys.setswitchinterval(1e-6)
    yield locale.setlocale(locale.LC_ALL, "C.UTF-8")
    locale.setlocale(locale.LC_ALL, before)
    sys.setswitchinterval(interval)


def test_rendering_in_many_threads_leaves_the_locale_alone(
    newsroom: Newsroom, real_item: bytes, tmp_path: Path, utf8_locale: str
) -> None:
    newsroom.publish({"1204713.txt": real_item})
    expected = {name: feed(newsroom, name) for name in XML_FEEDS}
    entries = newsroom.edition().newest(10)
    file = tmp_path / "новость.txt"
    file.write_text("Текст", encoding="utf-8")
    end = time.monotonic() + 2

    class Still:
        """An edition that threads may share: SQLite's connections stay with theirs."""

        def newest(self, _limit: int) -> tuple[Entry, ...]:
            return entries

        def withdrawn(self, _since: datetime) -> tuple[Entry, ...]:
            return ()

        def months(self) -> list[tuple[str, int]]:
            return [(entries[0].published.isoformat()[:7], 1)]

    def render() -> dict[str, bytes]:
        edition: Any = Still()
        return {
            name: FEEDS[name].render(
                FEEDS[name].select(edition, newsroom.settings, name), newsroom.settings
            )
            for name in XML_FEEDS
        }

    def read() -> str:
        return file.read_text(encoding="utf-8")

    def repeat(work: Callable[[], object], expected: object) -> int:
        count = 0
        while time.monotonic() < end:
            assert work() == expected
            count += 1
        return count

    with ThreadPoolExecutor(10) as pool:
        renderings = [pool.submit(repeat, render, expected) for _ in range(8)]
        readings = [pool.submit(repeat, read, "Текст") for _ in range(2)]
        counts = [each.result() for each in (*renderings, *readings)]
    assert min(counts) > 0
    assert locale.setlocale(locale.LC_ALL) == utf8_locale


# The same bytes everywhere

RENDER = """
import locale, os, sys
from dataclasses import replace
from pathlib import Path
from feedsvc import pages
from feedsvc.edition import Edition
from feedsvc.feeds import FEEDS
from feedsvc.parsing import read
from feedsvc.model import Entry
from feedsvc.settings import load
from feedsvc.writer import Writer, prepare

entries, instance, order, now = sys.argv[1:]
sys.stderr.write(locale.setlocale(locale.LC_ALL, ""))
settings = replace(load(), base_url="https://news.example")
names = sorted(os.listdir(entries), reverse=order == "reversed")
writer = Writer(Path(instance))
for name in names:
    file = Path(entries) / name
    update = prepare(name, str(file.stat().st_mtime_ns), read(file.read_bytes(), name, settings))
    writer.apply([update], (), int(now))
edition = Edition(writer.snapshot(), int(now))
for name, feed in FEEDS.items():
    sys.stdout.buffer.write(feed.render(feed.select(edition, settings, name), settings))
sys.stdout.buffer.write(pages.home(edition, settings))
for entry in edition.newest(10):
    sys.stdout.buffer.write(pages.entry(entry, edition.neighbours(entry), settings))
writer.close()
"""


def rendered(
    folder: Path, instance: Path, order: str = "sorted", **environ: str
) -> tuple[bytes, str]:
    """Render everything in a process of its own; give it, and the locale it ran in."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", RENDER, folder, instance, order, str(NOW)],
        cwd=ROOT,
        env=clean | environ,
        capture_output=True,
        check=True,
    )
    return done.stdout, done.stderr.decode()


def make_folder(folder: Path, real_item: bytes) -> None:
    folder.mkdir()
    (folder / "1204713.txt").write_bytes(real_item)
    for number in range(3):
        # Equal dates, so that only the id decides about their order.
        data = item(f"Новость {number}", "2 марта 2026 в 09:30", categories="Город", lang="en")
        (folder / f"n{number}.md").write_bytes(data)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("reference")
    make_folder(folder / "entries", (ROOT / "entries" / "1204713.txt").read_bytes())
    made, _ = rendered(folder / "entries", folder, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="0")
    return made


@pytest.mark.parametrize(
    ("order", "environ"),
    [
        ("sorted", {"TZ": "Asia/Tokyo"}),
        ("sorted", {"TZ": "America/St_Johns", "PYTHONHASHSEED": "1"}),
        ("reversed", {"TZ": "UTC", "PYTHONHASHSEED": "2"}),
    ],
)
def test_the_same_entries_give_the_same_bytes_in_every_process(
    tmp_path: Path, real_item: bytes, reference: bytes, order: str, environ: dict[str, str]
) -> None:
    make_folder(tmp_path / "entries", real_item)
    made, _ = rendered(tmp_path / "entries", tmp_path, order, LC_ALL="C", **environ)
    assert made == reference


def test_the_same_entries_give_the_same_bytes_in_a_russian_locale(
    tmp_path: Path, real_item: bytes, reference: bytes
) -> None:
    environ = {"LC_ALL": "ru_RU.UTF-8", "TZ": "Asia/Tokyo"}
    known = subprocess.run(["locale", "-a"], capture_output=True, check=True).stdout.decode()
    if "ru_RU.utf8" not in known.split():
        built = tmp_path / "ru_RU.UTF-8"
        subprocess.run(
            ["localedef", "-i", "ru_RU", "-f", "UTF-8", built], capture_output=True, check=False
        )
        if not built.exists():
            pytest.skip("there is no Russian locale here, nor Debian's `locales` to build it from")
        environ["LOCPATH"] = str(tmp_path)
    make_folder(tmp_path / "entries", real_item)
    assert rendered(tmp_path / "entries", tmp_path, **environ) == (reference, "ru_RU.UTF-8")


def test_the_same_entries_give_the_same_bytes_whatever_the_files_times(
    tmp_path: Path, real_item: bytes, reference: bytes
) -> None:
    make_folder(tmp_path / "entries", real_item)
    for number, file in enumerate((tmp_path / "entries").iterdir()):
        os.utime(file, (number * 1e8, number * 1e8))
    assert rendered(tmp_path / "entries", tmp_path, LC_ALL="C")[0] == reference
