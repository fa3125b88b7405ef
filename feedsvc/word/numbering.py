"""Numbered paragraphs of Word: in which list they are, and the number that Word shows.

Word stores no numbers but how to count them. HTML can count lists like 1. 2. 3. itself; any other
number (1.2, а), IV.) becomes part of the text, because others refer to it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from feedsvc.word.package import attributes, child, children, name_of, value

# The levels that a list can have, and in characters the longest number.
LEVELS = 9
_MAX_LABEL = 60
_plain_label = re.compile(r"%[1-9][.)]?")
_place = re.compile(r"%([1-9])")
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "M CM D CD C XC L XL X IX V IV I".split(),
        strict=True,
    )
)


class Mark(NamedTuple):
    """What stands before a paragraph: a bullet, a number that HTML counts, or a text.

    `level` counts from 0; `number` is 0 for bullets; a `label` is no list's.
    """

    level: int
    number: int = 0
    label: str = ""


@dataclass(slots=True)
class _Level:
    form: str = "decimal"
    start: int = 1
    text: str = "%1."


@dataclass(slots=True)
class _Counted:
    """A list: its levels, and the numbers that its last paragraph has."""

    levels: dict[int, _Level] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document, and how far each has been counted."""

    def __init__(self, root: etree._Element | None) -> None:
        """Take the root of the part that defines the lists."""
        self._counted: dict[str, _Counted] = {}
        # By the number of a list: the definition, and the levels that begin anew.
        self._lists: dict[str, tuple[str, dict[int, int]]] = {}
        # By the style of a paragraph: its level.
        self._level_of_style: dict[tuple[str, str], int] = {}
        for element in children(root):
            if name_of(element) == "w:abstractNum":
                self._define(attributes(element).get("w:abstractNumId", ""), element)
            elif name_of(element) == "w:num":
                self._name(attributes(element).get("w:numId", ""), element)

    def _define(self, definition: str, element: etree._Element) -> None:
        counted = self._counted[definition] = _Counted()
        for each in element:
            if name_of(each) != "w:lvl":
                continue
            level = whole(attributes(each).get("w:ilvl"))
            counted.levels[level] = _Level(
                value(each, "w:numFmt") or "decimal",
                whole(value(each, "w:start"), 1),
                (value(each, "w:lvlText") or "")[:_MAX_LABEL],
            )
            if style := value(each, "w:pStyle"):
                self._level_of_style[definition, style] = level

    def _name(self, number: str, element: etree._Element) -> None:
        starts = {
            whole(attributes(each).get("w:ilvl")): whole(value(each, "w:startOverride"), 1)
            for each in element
            if name_of(each) == "w:lvlOverride" and child(each, "w:startOverride") is not None
        }
        self._lists[number] = value(element, "w:abstractNumId") or "", starts

    def mark(self, number: str, level: str | None, style: str) -> Mark | None:
        """Count a paragraph of a list; return what stands before it, or None.

        Without a level, the style of the paragraph has one.
        """
        definition, starts = self._lists.get(number, ("", {}))
        counted = self._counted.get(definition)
        if counted is None:
            return None
        depth = self._level_of_style.get((definition, style), 0) if level is None else whole(level)
        own = counted.levels.get(depth)
        if own is None or own.form == "none" or depth >= LEVELS:
            return None
        if own.form == "bullet":
            return Mark(depth)
        current = _count(counted, depth, starts)
        if own.form == "decimal" and _plain_label.fullmatch(own.text):
            return Mark(depth, current)
        label = _place.sub(lambda found: _shown(counted, int(found[1]) - 1), own.text)
        return Mark(depth, current, label.strip())


def whole(text: str | None, default: int = 0) -> int:
    """Return a text of some digits as a number."""
    return int(text) if text and len(text) < 7 and text.isascii() and text.isdigit() else default


def _count(counted: _Counted, depth: int, starts: dict[int, int]) -> int:
    # An override counts once, at the first paragraph of its list.
    start = starts.pop(depth, None)
    before = counted.numbers.get(depth)
    if start is not None or before is None:
        before = (counted.levels[depth].start if start is None else start) - 1
    count_to(before + 1, counted.numbers, depth)
    return before + 1


def count_to(number: int, numbers: dict[int, int], depth: int) -> None:
    """Let the level of a list have a number; those below it begin anew."""
    numbers[depth] = number
    for deeper in [each for each in numbers if each > depth]:
        del numbers[deeper]


def _shown(counted: _Counted, depth: int) -> str:
    level = counted.levels.get(depth, _Level())
    number = counted.numbers.get(depth, level.start)
    return written(number, level.form)


def written(number: int, form: str) -> str:
    """Return a number in one of Word's forms; those that are rare here are written in digits."""
    letters: Mapping[str, str] = {"russian": _RUSSIAN, "": _LATIN}
    base = form.removesuffix("Lower").removesuffix("Upper").removeprefix("lower")
    base = base.removeprefix("upper").removesuffix("Letter")
    if number < 1 or number > 3999:
        return str(number)
    if base in letters:
        own = letters[base]
        text = own[(number - 1) % len(own)] * min(1 + (number - 1) // len(own), 10)
    elif base == "Roman":
        text = _roman(number)
    else:
        return f"{number:02}" if form == "decimalZero" else str(number)
    is_upper = form.startswith("upper") or form.endswith("Upper")
    return text.upper() if is_upper else text.lower()


def _roman(number: int) -> str:
    parts = []
    for amount, sign in _ROMAN:
        parts.append(sign * (number // amount))
        number %= amount
    return "".join(parts)
