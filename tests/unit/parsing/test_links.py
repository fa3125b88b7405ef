"""Links: where an address leads, and which bare addresses become links."""

import lxml.html
import pytest

from feedsvc.parsing.links import absolute, linked, search_length
from feedsvc.parsing.sanitizer import from_markdown
from feedsvc.text import SITE
from tests.support.markup import HERE, md, text


def link(address: str) -> str | None:
    """Return where `address` leads when it is written in a link."""
    found = lxml.html.fragment_fromstring(md(f'<a href="{address}">x</a>')).find("a")
    assert found is not None
    href: str | None = found.get("href")
    return href


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [
        ("/a", SITE + "/a"),
        ("b.html", HERE + "/b.html"),
        ("../b.html", SITE + "/presscenter/news/b.html"),
        ("../../../../../b", SITE + "/b"),
        ("./", HERE + "/"),
        ("", HERE + "/7.html"),
        ("#top", HERE + "/7.html#top"),
        ("?page=2", HERE + "/7.html?page=2"),
        ("/новости/я б", SITE + "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%D1%8F%20%D0%B1"),
        ("/already%20encoded", SITE + "/already%20encoded"),
        ("1:2", HERE + "/1:2"),
        # None of these names another host, in a feed or on a page.
        ("////evil.example/x", SITE + "/evil.example/x"),
        ("////я б", SITE + "/%D1%8F%20%D0%B1"),
        ("/////a [b]/", SITE + "/a%20%5Bb%5D/"),
        ("/.//evil.example/x", SITE + "/evil.example/x"),
        ("/\\evil.example/x", SITE + "/%5Cevil.example/x"),
        ("\\\\evil.example/x", HERE + "/%5C%5Cevil.example/x"),
        ("//mos.ru/a", "https://mos.ru/a"),
        ("http://mos.ru", "http://mos.ru"),
        ("HTTPS://mos.ru/a?b=c#d", "https://mos.ru/a?b=c#d"),
        (" https://mos.ru/ ", "https://mos.ru/"),
        ("https://mos.ru:8080/", "https://mos.ru:8080/"),
        ("https://мвд.рф/я?ю=ё#ы", "https://xn--b1aew.xn--p1ai/%D1%8F?%D1%8E=%D1%91#%D1%8B"),
        ("http://m%6Fs.ru/", "http://mos.ru/"),
        ("mailto:press@mos.ru", "mailto:press@mos.ru"),
        ("tel:+7 495 000", "tel:+7%20495%20000"),
        ("http://user:pw@mos.ru/", None),
        ("http://[::1]/", None),
        ("http://[::1", None),
        ("http://mos.ru:99999/", None),
        ("http:///a", None),
        ("http:a", None),
        ("http://a..b/", None),
        ("http://" + "a" * 64 + ".ru/", None),
        ("http://a b/", None),
        ("ftp://mos.ru/", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_resolved_address(written: str, leads_to: str | None) -> None:
    assert link(written) == leads_to


def test_an_address_is_resolved_against_the_entrys_page() -> None:
    assert from_markdown("[a](b)", "/x/y/z") == f'<p><a href="{SITE}/x/y/b">a</a></p>\n'


def test_addresses_of_pictures_and_quotations_are_resolved_too() -> None:
    source = '![a](a.png "b")\n\n<blockquote cite="c"><q cite="//mos.ru/d">e</q></blockquote>'

    assert md(source) == (
        f'<p><img src="{HERE}/a.png" alt="a" title="b"></p>\n'
        f'<blockquote cite="{HERE}/c"><q cite="https://mos.ru/d">e</q></blockquote>\n'
    )


def test_a_picture_is_never_fetched_from_a_mail_address_or_telephone_number() -> None:
    assert md("![a](mailto:a@mos.ru) ![b](tel:1)") == "<p>a b</p>\n"


def test_paragraphs_keep_their_lines_and_link_bare_addresses() -> None:
    assert text("a < b & c\nd", "www.mos.ru, press@mos.ru и http://мвд.рф/я.", "т.е. 1.2") == (
        "<p>a &lt; b &amp; c<br>\nd</p>\n"
        '<p><a href="http://www.mos.ru">www.mos.ru</a>,'
        ' <a href="mailto:press@mos.ru">press@mos.ru</a>'
        ' и <a href="http://xn--b1aew.xn--p1ai/%D1%8F">http://мвд.рф/я</a>.</p>\n'
        "<p>т.е. 1.2</p>"
    )


def test_nothing_in_paragraphs_is_markup() -> None:
    assert text('<b>a</b> &lt; "c" [d](e) *f* www.mos.ru/"><script>') == (
        '<p>&lt;b&gt;a&lt;/b&gt; &amp;lt; "c" [d](e) *f*'
        ' <a href="http://www.mos.ru/">www.mos.ru/</a>"&gt;&lt;script&gt;</p>'
    )


def test_an_address_that_is_too_long_for_one_is_none() -> None:
    path = "http://a.ru/" + "a" * 7988
    assert absolute(path, "/") == path
    assert absolute(path + "a", "/") is None
    host = ("a" * 49 + ".") * 6
    assert absolute(f"http://{host}/", "/") == f"http://{host}/"
    assert absolute(f"http://{host}a/", "/") is None


def test_a_very_long_word_is_not_searched_for_addresses() -> None:
    word = "http://a.ru/" + "a" * 1988
    assert linked(f"см. {word}") == f'см. <a href="{word}">{word}</a>'
    assert linked(f"см. {word}a") == f"см. {word}a"
    assert search_length(f"см. {word} 1.5 a@b.ru, {word}a") == 2000 + len("a@b.ru,")


@pytest.mark.parametrize("space", [" ", "  ", "\t", "\u00a0", "\u2003"])
def test_spaces_of_every_kind_part_addresses(space: str) -> None:
    assert linked(f"a{space}b.ru{space}<{space}c@d.ru") == (
        f'a{space}<a href="http://b.ru">b.ru</a>{space}&lt;{space}'
        '<a href="mailto:c@d.ru">c@d.ru</a>'
    )
