from dataclasses import replace
from datetime import UTC, datetime

from feedsvc.model import Category, Entry
from feedsvc.search.query import Query, parse
from feedsvc.search.stemming import words
from feedsvc.search.terms import MAX_SPELLINGS, SUMMARY, TITLE, index_text, match

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY = Entry(
    id="a",
    page="/presscenter/news/detail/a.html",
    title="Новый двор",
    summary="Двор открыт.",
    html="",
    published=MOMENT,
    updated=MOMENT,
    guid="a",
    categories=(Category("Спорт", "sport"),),
)


def test_an_entry_is_indexed_by_title_summary_body_and_categories() -> None:
    assert index_text(ENTRY, "Открыт парк.", words) == (
        "=новый =двор . +новый +двор . +двор +открыт . новый двор . двор открыт . открыт парк"
        " . #sport"
    )


def test_a_summary_that_begins_the_body_is_indexed_once() -> None:
    assert index_text(replace(ENTRY, categories=()), "Двор открыт. Парк.", words) == (
        "=новый =двор . +новый +двор . +двор +открыт . новый двор . двор открыт парк . "
    )


TERMS = {"двора": ("-двор",), "стали": ("-сталь", "-стать"), "южной": ("-южный",), "нет": ()}


def test_a_query_is_quoted_terms_all_of_which_must_match() -> None:
    assert match(parse("двора стали"), TERMS, "") == '("-двор") AND ("-сталь" OR "-стать")'
    assert match(parse("«южной стали»"), TERMS, TITLE) == (
        '("=-южный =-сталь" OR "=-южный =-стать")'
    )
    assert match(parse("двора"), TERMS, SUMMARY) == '("+-двор")'


def test_a_query_with_a_word_that_no_text_has_matches_nothing() -> None:
    assert match(parse("двора нет"), TERMS, "") is None


def test_a_query_in_a_category_must_match_its_slug() -> None:
    query = Query((("двора",),), category="sport")
    assert match(query, TERMS, TITLE) == '("=-двор") AND ("#sport")'


def test_a_phrase_of_too_many_spellings_is_looked_for_by_its_neighbours() -> None:
    words = tuple(f"a{number}" for number in range(MAX_SPELLINGS.bit_length()))
    terms = {word: (f"{word}x", f"{word}y") for word in words}
    found = match(Query((words,)), terms, "")
    assert found is not None
    assert found.startswith('("a0x a1x" OR "a0x a1y" OR "a0y a1x" OR "a0y a1y") AND ("a1x a2x"')
    assert found.count("AND") == len(words) - 2
