from dataclasses import replace
from datetime import UTC, datetime

from feedsvc.model import Category, Entry
from feedsvc.search.query import Query, parse
from feedsvc.search.terms import SUMMARY, TITLE, index_text, match

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
    assert index_text(ENTRY, "Открыт парк.") == (
        "=нов =двор . +нов +двор . +двор +откр . нов двор . двор откр . откр парк . #sport"
    )


def test_a_summary_that_begins_the_body_is_indexed_once() -> None:
    assert index_text(replace(ENTRY, categories=()), "Двор открыт. Парк.") == (
        "=нов =двор . +нов +двор . +двор +откр . нов двор . двор откр парк . "
    )


def test_a_query_is_quoted_stems_all_of_which_must_match() -> None:
    query = parse('двора "южное чертаново" a"b OR c')
    assert match(query, "") == '"двор" AND "южн чертанов" AND "a" AND "b" AND "or" AND "c"'
    assert match(parse("южного двора"), TITLE) == '"=южн" AND "=двор"'
    assert match(parse("«южного двора»"), SUMMARY) == '"+южн +двор"'


def test_a_query_in_a_category_must_match_its_slug() -> None:
    assert match(Query((("двор",),), category="sport"), TITLE) == '"=двор" AND "#sport"'
