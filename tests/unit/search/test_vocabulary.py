"""Terms of forms, and which of them a searched word finds."""

import sqlite3

import pytest

from feedsvc.search import vocabulary
from feedsvc.search.vocabulary import NewForms, forms_of, is_known, term, terms_of


def store(connection: sqlite3.Connection, text: str) -> None:
    forms = NewForms()
    forms.terms(text)
    forms.store(connection.execute)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("катки", "-каток"),
        ("стали", "-сталь-стать"),
        ("импортозамищению", "импортозамищен"),
        ("running", "run"),
        ("2026", "2026"),
        ("covid19", "covid19"),
    ],
)
def test_a_term_names_the_words_of_a_form_or_is_its_stem(form: str, expected: str) -> None:
    assert term(form) == expected
    assert is_known(form) == expected.startswith("-")


def test_a_word_finds_the_terms_in_the_index_that_name_it(connection: sqlite3.Connection) -> None:
    store(connection, "стали сталь каток")
    assert terms_of(connection.execute, "сталью") == ("-сталь", "-сталь-стать")
    assert terms_of(connection.execute, "стала") == ("-сталь-стать",)
    assert terms_of(connection.execute, "катками") == ("-каток",)
    assert terms_of(connection.execute, "рынок") == ()
    assert terms_of(connection.execute, "2026") == ("2026",)


def test_a_stem_finds_what_the_dictionary_lacks_or_is_looked_for_by_such_a_word(
    connection: sqlite3.Connection,
) -> None:
    # Districts of Zelenograd, of whose names the dictionary has some forms, of other words.
    assert [is_known(form) for form in ("силино", "силина", "матушкино")] == [False, True, True]
    store(connection, "силина матушкине")
    assert terms_of(connection.execute, "силино") == ("-силин",)
    assert terms_of(connection.execute, "матушкино") == ("матушкин",)
    # But two words of the dictionary with the same stem are different words.
    store(connection, "малина")
    assert terms_of(connection.execute, "малинам") == ("-малин-малина",)
    assert terms_of(connection.execute, "маленький") == ()


def test_found_forms_are_those_in_texts(connection: sqlite3.Connection) -> None:
    store(connection, "стали сталь стать рынок")
    terms = {"сталью": terms_of(connection.execute, "сталью"), "нет": ()}
    assert forms_of(connection.execute, terms) == {
        "сталью": "сталью",
        "сталь": "сталью",
        "стали": "сталью",
        "нет": "нет",
    }


def test_forms_are_stored_once_and_met_again_after_they_were_forgotten(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "MAX_FORMS", 2)
    forms = NewForms()
    assert forms.terms("Катки, рынки 2026 катки") == ["-каток", "-рынок", "2026", "-каток"]
    assert len(forms) <= 2
    forms.store(connection.execute)
    forms.store(connection.execute)
    forms.forget()
    forms.terms("рынки")
    forms.store(connection.execute)
    found = connection.execute("SELECT form, term FROM form ORDER BY form").fetchall()
    assert found == [("катки", "-каток"), ("рынки", "-рынок")]


def test_a_stem_of_many_words_finds_a_bounded_number_of_terms(
    connection: sqlite3.Connection,
) -> None:
    rows = [("ъ", f"-{number}") for number in range(100)]
    connection.executemany("INSERT INTO sense VALUES (?, ?)", rows)
    assert len(terms_of(connection.execute, "ъ")) in {0, vocabulary.MAX_TERMS}
