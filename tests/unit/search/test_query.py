import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.search.query import MAX_LENGTH, MAX_WORDS, Query, parse
from feedsvc.search.stemming import plain_form


@pytest.mark.parametrize(
    ("typed", "text", "parts"),
    [
        ("", "", ()),
        (" .,!? ", "", ()),
        ("Двор  парк", "двор парк", (("двор",), ("парк",))),
        ('"Южное Чертаново"', '"южное чертаново"', (("южное", "чертаново"),)),
        ("«Южное Чертаново» двор", '"южное чертаново" двор', (("южное", "чертаново"), ("двор",))),
        ("“Южное, Чертаново”", '"южное чертаново"', (("южное", "чертаново"),)),
        ("„Южное Чертаново“", '"южное чертаново"', (("южное", "чертаново"),)),
        ('"двор"', "двор", (("двор",),)),
        ('"двор', "двор", (("двор",),)),
        ('""двор"" «»', "двор", (("двор",),)),
        ("двор двора ДВОР", "двор", (("двор",),)),
        ("Ёлка", "ёлка", (("елка",),)),
        ("a OR b NOT c*", "a or b not c", (("a",), ("or",), ("b",), ("not",), ("c",))),
        ("COVID-19", "covid 19", (("covid",), ("19",))),
        ("title:двор^2", "title двор 2", (("title",), ("двор",), ("2",))),
    ],
)
def test_a_query_consists_of_words_and_phrases(
    typed: str, text: str, parts: tuple[tuple[str, ...], ...]
) -> None:
    assert parse(typed) == Query(parts, text)


def test_a_query_of_too_many_words_is_cut() -> None:
    most = [f"w{number}" for number in range(MAX_WORDS)]
    assert not parse(" ".join(most)).is_cut
    cut = parse(" ".join((*most, "more")))
    assert (len(cut.parts), cut.is_cut) == (MAX_WORDS, True)
    phrase = parse(f'"{" ".join((*most, "more"))}" w99')
    assert (phrase.parts, phrase.is_cut) == ((tuple(map(plain_form, most)),), True)


def test_a_query_that_is_too_long_is_cut_even_if_only_its_lower_case_is() -> None:
    assert not parse("a" * MAX_LENGTH).is_cut
    assert parse("a" * (MAX_LENGTH + 1)).is_cut
    # In lower case this letter is three.
    assert parse("ΐ" * MAX_LENGTH).text == "ι" * 64
    assert parse(" ".join(f"{number}{'ß' * 60}" for number in range(4))).is_cut


@given(st.one_of(st.text(), st.text(alphabet='ab яё"«»“”„ ß\u0301İ', max_size=40)))
def test_the_canonical_spelling_of_a_query_is_the_same_query(typed: str) -> None:
    query = parse(typed)
    again = parse(query.text)
    assert (again.parts, again.text, again.is_cut) == (query.parts, query.text, False)
    assert len(query.text) <= MAX_LENGTH
    assert sum(map(len, query.parts)) <= MAX_WORDS
    assert bool(query.parts) == bool(query.text)
    assert query.text == query.text.lower()
