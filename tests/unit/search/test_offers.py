"""Other spellings of a query."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.search import offers
from feedsvc.search.index import SCHEMA
from feedsvc.search.offers import MAX_COMPARED, MAX_OFFERS, distance, spellings
from feedsvc.search.query import MAX_LENGTH, parse
from feedsvc.search.vocabulary import Execute, NewForms

WORDS = st.text("абвг", max_size=6)


def store(connection: sqlite3.Connection, *texts: str) -> None:
    forms = NewForms()
    for number, text in enumerate(texts):
        terms = " ".join(forms.terms(text))
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, terms))
    forms.store(connection.execute)


def edited(one: str, other: str) -> int:
    """Return the optimal string alignment distance by its definition."""
    if not one or not other:
        return len(one) + len(other)
    least = min(
        edited(one[1:], other) + 1,
        edited(one, other[1:]) + 1,
        edited(one[1:], other[1:]) + (one[0] != other[0]),
    )
    if one[:2] == other[1::-1] and len(one) > 1 and len(other) > 1:
        least = min(least, edited(one[2:], other[2:]) + 1)
    return least


@given(WORDS, WORDS)
def test_the_distance_is_the_number_of_edits(one: str, other: str) -> None:
    assert distance(one, other) == edited(one, other) == distance(other, one)


@given(st.text("абвг", min_size=1, max_size=6))
def test_one_edit_makes_exactly_the_words_at_a_distance_of_one(form: str) -> None:
    made = set(offers._one_edit(form))  # noqa: SLF001 - what is compared with the vocabulary
    assert {distance(form, each) for each in made} <= {0, 1}
    near = {form[:at] + "г" + form[at:] for at in range(len(form) + 1)}
    near |= {form[:at] + form[at + 1 :] for at in range(len(form))}
    near |= {form[:at] + form[at : at + 2][::-1] + form[at + 2 :] for at in range(len(form))}
    assert near <= made


@pytest.mark.parametrize(
    ("texts", "offered"),
    [
        (("парк", "парк", "парта"), ("парк", "парта")),
        (("парк", "парта", "парта"), ("парта", "парк")),
        (("парк", "парта"), ("парк", "парта")),
    ],
)
def test_the_more_frequent_word_comes_first(
    connection: sqlite3.Connection, texts: tuple[str, ...], offered: tuple[str, ...]
) -> None:
    store(connection, *texts)
    assert spellings(connection.execute, parse("партк")) == offered


def test_words_of_the_dictionary_and_short_or_long_words_are_kept(
    connection: sqlite3.Connection,
) -> None:
    store(connection, "кот рынок код " + "ф" * 33)
    for typed in ("кит", "рында", "хк", "ф" * 34, "2026", "рынак2"):
        assert spellings(connection.execute, parse(typed)) == (), typed


def test_two_letters_may_differ_in_a_long_word_that_begins_the_same(
    connection: sqlite3.Connection,
) -> None:
    store(connection, "библиотеки")
    assert spellings(connection.execute, parse("библеотика")) == ()
    assert spellings(connection.execute, parse("библиатика")) == ()
    store(connection, "библиотека")
    assert spellings(connection.execute, parse("библеатека")) == ("библиотека",)
    assert spellings(connection.execute, parse("пивлиотека")) == ()


def test_the_work_for_any_query_is_bounded(connection: sqlite3.Connection) -> None:
    many = [
        f"импорто{one}{two}{three}"
        for one in "абвгд"
        for two in "абвгдежзик"
        for three in "абвгдежзиклмнопрстуфхцчшщ"
    ]
    assert len(many) > MAX_COMPARED
    store(connection, *(" ".join(many[at : at + 50]) for at in range(0, len(many), 50)))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1000)
    typed = " ".join(f"импортоюэ{one}{two}ъ" for one in "абвг" for two in "абвг")[:MAX_LENGTH]
    found = spellings(connection.execute, parse(typed))
    assert len(found) <= MAX_OFFERS
    assert steps < 1000  # a million of SQLite's steps


def test_only_the_first_doubtful_words_are_replaced(connection: sqlite3.Connection) -> None:
    store(connection, "рынок каток участок")
    (found, *_) = spellings(connection.execute, parse("рынак коток участак"))
    assert found == "рынок каток участак"


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_query_of_any_vocabulary_gets_queries(typed: str, text: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA.tables)
    store(connection, text)
    execute: Execute = connection.execute
    for offered in spellings(execute, parse(typed)):
        assert parse(offered).parts
    connection.close()
