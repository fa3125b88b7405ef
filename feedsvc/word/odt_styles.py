"""Styles of OpenDocument: what each of them says of a paragraph, of letters, and of a list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from feedsvc.word.numbering import LEVELS, whole, written
from feedsvc.word.package import attributes, child, children, name_of
from feedsvc.word.styles import HIDDEN, MAX_BASES

_KINDS = {
    "title": "title",
    **dict.fromkeys(("caption", "illustration", "figure", "drawing", "text"), "caption"),
    "quotations": "quote",
}
# In OpenDocument's words: how numbers are written, by our own.
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman"} | {
    "I": "upperRoman"
}


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a list: the form of its numbers, '' for bullets, and what stands around them."""

    form: str
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1

    @property
    def is_plain(self) -> bool:
        """Return whether HTML counts like that itself."""
        return self.form == "decimal" and not self.before and self.shown == 1


@dataclass(slots=True)
class ListStyle:
    """The levels of a list, and how far each is counted."""

    levels: dict[int, Level]
    numbers: dict[int, int] = field(default_factory=dict)

    def label(self, depth: int) -> str:
        """Return the number that stands before the item that was counted last."""
        level = self.levels[depth]
        first = max(0, depth - level.shown + 1)
        parts = (
            written(self.numbers.get(each, 1), self.levels.get(each, level).form)
            for each in range(first, depth + 1)
        )
        return f"{level.before}{'.'.join(parts)}{level.after}"


class Styles:
    """The styles of a document, by families and names."""

    def __init__(self, roots: Iterable[etree._Element | None]) -> None:
        """Take the roots of the parts that define styles, those that count first."""
        self._elements: dict[tuple[str, str], etree._Element] = {}
        self._lists: dict[str, ListStyle] = {}
        self._kinds: dict[str, str] = {}
        self._letters: dict[tuple[str, str], dict[str, bool]] = {}
        for root in roots:
            for group in children(root):
                for element in group:
                    self._note(element)

    def _note(self, element: etree._Element) -> None:
        values = attributes(element)
        name = values.get("style:name", "")
        if name_of(element) == "style:style":
            self._elements.setdefault((values.get("style:family", ""), name), element)
        elif name_of(element) == "text:list-style":
            self._lists.setdefault(name, ListStyle(dict(_levels(element))))

    def _chain(self, family: str, name: str) -> Iterator[tuple[str, etree._Element | None]]:
        """Yield the names and elements of a style and of those that it is based on."""
        for _ in range(MAX_BASES):
            element = self._elements.get((family, name))
            yield name, element
            if element is None:
                return
            name = attributes(element).get("style:parent-style-name", "")

    def kind(self, name: str) -> str:
        """Return whether a paragraph style is that of a title, caption, quote, or none."""
        if name not in self._kinds:
            kinds = (_KINDS.get(each.lower(), "") for each, _ in self._chain("paragraph", name))
            self._kinds[name] = next(filter(None, kinds), "")
        return self._kinds[name]

    def letters(self, family: str, name: str) -> dict[str, bool]:
        """Return what a style says of letters: `strong`, `em`, `s`, `sub`, `sup`, `HIDDEN`."""
        key = family, name
        if key not in self._letters:
            found: dict[str, bool] = {}
            for _, element in self._chain(family, name):
                properties = child(element, "style:text-properties")
                for each, is_on in _letters(properties):
                    found.setdefault(each, is_on)
            self._letters[key] = found
        return self._letters[key]

    def list_of(self, name: str) -> ListStyle:
        """Return the style of a list; one of bullets if there is none of this name."""
        return self._lists.setdefault(name, ListStyle({}))


def _letters(properties: etree._Element | None) -> Iterator[tuple[str, bool]]:
    values = {} if properties is None else attributes(properties)
    if weight := values.get("fo:font-weight"):
        yield "strong", weight == "bold" or whole(weight) >= 600
    if slant := values.get("fo:font-style"):
        yield "em", slant != "normal"
    if line := values.get("style:text-line-through-style"):
        yield "s", line != "none"
    if position := values.get("style:text-position"):
        yield "sup", position.startswith("super") or whole(position.split("%")[0]) > 0
        yield "sub", position.startswith(("sub", "-"))
    if shown := values.get("text:display"):
        yield HIDDEN, shown == "none"


def _levels(element: etree._Element) -> Iterator[tuple[int, Level]]:
    for each in element:
        values = attributes(each)
        depth = whole(values.get("text:level"), 1) - 1
        form = values.get("style:num-format", "")
        if not 0 <= depth < LEVELS:
            continue
        if name_of(each) != "text:list-level-style-number" or not form:
            yield depth, Level("")
            continue
        yield (
            depth,
            Level(
                _FORMS.get(form, "russianLower" if form[:1] == "а" else "russianUpper"),
                values.get("style:num-prefix", "")[:10],
                values.get("style:num-suffix", "")[:10],
                whole(values.get("text:start-value"), 1),
                min(max(whole(values.get("text:display-levels"), 1), 1), LEVELS),
            ),
        )
