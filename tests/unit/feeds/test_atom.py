"""The Atom feed (RFC 4287)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest

from feedsvc.model import Category
from tests.support.elements import ATOM, DC, XML_LANG, attributes, only, properties, text, texts
from tests.support.feeds import (
    ENTRY,
    PAGE_URL,
    PICTURE,
    PICTURE_URL,
    PLAN,
    PLAN_URL,
    TAG,
    atom,
    feed,
)
from tests.support.newsroom import SITE, Newsroom, item


def test_a_feed_holds_the_newest_entries_newest_first(newsroom: Newsroom) -> None:
    newsroom.apply({f"{day}.md": item(f"Day {day}", f"2026-01-0{day}") for day in (2, 1, 3)})
    entries = atom(newsroom, feed_size=2).iter(f"{ATOM}entry")
    assert [text(entry, f"{ATOM}title") for entry in entries] == ["Day 3", "Day 2"]


def test_a_feed_without_entries_is_valid_and_dated_at_the_epoch(newsroom: Newsroom) -> None:
    assert text(atom(newsroom), f"{ATOM}updated") == "1970-01-01T00:00:00+00:00"
    assert feedparser.parse(feed(newsroom, "atom.xml"))["bozo"] is False


def test_a_feed_is_dated_at_its_newest_change(newsroom: Newsroom) -> None:
    date = ENTRY.published + timedelta(hours=1)
    published_later = replace(ENTRY, id="b", published=date, updated=date)
    root = atom(newsroom, ENTRY, published_later)
    assert text(root, f"{ATOM}updated") == "2026-03-03T12:15:00+03:00"


def test_links_have_relation_type_and_length(newsroom: Newsroom) -> None:
    entry = only(atom(newsroom, replace(ENTRY, image=PICTURE, attachments=(PLAN,))), f"{ATOM}entry")
    picture = {"href": PICTURE_URL, "rel": "enclosure", "type": "image/jpeg", "length": "1234"}
    plan = {"href": PLAN_URL, "rel": "enclosure", "type": "application/pdf", "length": "99"}
    assert attributes(entry, f"{ATOM}link") == [
        {"href": PAGE_URL.format("a"), "rel": "alternate", "type": "text/html"},
        picture,
        plan,
    ]


def test_content_is_declared_as_html(newsroom: Newsroom) -> None:
    content = only(only(atom(newsroom, ENTRY), f"{ATOM}entry"), f"{ATOM}content")
    assert properties(content) == {"type": "html"}
    assert content.text == f'<p>Текст <a href="{SITE}/x">и ссылка</a>.</p>'


@pytest.mark.parametrize(
    ("author", "publisher", "names"),
    [
        # The author of the feed applies to an entry without one.
        (None, None, []),
        (None, "Префектура", ["Префектура"]),
        ("А. Б.", "Префектура", ["А. Б."]),
    ],
)
def test_an_entry_names_its_author_or_else_its_publisher(
    newsroom: Newsroom, author: str | None, publisher: str | None, names: list[str]
) -> None:
    root = atom(newsroom, replace(ENTRY, author=author, publisher=publisher))
    found = only(root, f"{ATOM}entry").iterfind(f"{ATOM}author/{ATOM}name")
    assert [element.text for element in found] == names


@pytest.mark.parametrize("contact", ["", "press@news.example"])
def test_a_feed_names_its_author(newsroom: Newsroom, contact: str) -> None:
    root = atom(newsroom, ENTRY, contact=contact)
    author = {str(element.tag): element.text for element in only(root, f"{ATOM}author")}
    mail = {f"{ATOM}email": contact} if contact else {}
    assert author == {f"{ATOM}name": newsroom.settings.author, **mail}


def test_a_feed_links_to_itself_the_site_and_the_newest_archive(newsroom: Newsroom) -> None:
    atom_type = "application/atom+xml"
    archive = f"{SITE}/feeds/archive/2026/03/atom.xml"
    assert attributes(atom(newsroom, ENTRY), f"{ATOM}link") == [
        {"href": f"{SITE}/feeds/atom.xml", "rel": "self", "type": atom_type},
        {"href": f"{SITE}/", "rel": "alternate", "type": "text/html"},
        {"href": archive, "rel": "prev-archive", "type": atom_type},
    ]


def test_ids_are_tag_uris_of_the_authority_whatever_the_site_s_address(newsroom: Newsroom) -> None:
    for base_url in (SITE, "http://moved.example:8080"):
        root = atom(newsroom, ENTRY, base_url=base_url)
        assert text(root, f"{ATOM}id") == f"{TAG}/feeds/atom.xml"
        assert text(only(root, f"{ATOM}entry"), f"{ATOM}id") == f"{TAG}a"


def test_titles_and_summaries_are_plain_text(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, title="A < B &amp; <b>C</b>", summary="<i>D</i>")
    root = atom(newsroom, entry, title="Site <b>", description="All & more")
    for parent, expected in (
        (only(root, f"{ATOM}entry"), {"title": entry.title, "summary": entry.summary}),
        (root, {"title": "Site <b>", "subtitle": "All & more"}),
    ):
        for name, value in expected.items():
            found = only(parent, ATOM + name)
            # RFC 4287 section 3.1.1: without a type it is text.
            assert (found.text, properties(found)) == (value, {})


def test_dates_have_their_offset(newsroom: Newsroom) -> None:
    winter = ENTRY.published.replace(year=2014, month=1)
    for date in (ENTRY.published, winter, datetime(2026, 1, 4, 5, 6, 7, tzinfo=UTC)):
        entry = only(atom(newsroom, replace(ENTRY, published=date, updated=date)), f"{ATOM}entry")
        dates = [text(entry, f"{ATOM}{name}") for name in ("published", "updated")]
        assert dates == [date.isoformat()] * 2


def test_no_date_lies_in_the_future(newsroom: Newsroom) -> None:
    newsroom.apply(
        {"a.md": item(updated="2026-07-01T12:00:01Z"), "b.md": item(date="2026-07-01T12:00:01Z")}
    )
    dates = texts(atom(newsroom), f"{ATOM}updated", f"{ATOM}published")
    assert dates == ["2026-01-01T00:00:00+03:00"] * 3


def test_the_feed_has_the_site_s_language_and_an_entry_only_another_one(newsroom: Newsroom) -> None:
    root = atom(newsroom, replace(ENTRY, lang="en-GB"), replace(ENTRY, id="b"))
    entries = root.iter(f"{ATOM}entry")
    assert [root.get(XML_LANG), *(entry.get(XML_LANG) for entry in entries)] == [
        "ru",
        None,
        "en-GB",
    ]


def test_categories_have_a_label_for_people(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, categories=(Category("Город", "gorod"), Category("A & B", "a-b")))
    element = only(atom(newsroom, entry), f"{ATOM}entry")
    assert attributes(element, f"{ATOM}category") == [
        {"term": "gorod", "label": "Город"},
        {"term": "a-b", "label": "A & B"},
    ]


def test_an_entry_says_where_it_was_published_first_and_by_whom(newsroom: Newsroom) -> None:
    origin = "https://old.example/1?a=1&b=2"
    root = atom(newsroom, replace(ENTRY, address=origin, publisher="Управа & Ко"))
    link = root.find(f"{ATOM}entry/{ATOM}link[@rel='via']")
    assert link is not None
    assert (link.get("href"), link.get("type")) == (origin, "text/html")
    assert root.findtext(f"{ATOM}entry/{DC}publisher") == "Управа & Ко"
    bare = atom(newsroom, ENTRY)
    assert bare.find(f"{ATOM}entry/{ATOM}link[@rel='via']") is None
    assert bare.find(f"{ATOM}entry/{DC}publisher") is None
