"""What a search shows of an edition."""

import pytest

from feedsvc.search import results as results_module
from feedsvc.search.query import parse
from feedsvc.search.results import (
    BEHIND_VALIDITY,
    CUT,
    NO_CATEGORY,
    NO_DATE,
    Results,
    SearchForm,
    newest,
    read_form,
    search,
)
from tests.support.newsroom import NOW, SECOND, Newsroom, item
from tests.support.search_index import IndexedNewsroom


def results_of(index: IndexedNewsroom, form: SearchForm) -> Results:
    return search(form, index.newsroom.edition(), index.search, index.newsroom.settings)


def test_a_result_has_title_and_excerpt_with_the_words_highlighted(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Наш двор", body="Новое. Дворы & парки.")})
    (result,) = results_of(index, SearchForm("двор")).items
    assert (result.entry.id, result.title) == ("a", "Наш <mark>двор</mark>")
    assert result.excerpt == "Новое. <mark>Дворы</mark> &amp; парки."


def test_a_category_and_a_span_of_days_narrow_the_search(index: IndexedNewsroom) -> None:
    index.publish(
        {
            "a.md": item("Двор", "2026-01-01", categories="Спорт"),
            "b.md": item("Двор", "2026-01-02 00:00", categories="Город"),
            "c.md": item("Двор", "2026-01-02 23:59:59", categories="Спорт"),
            "d.md": item("Двор", "2026-01-03"),
        }
    )
    assert index.found("двор", category="sport") == ["c", "a"]
    assert index.found("двор", since="2026-01-02") == ["d", "c", "b"]
    assert index.found("двор", until="02.01.2026") == ["c", "b", "a"]
    assert index.found("двор", since="2 января 2026", until="2026-01-02") == ["c", "b"]
    assert index.found("двор", since="2026-01-03", until="2026-01-01") == []
    assert index.found("двор", category="sport", since="2026-01-02") == ["c"]
    assert index.found("спорт") == []


def test_only_public_entries_are_found_and_as_they_are_now(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор"), "b.md": item("Двор", "2026-01-02")})
    assert index.found("двор") == ["b", "a"]
    index.publish({"a.md": item("Парк")})
    assert (index.found("двор"), index.found("парк")) == (["b"], ["a"])
    index.publish({"b.md": item("Двор", status="withdrawn")})
    assert index.found("двор") == []
    index.publish({"b.md": item("Двор", status="draft"), "c.md": item("Двор", status="draft")})
    assert index.found("двор") == []
    index.publish({"b.md": item("Двор")})
    assert index.found("двор") == ["b"]
    index.publish({}, gone=("b.md",))
    assert index.found("двор") == []
    index.publish({"d.md": item("Парк", id="a")}, gone=("a.md",))
    assert index.found("парк") == ["a"]
    index.publish({"d.md": item("Парк", id="e")})
    assert index.found("парк") == ["e"]


def test_no_entry_is_found_before_its_time(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор", "2026-07-01T12:00:01Z")})
    assert [index.found("двор", NOW + late) for late in (0, SECOND - 1, SECOND)] == [[], [], ["a"]]


def test_an_index_that_is_behind_finds_nothing_that_has_changed(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор"), "b.md": item("Двор"), "c.md": item("Двор")})
    index.newsroom.apply(
        {"a.md": item("Парк"), "b.md": item("Двор", status="withdrawn"), "d.md": item("Двор")},
        gone=["c.md"],
    )
    assert (index.found("двор"), index.found("парк")) == ([], [])
    index.catch_up()
    assert (index.found("двор"), index.found("парк")) == (["d"], ["a"])


def test_results_of_an_index_that_is_behind_are_valid_for_a_second(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    for change, until in (({}, None), ({"b.md": item("Парк")}, NOW + SECOND)):
        index.newsroom.apply(change)
        edition = index.newsroom.edition()
        search(SearchForm("двор"), edition, index.search, index.newsroom.settings)
        assert edition.period.until == until


def test_a_period_that_ends_sooner_is_not_extended(newsroom: Newsroom) -> None:
    newsroom.apply({"a.md": item("Двор", "2026-07-01T12:00:01Z")})
    edition = newsroom.edition(NOW + SECOND // 2)
    edition.limit_validity(BEHIND_VALIDITY)
    assert edition.period.until == NOW + SECOND


def test_no_page_repeats_or_misses_an_entry_though_numbers_are_not_in_the_order_of_time(
    index: IndexedNewsroom,
) -> None:
    seconds = [0, 3, *[0] * 11, *[1, 2] * 4, 0, 3]
    for number, second in enumerate(seconds):
        index.publish({f"{number:02}.md": item("Двор", f"2026-01-01 00:00:0{second}")})
    assert index.state()["spread"] > 0
    ordered = sorted(range(len(seconds)), key=lambda each: (seconds[each], each), reverse=True)
    pages = (results_of(index, SearchForm("двор", page=page)) for page in "123")
    shown = [result.entry.id for page in pages for result in page.items]
    assert shown == [f"{each:02}" for each in ordered]


def test_there_are_pages_of_ten_and_a_page_beyond_the_last_is_the_last(
    index: IndexedNewsroom,
) -> None:
    index.publish({f"{day:02}.md": item("Двор", f"2026-01-{day:02}") for day in range(1, 22)})
    for typed, page in (("", 1), ("1", 1), ("2", 2), ("3", 3), ("4", 3), ("99", 3), ("x", 1)):
        results = results_of(index, SearchForm("двор", page=typed))
        assert (results.page, results.pages, results.count) == (page, 3, 21), typed
        days = range(21 - 10 * (page - 1), max(21 - 10 * page, 0), -1)
        assert [each.entry.id for each in results.items] == [f"{day:02}" for day in days], typed


def test_more_than_can_be_counted_is_shown_as_more(
    index: IndexedNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_module, "MAX_COUNT", 20)
    for count, more in ((20, False), (21, True)):
        index.publish({f"{number}.md": item("Двор") for number in range(count)})
        results = results_of(index, SearchForm("двор"))
        assert (results.count, results.more, results.pages) == (20, more, 2)


def test_nothing_found_has_one_page_and_no_results(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Парк")})
    assert results_of(index, SearchForm("двор", page="7")) == Results(parse("двор"))


def test_without_words_the_index_is_not_asked(index: IndexedNewsroom) -> None:
    index.newsroom.publish({"a.md": item(categories="Спорт")})
    assert results_of(index, SearchForm(' "" ', category="sport")).items == ()


def test_the_newest_entries_are_found_whatever_their_rank(index: IndexedNewsroom) -> None:
    index.publish(
        {
            "a.md": item("Двор", "2026-01-01"),
            "b.md": item("Парк", "2026-01-02", "Во дворе."),
            "c.md": item("Парк", "2026-01-03"),
            "d.md": item("Двор", "2026-01-04", status="withdrawn"),
        }
    )
    for limit, ids in ((30, ["b", "a"]), (1, ["b"])):
        entries = newest(parse("двор"), index.newsroom.edition(), index.search, limit)
        assert [entry.id for entry in entries] == ids


def test_what_a_form_has_that_cannot_be_used_is_noted_and_ignored(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item(categories="Спорт")})
    form = SearchForm(
        " ".join(map(str, range(20))), category=" y ", since=" 10 ", until="30.02.2026"
    )
    query, notes = read_form(form, newsroom.edition(), newsroom.settings)
    assert (query.category, query.since, query.until) == ("", None, None)
    assert query.is_cut
    assert notes == (
        *((CUT, ""), (NO_CATEGORY, "y")),
        *((NO_DATE, "10"), (NO_DATE, "30.02.2026")),
    )
