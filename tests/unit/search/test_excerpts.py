import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.search import stemming
from feedsvc.search.excerpts import LENGTH, FormMatcher, excerpt, highlight
from feedsvc.search.stemming import plain_form
from tests.support.search_words import TEXTS, WORDS, forms_of, matcher_of


def test_found_words_are_highlighted_in_any_form_and_everything_else_is_escaped() -> None:
    text = "Дворы <b> & «двор»"
    assert highlight(text, matcher_of("двора")) == (
        "<mark>Дворы</mark> &lt;b&gt; &amp; «<mark>двор</mark>»"
    )
    assert highlight("<mark>", matcher_of("mark")) == "&lt;<mark>mark</mark>&gt;"


def test_an_excerpt_shows_the_passage_with_the_most_different_words() -> None:
    text = "двор двор двор. " + "слово " * 100 + "двор и парк рядом. " + "слово " * 100
    shown = str(excerpt([text], matcher_of("двор", "парк")))
    assert "<mark>двор</mark> и <mark>парк</mark> рядом." in shown
    assert shown.startswith("… слово")
    assert shown.endswith("слово …")


def test_an_excerpt_is_of_the_first_text_that_has_a_word() -> None:
    assert excerpt(["Тело.", "Двор."], matcher_of("двор")) == "<mark>Двор</mark>."


def test_without_a_word_an_excerpt_is_the_beginning_of_the_first_text() -> None:
    assert excerpt(["Тело.\nЕщё.", "Двор."], matcher_of("парк")) == "Тело. Ещё."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "двор",
        "х" * 1000,
        "х" * 1000 + "двор" + "х" * 1000,
        "двор" + "\u0301" * 500,
        "х" * 300 + " " + "двор" + "\u00ad" * 400 + " конец",
        " ".join(["двор"] * 200),
    ],
)
def test_an_excerpt_of_an_odd_text_is_short(text: str) -> None:
    shown = excerpt([text], matcher_of("двор")).striptags()
    assert len(shown) <= LENGTH + 4


@given(TEXTS, st.lists(st.sampled_from(WORDS), max_size=4))
def test_an_excerpt_is_a_part_of_the_text_with_only_found_words_highlighted(
    text: str, words: list[str]
) -> None:
    forms = forms_of(*words)
    html = str(excerpt([text], FormMatcher(forms)))
    plain = str(highlight(" ".join(text.split()), FormMatcher({})))
    bare = html.removeprefix("… ").removesuffix(" …").replace("<mark>", "").replace("</mark>", "")
    assert bare in plain
    inside = [each.partition("</mark>")[0] for each in html.split("<mark>")[1:]]
    assert {plain_form(each) for each in inside} <= set(forms)
    if any(plain_form(each) in forms for each in stemming.word.findall(text)):
        assert inside


@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_a_matcher_finds_exactly_the_forms_where_they_are(text: str, words: list[str]) -> None:
    forms = forms_of(*words)
    found = [(text[start:end], each) for start, end, each in FormMatcher(forms).find(text)]
    every = [(each, plain_form(each)) for each in stemming.word.findall(text)]
    assert found == [(each, forms[form]) for each, form in every if form in forms]
