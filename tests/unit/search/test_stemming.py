import string
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpus import vocabulary
from feedsvc.search import stemming
from feedsvc.search.stemming import find_words, plain_form, words
from tests.support.search_words import TEXTS, WORDS

CYRILLIC = "".join(map(chr, range(0x400, 0x500)))
PUNCTUATION = "«»№" + "".join(map(chr, range(0x2010, 0x2028)))
# What a text may consist of to be stemmed in the quick way.
USUAL = CYRILLIC + PUNCTUATION + string.printable.replace("_", "")
UNUSUAL = "_\u0301\u0306\u00adßİıéñ²ªµ東あ\u3099\u0338ﬁ\ufdd0\u00a0"


def stem(written: str) -> str:
    return stemming.stem(plain_form(written))


def read_one_by_one(text: str) -> list[str]:
    return [plain_form(word) for word in stemming.word.findall(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("импортозамещению", "импортозамещения"),
        ("Двор", "ДВОРАМИ"),
        ("ёлка", "елки"),
        ("за\u0301мок", "замок"),
        ("и\u0306од", "йод"),
        ("импорто\u00adзамещение", "импортозамещение"),
        ("running", "runs"),
        ("dying", "die"),
        ("Straße", "STRASSE"),
        ("x" * 100, "x" * 64),
    ],
)
def test_forms_of_a_word_have_the_same_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_different_words_have_different_stems() -> None:
    different = ["двор", "школа", "парк", "2014", "2015", "park", "covid19", "东京"]
    assert len(set(map(stem, different))) == len(different)


def test_words_are_runs_of_letters_and_digits() -> None:
    assert words("IT-технологии, 13.08.2014: «Двор_парк», по\u2011новому\n") == [
        *("it", "технологии", "13", "08", "2014", "двор", "парк", "по", "новому"),
    ]


@given(st.text())
def test_the_stem_of_any_word_is_a_word_in_lower_case_and_its_own_normal_form(text: str) -> None:
    for found in stemming.word.findall(text):
        assert stem(found)
        assert stemming.word.fullmatch(stem(found))
        assert stem(stemming.normal(found)) == stem(found)


@given(st.one_of(st.text(), st.text(USUAL, max_size=200), st.text(USUAL + UNUSUAL, max_size=200)))
def test_a_text_has_its_words_one_by_one(text: str) -> None:
    assert words(text) == read_one_by_one(text)


def test_each_usual_character_is_read_in_a_text_as_in_a_word() -> None:
    for character in USUAL:
        assert unicodedata.normalize("NFC", character) == character
        for text in (character, f"Д{character}ё {character}Д", f"A{character}1"):
            assert words(text) == read_one_by_one(text), ascii(character)


def test_long_words_are_cut_in_a_text_as_by_themselves() -> None:
    for text in ("Ё" * 100, "x" * 63 + "Ё" * 3, "é" * 100, "ß" * 100):
        assert words(f"а {text} а") == read_one_by_one(f"а {text} а")


def test_a_word_that_grows_in_lower_case_is_cut_after_that() -> None:
    once = stemming.normal("ß" * 64)
    assert once == stemming.normal(once) == "s" * 64


def test_a_whole_vocabulary_is_the_same_in_a_text_as_word_by_word() -> None:
    every, _ = vocabulary()
    assert words(" ".join(every)) == [plain_form(word) for word in every]


def test_many_threads_can_stem_at_once() -> None:
    stem_uncached = stemming.stem.__wrapped__  # the cache would hide the stemmer
    alone = {word: stem_uncached(word) for word in WORDS}
    start = threading.Barrier(8)

    def agree(number: int) -> bool:
        start.wait()
        turned = WORDS[number:] + WORDS[:number]
        return all(stem_uncached(word) == alone[word] for word in turned * 50)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(agree, range(8)))


@given(st.one_of(TEXTS, st.text(), st.text(USUAL + UNUSUAL, max_size=200)))
def test_words_are_found_where_they_are(text: str) -> None:
    found = list(find_words(text))
    assert [form for _, _, form in found] == words(text)
    assert [text[start:end] for start, end, _ in found] == stemming.word.findall(text)
