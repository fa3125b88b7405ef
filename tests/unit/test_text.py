"""Text: forbidden characters, the site's placeholder, plain text, summaries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.text import (
    SUMMARY_LENGTH,
    clean,
    first_forbidden_line,
    normalized,
    place,
    plain,
    summarize,
    surplus_marks_line,
)
from tests.support.markup import ANY_TEXT, FORBIDDEN, md, text


def test_clean_removes_exactly_what_is_forbidden() -> None:
    for plane in range(17):
        characters = [chr(number) for number in range(plane * 0x10000, (plane + 1) * 0x10000)]

        kept = clean("".join(characters))

        expected = "".join(character for character in characters if character not in FORBIDDEN)
        assert kept == expected, f"plane {plane}"


@settings(derandomize=True, max_examples=100)
@given(ANY_TEXT)
def test_clean_text_survives_xml_unchanged(source: str) -> None:
    cleaned = clean(source)
    element = etree.Element("x")
    element.text = cleaned

    parsed = etree.fromstring(etree.tostring(element, encoding="utf-8"))

    assert (parsed.text or "") == cleaned


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("", 0),
        ("а\nб\n", 0),
        ("\x00", 1),
        ("a\nb\x07\nc\x07", 2),
        ("a\n\n\ufdd0", 3),
        ("\x7f\n", 1),
    ],
)
def test_the_line_of_the_first_forbidden_character_is_returned(source: str, line: int) -> None:
    assert first_forbidden_line(source) == line


def test_place_completes_the_addresses_on_this_site_and_no_others() -> None:
    html = md("[a](/b) ![c](d.png) [e](http://mos.ru/)")

    assert place(html, "https://news.example") == (
        '<p><a href="https://news.example/b">a</a>'
        ' <img src="https://news.example/presscenter/news/detail/d.png" alt="c">'
        ' <a href="http://mos.ru/">e</a></p>\n'
    )
    assert place(html, "") == (
        '<p><a href="/b">a</a> <img src="/presscenter/news/detail/d.png" alt="c">'
        ' <a href="http://mos.ru/">e</a></p>\n'
    )


def test_plain_returns_one_line_for_each_block() -> None:
    html = md(
        "# a *b*\n\nc\nd  \ne\n\n- f\n- g\n\n|h|i|\n|-|-|\n|j|k|\n\n> l\n\n![m](n.png) <b>o</b>p"
    )

    assert plain(html) == "a b\nc d\ne\nf\ng\nh\ni\nj\nk\nl\nop"


@pytest.mark.parametrize("html", ["", "<p></p>", "<p> \n </p>", '<p><img alt="a"></p>'])
def test_plain_returns_nothing_if_there_is_no_text(html: str) -> None:
    assert plain(html) == ""


def test_plain_keeps_the_characters_that_html_escapes() -> None:
    assert plain(text("a < b & c > d «e» \u00a0 f")) == "a < b & c > d «e» f"


def test_plain_returns_at_least_as_much_text_as_is_enough() -> None:
    html = text(*(f"Paragraph {number}." for number in range(1000)))
    for enough in (0, 1, 300, 5000, 10**6):
        beginning = plain(html, enough)
        assert plain(html).startswith(beginning), enough
        assert len(beginning) >= min(enough, len(plain(html))), enough
    assert len(plain(html, 300)) < 400


def test_plain_returns_enough_of_html_that_is_mostly_tags() -> None:
    html = text("\n".join(["a"] * 1000)) + text("b" * 1000)
    assert plain(html, 300).count("a") >= 300
    empty = "<p><b></b></p>" * 500 + "<p>" + "b" * 1000 + "</p>"
    assert plain(empty, 300) == "b" * 1000


PARTS = st.one_of(
    st.sampled_from(("<p>", "</p>", "<b>", "</b>", "<br>", '<img alt="x">', "&amp;", ". ", " ")),
    st.text("абв «».!?", min_size=1, max_size=60),
)


@settings(derandomize=True, max_examples=100)
@given(st.lists(PARTS, max_size=60).map("".join))
def test_the_beginning_of_a_text_is_enough_for_its_summary(html: str) -> None:
    assert summarize(plain(html, SUMMARY_LENGTH)) == summarize(plain(html))


@pytest.mark.parametrize(
    ("source", "summary"),
    [
        ("", ""),
        ("Коротко. И ясно", "Коротко. И ясно"),
        ("a\n b\t c", "a b c"),
        ("а" * 300, "а" * 300),
        # The last sentence that fits; the full stop may be the 300th character.
        ("а" * 299 + ". б", "а" * 299 + "."),
        ("а" * 200 + ". " + "б" * 50 + "! " + "в" * 100, "а" * 200 + ". " + "б" * 50 + "!"),
        ("а" * 200 + "? " + "б" * 200, "а" * 200 + "?"),
        ("а" * 200 + "… " + "б" * 200, "а" * 200 + "…"),
        ("«" + "а" * 200 + ".») " + "б" * 200, "«" + "а" * 200 + ".»)"),
        # No sentence ends here: no white space follows.
        ("а" * 100 + ".ru " + "б" * 100 + " " + "в" * 200, "а" * 100 + ".ru " + "б" * 100 + "…"),
        # A first sentence that is too short is no summary.
        ("Да. " + "а" * 200 + " " + "б" * 200, "Да. " + "а" * 200 + "…"),
        ("а" * 74 + ". " + "б" * 100 + " " + "в" * 200, "а" * 74 + "."),
        ("а" * 73 + ". " + "б" * 100 + " " + "в" * 200, "а" * 73 + ". " + "б" * 100 + "…"),
        ("а" * 100 + " " + "б" * 100 + " " + "в" * 100, "а" * 100 + " " + "б" * 100 + "…"),
        ("а" * 100 + " — " + "б" * 300, "а" * 100 + "…"),
        ("а" * 100 + ", " + "б" * 300, "а" * 100 + "…"),
        ("а" * 298 + " " + "б" * 9, "а" * 298 + "…"),
        ("а" * 301, "а" * 299 + "…"),
        ("— " + "а" * 301, "— " + "а" * 297 + "…"),
    ],
    ids=range(19),
)
def test_a_summary_is_the_first_sentences(source: str, summary: str) -> None:
    assert summarize(source) == summary


@settings(derandomize=True, max_examples=100)
@given(st.text(st.sampled_from("абв.!?…,—» \n"), max_size=700))
def test_a_summary_is_never_longer_than_300_characters(source: str) -> None:
    summary = summarize(source)

    whole = " ".join(source.split())
    assert len(summary) <= 300
    assert whole.startswith(summary.removesuffix("…"))
    assert (summary == whole) == (len(whole) <= 300)


def test_a_text_is_normalized_with_thirty_marks_on_a_letter_at_most() -> None:
    marks = "\u0323\u0301" * 15
    for written, expected in (
        ("и\u0306е\u0308", "йё"),
        ("йё", "йё"),
        # Marks are put in order, so that the last ones in a row are not always the last written.
        ("б" + marks, "б" + "\u0323" * 15 + "\u0301" * 15),
        ("б" + marks + "\u0301" * 5000 + "а", "б" + "\u0323" * 15 + "\u0301" * 15 + "а"),
        ("и\u0306" + "!" * 100, "й" + "!" * 100),
    ):
        assert normalized(written) == expected


def test_the_line_of_surplus_marks_is_known() -> None:
    assert surplus_marks_line("a\nи\u0306" + "!" * 100) == 0
    assert surplus_marks_line("a\nб" + "\u0301\u0323" * 15) == 0
    assert surplus_marks_line("a\n!" + "-" * 50 + "\nб" + "\u0301\u0323" * 16) == 3
