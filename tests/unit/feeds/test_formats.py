"""What holds for the feeds of every format."""

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from unicodedata import normalize

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
from feedsvc.feeds import FEEDS, FOR_READERS
from feedsvc.settings import Settings
from feedsvc.text import clean, visible
from feedsvc.urls import feed_path
from tests.support.attacks import ATTACKS, attacked, dangers
from tests.support.elements import ATOM, CONTENT, text, texts
from tests.support.feeds import ENTRY, PAGE_URL, PICTURE, PLAN, TAG, XML_FEEDS, feed, publish, rss
from tests.support.newsroom import SITE, Newsroom, golden, item


@pytest.mark.parametrize("name", FEEDS)
def test_the_feed_of_the_real_item_equals_the_golden_file(
    newsroom: Newsroom, real_item: bytes, name: str
) -> None:
    newsroom.apply({"1204713.txt": real_item})
    # A day after its publication, as the aggregators' feed has only recent entries.
    rendered = feed(newsroom, name, to_microseconds(datetime(2014, 8, 14, tzinfo=UTC)))
    assert golden(name, rendered) == rendered


def test_only_feeds_for_readers_are_offered_to_people() -> None:
    assert list(FOR_READERS) == ["atom.xml", "rss.xml", "feed.json"]


def test_xml_feeds_are_served_with_the_generic_media_type() -> None:
    assert {name: feed.served_as for name, feed in FEEDS.items()} == {
        "atom.xml": "application/xml",
        "rss.xml": "application/xml",
        "feed.json": "application/feed+json",
        "yandex.xml": "application/xml",
        "dzen.xml": "application/xml",
    }


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_xml_feed_is_utf_8_and_declares_it(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, ENTRY)
    rendered = feed(newsroom, name)
    assert rendered.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert ENTRY.title.encode() in rendered


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_entry_without_body_or_summary_has_its_title_as_content(
    newsroom: Newsroom, name: str
) -> None:
    publish(newsroom, replace(ENTRY, html="", summary=""))
    (entry,) = feedparser.parse(feed(newsroom, name))["entries"]
    assert (entry["summary"], entry["content"][0]["value"]) == (ENTRY.title, ENTRY.title)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_feed_declares_no_module_that_feedgen_writes_wrong(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, replace(ENTRY, image=PICTURE))
    rendered = feed(newsroom, name)
    assert (b"media:group" in rendered, b"modules/syndication" in rendered) == (False, False)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_feed_that_is_no_archive_claims_nothing_of_rfc_5005(
    newsroom: Newsroom, name: str
) -> None:
    publish(newsroom, ENTRY)
    assert b"purl.org/syndication/history" not in feed(newsroom, name)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_every_address_in_a_feed_is_a_uri(newsroom: Newsroom, name: str) -> None:
    newsroom.apply({"новость.md": item(body="[a](/где?x=ё) <https://пример.рф/путь дальше>")})
    publish(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,)))
    root = etree.fromstring(feed(newsroom, name))
    in_attributes = [
        value for element in root.iter() for key, value in element.items() if key in ("href", "url")
    ]
    content = " ".join(element.text or "" for element in root.iter())
    in_content = re.findall(r'(?:href|src)="([^"]*)"', content)
    assert len(in_attributes) >= 1
    assert len(in_content) >= 2
    uri = re.compile(r"https://[!#-;=?-Z\[\]_a-z~]+")
    assert [url for url in in_attributes + in_content if not uri.fullmatch(url)] == []


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_entry_keeps_the_id_it_came_with(newsroom: Newsroom, name: str) -> None:
    publish(newsroom, replace(ENTRY, guid="https://old.example/?p=1&x=2"))
    (entry,) = feedparser.parse(feed(newsroom, name))["entries"]
    assert (entry["id"], entry["link"]) == ("https://old.example/?p=1&x=2", PAGE_URL.format("a"))


@pytest.mark.parametrize("name", XML_FEEDS)
def test_no_two_ids_of_a_feed_are_equal(newsroom: Newsroom, name: str) -> None:
    newsroom.apply({path: item(path, id="x", guid="urn:x") for path in ("a.md", "b.md")})
    newsroom.apply({"c.md": item("c.md", guid="urn:x"), "d.md": item("d.md")})
    entries = feedparser.parse(feed(newsroom, name))["entries"]
    assert [(entry["id"], entry["title"]) for entry in entries] == [
        ("urn:x", "a.md"),
        (f"{TAG}d", "d.md"),
    ]


@pytest.mark.parametrize(("language", "label"), [("ru", "Исправлено:"), ("en", "Correction:")])
@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_correction_precedes_the_content(
    newsroom: Newsroom, name: str, language: str, label: str
) -> None:
    publish(newsroom, replace(ENTRY, correction="15:00 & <not> 14:00", html="<p>Text.</p>"))
    root = etree.fromstring(feed(newsroom, name, language=language))
    (content,) = root.iter(f"{ATOM}content", f"{CONTENT}encoded")
    assert content.text == (
        f"<p><strong>{label}</strong> 15:00 &amp; &lt;not&gt; 14:00</p>\n<p>Text.</p>"
    )


@pytest.mark.parametrize("name", XML_FEEDS)
def test_nothing_in_an_entry_can_run_in_a_feed(newsroom: Newsroom, name: str) -> None:
    for attack in ATTACKS:
        press_text = f"{attack}\n\n1.1.2026\n\n{attack}".encode()
        newsroom.apply({"a.md": attacked(attack), "b.txt": press_text})
        root = etree.fromstring(feed(newsroom, name))
        contents = texts(root, f"{ATOM}content", f"{CONTENT}encoded", "description")
        assert [dangers(html) for html in contents] == [[]] * len(contents), attack
        # Plain text stays as it was, and no part of it becomes an element.
        titles = texts(root, f"{ATOM}title", "title")
        assert titles == [newsroom.settings.title, attack, attack]
        assert texts(root, "{*}script", "{*}img", "{*}svg", "{*}iframe") == [], attack
        descriptions = [text(each, "description") for each in rss(newsroom).iter("item")]
        assert "<" not in "".join(descriptions), attack


@pytest.fixture(scope="module")
def shared_newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    room = Newsroom(Settings(instance=tmp_path_factory.mktemp("instance"), base_url=SITE))
    yield room
    room.writer.close()


any_text = st.text().map(clean)
one_line = any_text.map(lambda text: re.sub(r"[\r\n]", " ", text))


@given(title=one_line, body=any_text, suffix=st.sampled_from([".txt", ".md"]))
@hypothesis_settings(max_examples=80)
def test_any_text_becomes_a_well_formed_feed_with_the_title_intact(
    shared_newsroom: Newsroom, title: str, body: str, suffix: str
) -> None:
    # The letter ensures that there is a title and a body.
    title, body = f"Т{title}", f"Т{body}"
    data = f"{title}\n1.1.2026\n{body}".encode() if suffix == ".txt" else item(title, body=body)
    shared_newsroom.apply({f"a{suffix}": data}, gone=["a.txt", "a.md"])
    expected = ["News", " ".join(normalize("NFC", visible(title)).split())]
    for name in XML_FEEDS:
        root = etree.fromstring(feed(shared_newsroom, name))
        assert texts(root, f"{ATOM}title", "title") == expected


@pytest.mark.parametrize("name", XML_FEEDS)
def test_feedparser_reports_no_error(newsroom: Newsroom, real_item: bytes, name: str) -> None:
    newsroom.apply({"1204713.txt": real_item})
    headers = {"content-type": f"{FEEDS[name].media_type}; charset=utf-8"}
    result = feedparser.parse(feed(newsroom, name), response_headers=headers)
    (entry,) = result["entries"]
    assert result["bozo"] is False
    assert result["feed"]["title"] == newsroom.settings.title
    assert (entry["id"], entry["link"]) == (f"{TAG}1204713", PAGE_URL.format("1204713"))
    assert entry["author"] == "Управа района Чертаново Южное"
    # Midnight in Moscow, which was four hours ahead that year.
    assert entry["published_parsed"][:6] == (2014, 8, 12, 20, 0, 0)
    assert "больше рабочих мест." in entry["content"][0]["value"]


@pytest.fixture
def site_url(newsroom: Newsroom) -> Iterator[str]:
    """Serve the newsroom's catalogue on a port of its own."""
    server = make_server("127.0.0.1", 0, build_app(newsroom.settings))
    # By default the loop notices a shutdown after half a second.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", XML_FEEDS)
def test_a_reader_gets_ids_links_dates_and_full_content(
    newsroom: Newsroom, real_item: bytes, site_url: str, name: str
) -> None:
    newsroom.publish({"1204713.txt": real_item})
    publish(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,)))
    url = site_url + feed_path(name)
    with closing(make_reader(":memory:")) as reader:
        reader.add_feed(url)
        reader.update_feed(url)
        assert reader.get_feed(url).title == newsroom.settings.title
        newest, real = reader.get_entries(sort=EntrySort.RECENT)
        assert [newest.id, real.id] == [f"{TAG}a", f"{TAG}1204713"]
        assert [newest.link, real.link] == [PAGE_URL.format("a"), PAGE_URL.format("1204713")]
        assert newest.published == ENTRY.published
        assert real.published == datetime(2014, 8, 12, 20, tzinfo=UTC)
        (content,) = newest.content
        assert content.value.startswith("<figure><img ")
        assert content.value.endswith(f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>')
        (content,) = real.content
        assert content.value.count("<p>") == 3
        # Nothing has changed, so the feed is not sent again.
        assert reader.update_feed(url) is None
