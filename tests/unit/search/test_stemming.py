import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.search import stemming
from feedsvc.search.excerpts import LENGTH, excerpt, marked
from feedsvc.search.query import MAX_LENGTH, MAX_WORDS, Query, parse
from feedsvc.search.stemming import StemMatcher, stem, stems

SAID = (
    "импортозамещение импортозамещения импортозамещению двор дворы дворов ёлка елки школа"
    " школьный развитие отечественных производств наукоёмких предприятий востребована"
    " running runs hoping dying happy national skies 2014 covid19 straße ёжик"
).split()
texts = st.lists(st.sampled_from([*SAID, "—", "и", "<b>", "&amp;", "по-русски"])).map(" ".join)


def wanted(*looked_for: str) -> StemMatcher:
    return StemMatcher(frozenset(map(stem, looked_for)))


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
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_different_words_have_different_stems() -> None:
    different = ["двор", "школа", "парк", "2014", "2015", "park", "covid19", "东京"]
    assert len(set(map(stem, different))) == len(different)


def test_words_are_runs_of_letters_and_digits() -> None:
    assert stems("IT-технологии, 13.08.2014: «Двор_парк»\n") == [
        *("it", "технолог", "13", "08", "2014", "двор", "парк"),
    ]


@given(st.text())
def test_a_stem_of_any_word_is_a_word_of_small_letters(text: str) -> None:
    for found in stemming.word.findall(text):
        assert stem(found)
        assert stemming.word.fullmatch(stem(found))
        assert stem(stemming.normal(found)) == stem(found)


@given(texts)
def test_what_is_passed_over_by_its_beginning_is_not_what_is_looked_for(text: str) -> None:
    for looked_for in SAID:
        found = [text[start:end] for start, end, _ in wanted(looked_for).find(text)]
        expected = [each for each in stemming.word.findall(text) if stem(each) == stem(looked_for)]
        assert found == expected


@given(st.text(), st.text(min_size=1, max_size=4))
def test_marks_stand_where_the_stems_do_in_any_text(text: str, looked_for: str) -> None:
    stems_of = frozenset(stems(looked_for))
    for start, end, found in StemMatcher(stems_of).find(text):
        assert found == stem(text[start:end])
        assert found in stems_of


def test_stems_are_found_by_many_threads_at_once() -> None:
    stemming.forget()
    alone = {each: stem(each) for each in SAID}
    start = threading.Barrier(8)

    def many(number: int) -> bool:
        start.wait()
        turned = SAID[number:] + SAID[:number]
        return all(stemming._stem.__wrapped__(each) == alone[each] for each in turned * 50)  # noqa: SLF001

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(many, range(8)))


# Queries


@pytest.mark.parametrize(
    ("typed", "text", "parts"),
    [
        ("", "", ()),
        (" .,!? ", "", ()),
        ("Двор  парк", "двор парк", (("двор",), ("парк",))),
        ('"Южное Чертаново"', '"южное чертаново"', (("южн", "чертанов"),)),
        ("«Южное Чертаново» двор", '"южное чертаново" двор', (("южн", "чертанов"), ("двор",))),
        ("“Южное, Чертаново”", '"южное чертаново"', (("южн", "чертанов"),)),
        ("„Южное Чертаново“", '"южное чертаново"', (("южн", "чертанов"),)),
        ('"двор"', "двор", (("двор",),)),
        ('"двор', "двор", (("двор",),)),
        ('""двор"" «»', "двор", (("двор",),)),
        ("двор двора ДВОР", "двор", (("двор",),)),
        ("Ёлка", "ёлка", (("елк",),)),
        ("a OR b NOT c*", "a or b not c", (("a",), ("or",), ("b",), ("not",), ("c",))),
        ("COVID-19", "covid 19", (("covid",), ("19",))),
        ("title:двор^2", "title двор 2", (("titl",), ("двор",), ("2",))),
    ],
)
def test_a_query_is_words_and_phrases(
    typed: str, text: str, parts: tuple[tuple[str, ...], ...]
) -> None:
    assert parse(typed) == Query(parts, text)


def test_a_query_is_as_long_as_it_may_be_and_no_longer() -> None:
    most = [f"w{number}" for number in range(MAX_WORDS)]
    assert not parse(" ".join(most)).is_cut
    cut = parse(" ".join((*most, "more")))
    assert (len(cut.parts), cut.is_cut) == (MAX_WORDS, True)
    phrase = parse(f'"{" ".join((*most, "more"))}" w99')
    assert (phrase.parts, phrase.is_cut) == ((tuple(map(stem, most)),), True)
    assert not parse("a" * MAX_LENGTH).is_cut
    assert parse("a" * (MAX_LENGTH + 1)).is_cut
    # Three small letters for a great one.
    assert parse("ΐ" * MAX_LENGTH).text == "ι" * 64
    assert parse(" ".join(f"{number}{'ß' * 60}" for number in range(3))).is_cut


@given(st.one_of(st.text(), st.text(alphabet='ab яё"«»“”„ ß\u0301İ', max_size=40)))
@hypothesis_settings(max_examples=400)
def test_the_right_spelling_of_a_query_is_the_same_query(typed: str) -> None:
    query = parse(typed)
    again = parse(query.text)
    assert (again.parts, again.text, again.is_cut) == (query.parts, query.text, False)
    assert len(query.text) <= MAX_LENGTH
    assert sum(map(len, query.parts)) <= MAX_WORDS
    assert bool(query.parts) == bool(query.text)
    assert query.text == query.text.lower()


# Excerpts


def test_found_words_are_marked_in_whatever_form_and_all_else_is_escaped() -> None:
    text = "Дворы <b> & «двор»"
    assert marked(text, wanted("двора")) == (
        "<mark>Дворы</mark> &lt;b&gt; &amp; «<mark>двор</mark>»"
    )
    assert marked("<mark>", wanted("mark")) == "&lt;<mark>mark</mark>&gt;"


def test_an_excerpt_shows_the_passage_with_the_most_different_words() -> None:
    text = "двор двор двор. " + "слово " * 100 + "двор и парк рядом. " + "слово " * 100
    shown = str(excerpt([text], wanted("двор", "парк")))
    assert "<mark>двор</mark> и <mark>парк</mark> рядом." in shown
    assert shown.startswith("… слово")
    assert shown.endswith("слово …")


def test_an_excerpt_is_of_the_first_text_that_has_a_word() -> None:
    assert excerpt(["Тело.", "Двор."], wanted("двор")) == "<mark>Двор</mark>."
    assert excerpt(["Тело.\nЕщё.", "Двор."], wanted("парк")) == "Тело. Ещё."


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
    shown = excerpt([text], wanted("двор")).striptags()
    assert len(shown) <= LENGTH + 4


@given(texts, st.lists(st.sampled_from(SAID), max_size=4))
@hypothesis_settings(max_examples=300)
def test_an_excerpt_is_a_part_of_the_text_but_for_marks(text: str, looked_for: list[str]) -> None:
    stems_of = frozenset(map(stem, looked_for))
    html = str(excerpt([text], StemMatcher(stems_of)))
    plain = str(marked(" ".join(text.split()), StemMatcher(frozenset())))
    bare = html.removeprefix("… ").removesuffix(" …").replace("<mark>", "").replace("</mark>", "")
    assert bare in plain
    inside = [each.partition("</mark>")[0] for each in html.split("<mark>")[1:]]
    assert {stem(each) for each in inside} <= stems_of
    if any(stem(each) in stems_of for each in stemming.word.findall(text)):
        assert inside
