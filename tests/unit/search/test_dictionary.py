"""The dictionary of Russian forms."""

import string
import subprocess
import sys
from pathlib import Path

import pymorphy3_dicts_ru
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.search.dictionary import Dictionary, dictionary

# What the library goes through its graph by.
FOLLOW = "feedsvc.search.dictionary._Graph.follow_bytes"
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"


@pytest.mark.parametrize(
    ("form", "lexemes"),
    [
        ("катки", ("каток",)),
        ("участка", ("участок",)),
        ("детей", ("ребенок",)),
        ("шел", ("идти",)),
        ("еще", ("еще",)),
        ("стали", ("сталь", "стать")),
        ("поновее", ("новый",)),
        ("наиновейшим", ("новый",)),
        ("жкх", ("жкх",)),
        ("шёл", ("идти",)),
        ("мфц", ()),
        ("", ()),
        ("катк", ()),
        ("е" * 64, ()),
        ("a\x01b", ()),
    ],
)
def test_a_form_has_the_words_that_it_may_belong_to(form: str, lexemes: tuple[str, ...]) -> None:
    assert dictionary().lexemes(form) == lexemes


@given(st.one_of(st.text(max_size=64), st.text(LETTERS, min_size=1, max_size=8)))
def test_any_word_can_be_looked_up_and_first_forms_are_plain_letters(form: str) -> None:
    for lexeme in dictionary().lexemes(form):
        assert set(lexeme) <= set(LETTERS)


@pytest.mark.parametrize("fault", [AttributeError, TypeError, IndexError])
def test_with_a_library_that_keeps_its_graph_elsewhere_it_is_read_as_usual(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def moved(*_: object) -> None:
        raise fault

    monkeypatch.setattr(FOLLOW, moved)
    own = Dictionary(Path(pymorphy3_dicts_ru.get_path()))
    assert own.lexemes("детей") == ("ребенок",)
    assert own.lexemes("мфц") == ()


def test_a_graph_that_is_read_in_place_knows_words_or_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FOLLOW, lambda *_: None)
    assert Dictionary(Path(pymorphy3_dicts_ru.get_path())).lexemes("детей") == ("ребенок",)


def test_who_meets_no_russian_word_maps_no_dictionary() -> None:
    program = (
        "from pathlib import Path\n"
        "from feedsvc.search.vocabulary import term\n"
        "def mapped(): return 'words.dawg' in Path('/proc/self/maps').read_text()\n"
        f"found = [term('news'), term('2026'), term({string.ascii_lowercase!r})]\n"
        "print(mapped(), term('катки'), mapped())\n"
    )
    shown = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["False", "-каток", "True"]
