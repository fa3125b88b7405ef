"""What the index finds, and in which order."""

import os
import sqlite3
from unittest.mock import patch

import pytest

from feedsvc.errors import SearchUnavailable
from feedsvc.search import index as index_module
from feedsvc.search.index import DAMAGED
from feedsvc.search.query import parse
from tests.support.newsroom import NOW, item
from tests.support.search_index import IndexedNewsroom


def test_a_word_is_found_in_any_form(index: IndexedNewsroom, real_item: bytes) -> None:
    index.publish({"1204713.txt": real_item})
    for words in ("импортозамещению", "ИМПОРТОЗАМЕЩЕНИЯ", "наукоемкие предприятия", "it"):
        assert index.found(words) == ["1204713"], words
    assert index.found("импортозамещению Бирюлёво") == []


@pytest.mark.parametrize("keys", [{"title": "Двор"}, {"body": "Двор."}, {"summary": "Двор."}])
def test_a_word_is_found_in_title_summary_and_text(
    index: IndexedNewsroom, keys: dict[str, str]
) -> None:
    index.publish({"a.md": item(**keys), "b.md": item("Другое")})
    assert index.found("двор") == ["a"]


def test_title_ranks_before_summary_before_text_and_the_newest_first(
    index: IndexedNewsroom,
) -> None:
    long = "Слово за словом. " * 40
    index.publish(
        {
            "text-old.md": item("1", "2026-01-01", f"{long} Двор."),
            "text-new.md": item("2", "2026-01-09", f"{long} Двор."),
            "first-old.md": item("3", "2026-01-02", f"Двор. {long}"),
            "first-new.md": item("4", "2026-01-08", f"Двор. {long}"),
            "title-old.md": item("Двор", "2026-01-03", long),
            "title-new.md": item("Двор", "2026-01-07", long),
            "title-new-2.md": item("Двор", "2026-01-07", long),
        }
    )
    assert index.found("двор") == [
        *("title-new-2", "title-new", "title-old"),
        *("first-new", "first-old", "text-new", "text-old"),
    ]


def test_enough_that_rank_high_are_not_searched_for_again_in_summaries(
    index: IndexedNewsroom,
) -> None:
    index.publish(
        {f"{day}.md": item("Двор", f"2026-01-0{day}") for day in range(1, 4)}
        | {"4.md": item("Парк", "2026-01-04", "Двор.")}
    )
    query, edition = parse("двор"), index.newsroom.edition()
    for best, ids in ((2, "3241"), (3, "3214"), (4, "3214")):
        matches = index.search.find(query, edition, best, 1000)
        expected = list(ids) if best > 2 else ["3", "2", "4", "1"]
        assert [each.id for each in matches.best] == expected, best
        assert [each.id for each in matches.newest] == ["4", "3", "2", "1"]


def test_a_phrase_is_found_only_in_its_order_and_within_one_field(index: IndexedNewsroom) -> None:
    index.publish(
        {
            "a.md": item("Южное Чертаново", body="Двор."),
            "b.md": item("Чертаново", body="Южное солнце. Чертаново."),
            # Not from the end of the title to the beginning of the text.
            "c.md": item("Новое Южное", body="Чертаново растёт."),
        }
    )
    assert index.found("«южного чертаново»") == ["a"]
    assert sorted(index.found("южное чертаново")) == ["a", "b", "c"]
    assert index.found("«южное чертаново» двор") == ["a"]
    assert index.found("«чертаново двор»") == []


def test_entries_published_in_the_same_second_are_all_found_and_in_order(
    index: IndexedNewsroom,
) -> None:
    days = ("1900-01-01", "2026-01-01", "2026-01-01 00:00:01", "2026-01-01 00:00:02")
    numbers = range(15)
    for number in numbers:
        index.publish({f"{number:02}.md": item("Двор", days[number % 4])})
    ranked = sorted(numbers, key=lambda number: (number % 4, number), reverse=True)
    assert index.found("двор") == [f"{number:02}" for number in ranked[:10]]
    assert index.state()["spread"] > 0
    assert index.found("двор", until="1900-01-02") == ["12", "08", "04", "00"]


def test_an_entry_with_a_later_row_number_is_found_at_its_own_second(
    index: IndexedNewsroom,
) -> None:
    for name in "abc":
        index.publish({f"{name}.md": item("Двор", "2026-07-01T12:00:00Z")})
    assert index.found("двор", NOW) == ["c", "b", "a"]
    assert index.found("двор", NOW - 1) == []


def test_prefixes_of_titles_and_categories_are_not_words(index: IndexedNewsroom) -> None:
    index.publish(
        {"a.md": item("Двор", categories="Спорт"), "b.md": item("1", body="=двор #sport")}
    )
    assert index.found("#sport") == ["b"]
    assert index.found("=двор") == index.found("+двор") == ["a", "b"]


def test_an_index_of_another_catalogue_counts_as_empty(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    query = parse("двор")
    edition = index.newsroom.edition()
    assert not index.search.find(query, edition, 10, 10).is_behind
    edition.identity = "another"
    matches = index.search.find(query, edition, 10, 10)
    assert (matches.best, matches.newest) == ((), ())
    assert (matches.is_behind, matches.is_first) == (True, True)


def test_one_match_more_than_is_counted_shows_that_there_are_more(
    index: IndexedNewsroom,
) -> None:
    index.publish({f"{number}.md": item("Двор") for number in range(5)})
    matches = index.search.find(parse("двор"), index.newsroom.edition(), 0, 2)
    assert len(matches.newest) == 3


def test_without_an_index_the_search_is_unavailable(index: IndexedNewsroom) -> None:
    index.newsroom.publish({"a.md": item("Двор")})
    with pytest.raises(SearchUnavailable, match="there is no usable index"):
        index.found("двор")


@pytest.mark.parametrize(
    ("code", "is_damage"), [(sqlite3.SQLITE_CORRUPT, True), (sqlite3.SQLITE_IOERR, False)]
)
def test_only_damage_has_the_index_recreated(
    index: IndexedNewsroom,
    code: int,
    is_damage: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    index.publish({"a.md": item("Двор")})
    error = sqlite3.DatabaseError("it")
    error.sqlite_errorcode = code
    with (
        patch.object(index_module, "_find", side_effect=error),
        pytest.raises(SearchUnavailable, match=r"search\.sqlite3: it"),
    ):
        index.found("двор")
    assert index.path.with_name(DAMAGED).exists() == is_damage
    assert index.found("двор") == ["a"]


def test_a_forked_process_opens_the_index_itself(index: IndexedNewsroom) -> None:
    index.publish({"a.md": item("Двор")})
    assert index.found("двор") == ["a"]
    before = index.search._connection  # noqa: SLF001 - it must stay open, though unused
    with patch.object(os, "getpid", return_value=os.getpid() + 1):
        assert index.found("двор") == ["a"]
    assert before in index.search._inherited  # noqa: SLF001
