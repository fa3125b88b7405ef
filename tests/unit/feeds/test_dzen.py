"""The format of Dzen: what one item has, and which elements its text may have."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.dates import to_microseconds
from feedsvc.feeds import aggregated, offered
from feedsvc.feeds.dzen_html import simplified
from feedsvc.model import Attachment, Category, Entry
from feedsvc.parsing.sanitizer import TAGS, from_html
from feedsvc.settings import Settings
from tests.support.elements import CONTENT, DC, MEDIA_RSS, YANDEX, attributes, only, text
from tests.support.feeds import ENTRY, PAGE_URL, PLAN, TAG, feed, publish
from tests.support.newsroom import SITE, Newsroom
from tests.support.validators import validate_dzen_html

SOON = to_microseconds(ENTRY.updated)
WIDE = Attachment("w.jpg", "w.jpg", "image/jpeg", 7, 700, 480, "Двор")


def channel(newsroom: Newsroom, *entries: Entry, **changes: Any) -> etree._Element:
    """Publish entries and return the channel of the feed, a day after they were published."""
    publish(newsroom, *entries)
    rendered = feed(newsroom, "dzen.xml", SOON, **({"dzen": "news"} | changes))
    return only(etree.fromstring(rendered), "channel")


def item(newsroom: Newsroom, entry: Entry, **changes: Any) -> etree._Element:
    return only(channel(newsroom, entry, **changes), "item")


def test_there_is_such_a_feed_if_the_settings_say_so() -> None:
    assert "dzen.xml" not in offered(Settings())
    assert list(offered(Settings(dzen="news")))[-1] == "dzen.xml"


def test_the_channel_has_the_site_s_logos_and_its_own_address(newsroom: Newsroom) -> None:
    logos: dict[str, Any] = {"logo": Path("l.JPG"), "logo_square": Path("s.gif")}
    found = channel(newsroom, ENTRY, **logos)
    assert [(each.text, each.get("type")) for each in found.findall(f"{YANDEX}logo")] == [
        (f"{SITE}/logo/logo.jpg", None),
        (f"{SITE}/logo/logo_square.gif", "square"),
    ]
    assert [link["href"] for link in attributes(found, f"{{{aggregated.ATOM}}}link")] == [
        f"{SITE}/feeds/dzen.xml"
    ]


def test_an_item_has_what_dzen_asks_for(newsroom: Newsroom) -> None:
    entry = replace(ENTRY, categories=(Category("Город", "gorod"), Category("Спорт", "sport")))
    found = item(newsroom, replace(entry, html="<p>A <em>b</em><br>c</p>", author="А. Б."))
    names = ("title", "link", "guid", f"{DC}creator", "pubDate", "category", "description")
    assert [text(found, name) for name in names] == [
        "Заголовок",
        PAGE_URL.format("a"),
        f"{TAG}a",
        "А. Б.",
        "Mon, 02 Mar 2026 09:00:00 +0300",
        "Город",
        "Текст и ссылка.",
    ]
    assert attributes(found, "guid") == [{"isPermaLink": "false"}]
    assert attributes(found, f"{MEDIA_RSS}rating") == [{"scheme": "urn:simple"}]
    assert text(found, f"{MEDIA_RSS}rating") == "nonadult"
    assert text(found, f"{CONTENT}encoded") == "<p>A <i>b</i></p>\n<p>c</p>"


def test_an_item_without_text_has_its_title_as_text(newsroom: Newsroom) -> None:
    found = item(newsroom, replace(ENTRY, html="", summary="", title="A & <b>"))
    assert text(found, f"{CONTENT}encoded") == "<p>A &amp; &lt;b&gt;</p>"
    assert text(found, "description") == "A &amp; &lt;b&gt;"


@pytest.mark.parametrize(
    ("entry", "site", "expected"),
    [
        (None, "news_only", ["news_only"]),
        ("blogs_only", "news_only", ["blogs_only"]),
        ("nowhere", "news", []),
        (None, "", ["news"]),  # as a preview
    ],
)
def test_an_entry_or_else_the_site_says_where_dzen_shows_it(
    newsroom: Newsroom, entry: Any, site: str, expected: list[str]
) -> None:
    found = channel(newsroom, replace(ENTRY, dzen=entry), dzen=site)
    assert [text(each, "contentType") for each in found.findall("item")] == expected


def test_enclosures_are_the_pictures_that_are_wide_enough(newsroom: Newsroom) -> None:
    narrow = replace(WIDE, name="n.jpg", width=699)
    found = item(newsroom, replace(ENTRY, image=narrow, inline=(WIDE, PLAN)))
    assert attributes(found, "enclosure") == [
        {"url": f"{SITE}/media/a/w.jpg", "length": "7", "type": "image/jpeg"}
    ]
    assert f'<figure><img src="{SITE}/media/a/n.jpg"' in text(found, f"{CONTENT}encoded")


def test_what_is_withdrawn_is_not_there(newsroom: Newsroom) -> None:
    assert channel(newsroom, replace(ENTRY, status="withdrawn")).findall("item") == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("text<p></p> tail", "<p>text</p>\n<p>tail</p>"),
        ("<p>a <em>b<br>c</em> d</p>", "<p>a <i>b</i></p>\n<p><i>c</i> d</p>"),
        ("<p><del>a</del><ins>b</ins><kbd>c</kbd></p>", "<p><s>a</s><u>b</u>c</p>"),
        ("<p><b>a<strong>b</strong><br>c</b></p>", "<p><b>ab</b></p>\n<p><b>c</b></p>"),
        ("<p>a<b></b><i><u></u></i> &amp; &lt;</p>", "<p>a &amp; &lt;</p>"),
        (
            '<p><strong>x <img src="a" alt="q"> y</strong></p>',
            '<p><b>x </b></p>\n<figure><img src="a" alt="q"></figure>\n<p><b>y</b></p>',
        ),
        ('<p><a href="/x"><img src="y"></a></p><hr>', '<figure><img src="y"></figure>'),
        (
            '<figure><img src="a"><img src="z"><figcaption>c <b>d</b></figcaption></figure>',
            (
                '<figure><img src="a"></figure>\n'
                '<figure><img src="z"><figcaption>c d</figcaption></figure>'
            ),
        ),
        ("<figure><pre>a</pre></figure>", "<p>a</p>"),
        (
            '<figure>a <img src="z"></figure>',
            '<figure><img src="z"><figcaption>a</figcaption></figure>',
        ),
        (
            "<ul><li><p>one</p><p>two</p></li><li>t<ul><li>n</li></ul></li></ul>",
            "<ul><li>one two </li><li>t<ul><li>n</li></ul></li></ul>",
        ),
        (
            '<ul><li><h3>H</h3>t<img src="a"></li></ul><p>b</p>',
            '<ul><li>H t</li></ul>\n<figure><img src="a"></figure>\n<p>b</p>',
        ),
        ("<ol><li>1<blockquote>q</blockquote>2</li></ol>", "<ol><li>1 q 2</li></ol>"),
        ("<ul></ul><p>a</p><li>x</li>", "<p>a</p>\n<p>x</p>"),
        ("<table><tr><th>A</th><td>B</td></tr></table>", "<p>A; B</p>"),
        (
            '<blockquote><p>q</p><p>r<img src="x"></p></blockquote>',
            '<blockquote><p>q</p><p>r</p></blockquote>\n<figure><img src="x"></figure>',
        ),
        (
            "<blockquote>a<blockquote>b</blockquote></blockquote>",
            "<blockquote><p>a</p><p>b</p></blockquote>",
        ),
        ("<h2>a</h2><h5>h<br>i</h5>", "<h2>a</h2>\n<h4>h i</h4>"),
        ("<dl><dt>T</dt><dd>D</dd></dl>", "<p>T</p>\n<p>D</p>"),
        ('<p><q>w</q><sup><a id="n">1</a></sup></p>', "<p>«w»1</p>"),
        ('<p><a href="https://a.example/?b&amp;c">d</a></p>',) * 2,
    ],
)
def test_a_text_has_only_the_elements_that_dzen_knows(html: str, expected: str) -> None:
    assert simplified(html) == expected


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(sorted(TAGS)).map("<{}>".format),
        st.sampled_from(sorted(TAGS)).map("</{}>".format),
        st.sampled_from(["a", "b ", " c", "&amp;", '<img src="/p.png">', '<a href="/x">', "\n"]),
    ),
    max_size=30,
)


@given(parts=MARKUP)
def test_whatever_the_text_nothing_else_comes_out_and_no_word_is_lost(parts: list[str]) -> None:
    safe = from_html("".join(parts), "/news/").replace("\ufdd0", SITE)
    made = simplified(safe)
    if made:
        validate_dzen_html(made)
    assert _letters(made) == _letters(safe)


def _letters(html: str) -> list[str]:
    """Return the letters, in any order: captions of pictures come below the text around them."""
    root = etree.HTML(f"<div>{html}</div>")
    written = etree.tostring(root, encoding="unicode", method="text")
    return sorted(letter for letter in written if letter.isalnum())
