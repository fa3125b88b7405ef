"""The numbers that Word shows in front of paragraphs."""

import pytest
from lxml import etree

from feedsvc.word.numbering import Numbering, written
from tests.support.word import NAMES


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("decimal", {1: "1", 4000: "4000", 0: "0"}),
        ("decimalZero", {1: "01", 10: "10"}),
        ("lowerLetter", {1: "a", 26: "z", 27: "aa"}),
        ("upperLetter", {2: "B"}),
        ("russianLower", {1: "а", 10: "к", 29: "аа"}),
        ("russianUpper", {3: "В"}),
        ("lowerRoman", {4: "iv", 1999: "mcmxcix"}),
        ("upperRoman", {9: "IX"}),
        ("chineseCounting", {5: "5"}),
    ],
)
def test_numbers_have_the_form_that_word_gives_them(form: str, numbers: dict[int, str]) -> None:
    assert {number: written(number, form) for number in numbers} == numbers


def test_levels_begin_again_below_the_one_that_was_counted() -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="decimal"/><w:lvlText w:val="{text}"/></w:lvl>'
        for level, text in ((0, "%1."), (1, "%1.%2"), (2, "%1.%2.%3.%9"))
    )
    root = etree.fromstring(
        f'<w:numbering {NAMES}><w:numPicBullet/><w:abstractNum w:abstractNumId="0"><w:nsid/>'
        f'{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        "</w:numbering>"
    )
    numbering = Numbering(root)
    marks = (numbering.mark("1", str(level), "") for level in (2, 0, 1, 2, 2, 1, 2, 0, 1))
    assert [(mark.number, mark.label) for mark in marks if mark] == [
        *((1, "1.1.1.1"), (1, ""), (1, "1.1"), (1, "1.1.1.1"), (2, "1.1.2.1"), (2, "1.2")),
        *((1, "1.2.1.1"), (2, ""), (1, "2.1")),
    ]
