"""Styles of Word: what each of them says of a paragraph or of letters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from feedsvc.word.numbering import whole
from feedsvc.word.package import attributes, child, children, name_of, value

# How far styles may be based on one another.
MAX_BASES = 20
_heading = re.compile(r"(?:heading|заголовок)\s*([1-9])")
# By the names of styles, in English as Word stores them, and as others translate them.
_KINDS = {
    **dict.fromkeys(("title", "название", "заголовок"), "title"),
    **dict.fromkeys(("caption", "название объекта", "подпись"), "caption"),
    **dict.fromkeys(
        ("quote", "intense quote", "quotations", "цитата", "цитата 2", "выделенная цитата"),
        "quote",
    ),
}
_OFF = frozenset(("0", "false", "off", "none"))
# By what is written for letters: the element that mammoth reads.
LETTERS = {"w:b": "b", "w:i": "i", "w:strike": "strike", "w:dstrike": "strike"}
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says.

    `kind` is `h1` to `h6`, `title`, `caption`, `quote` or ''; `letters` are elements of
    `LETTERS`, `sub`, `sup` or `HIDDEN`, by whether they are on.
    """

    kind: str = ""
    number: str = ""
    level: str | None = None
    letters: tuple[tuple[str, bool], ...] = ()


NO_STYLE = Style()


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: etree._Element | None) -> None:
        """Take the root of the part that defines the styles."""
        self._elements: dict[str, etree._Element] = {}
        self._known: dict[str, Style] = {}
        for element in children(root):
            if name_of(element) == "w:style":
                self._elements.setdefault(attributes(element).get("w:styleId", ""), element)

    def find(self, name: str | None) -> Style:
        """Return the style of an id, or one that says nothing."""
        if not name or name not in self._elements:
            return NO_STYLE
        if name not in self._known:
            self._known[name] = self._resolved(name)
        return self._known[name]

    def _resolved(self, name: str) -> Style:
        chain = list(self._chain(name))
        kind = number = ""
        level = None
        letters: dict[str, bool] = {}
        for element in chain:
            kind = kind or _kind(element)
            if not number:
                numbered = child(child(element, "w:pPr"), "w:numPr")
                number = value(numbered, "w:numId") or ""
                level = value(numbered, "w:ilvl")
            for each, is_on in letters_of(child(element, "w:rPr")).items():
                letters.setdefault(each, is_on)
        return Style(kind, number, level, tuple(letters.items()))

    def _chain(self, name: str) -> Iterator[etree._Element]:
        for _ in range(MAX_BASES):
            element = self._elements.get(name)
            if element is None:
                return
            yield element
            name = value(element, "w:basedOn") or ""


def _kind(element: etree._Element) -> str:
    name = (value(element, "w:name") or "").strip().lower()
    if found := _heading.fullmatch(name):
        return f"h{min(int(found[1]), 6)}"
    return _KINDS.get(name) or outline(child(element, "w:pPr"))


def outline(properties: etree._Element | None) -> str:
    """Return the heading that a paragraph is by its level in the outline, or ''."""
    level = value(properties, "w:outlineLvl")
    # 9 stands for the text below all headings.
    return f"h{min(whole(level), 5) + 1}" if level and whole(level, 9) < 9 else ""


def letters_of(properties: etree._Element | None) -> dict[str, bool]:
    """Return what the properties of letters say, by whether it is on."""
    found: dict[str, bool] = {}
    for each in children(properties):
        name, text = name_of(each), attributes(each).get("w:val", "")
        if name in LETTERS:
            found[LETTERS[name]] = text not in _OFF
        elif name == "w:vanish":
            found[HIDDEN] = text not in _OFF
        elif name == "w:vertAlign":
            found["sub"], found["sup"] = text == "subscript", text == "superscript"
    return found
