"""WordprocessingML made simple: only what mammoth is to read, and in forms that it knows.

Whatever else stands in a document is left out, and counted if somebody could miss it. Text that
is hidden or deleted goes; numbers that HTML does not count are written into the text.
"""

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from feedsvc.parsing.bounds import MAX_CELLS, Excess
from feedsvc.word import drawings
from feedsvc.word.numbering import Mark, Numbering, whole
from feedsvc.word.omissions import Omissions
from feedsvc.word.package import attributes, child, children, name_of, value
from feedsvc.word.styles import HIDDEN, Style, Styles, letters_of, outline

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
# Around the number of a list item, at the beginning of its text. Both are noncharacters, which
# are taken out of all that was typed.
NUMBER, NUMBER_END = "\ufdd1", "\ufdd2"
# The ids of our own two lists, and the deepest level that mammoth knows.
BULLETS, NUMBERS = "1", "2"
_DEEPEST = 4
# Paragraphs, runs of letters and cells: mammoth needs some 0.1 ms for each.
_MAX_PARTS = 40_000
# How far fields may lie in one another, and in characters how long their text may be.
_MAX_FIELDS = 10
_MAX_FIELD = 4000
# Soft hyphens, and spaces that have no width.
UNWANTED = re.compile("[\xad\u200b\u2060\ufeff\ufdd0-\ufdef]")
_hexadecimal = re.compile("[0-9A-Fa-f]{2,6}")
_THROUGH = frozenset(
    "w:smartTag w:customXml w:sdt w:sdtContent w:dir w:bdo w:ruby w:rubyBase".split()
)
_PARTS = frozenset(("w:p", "w:r", "w:tc"))
_DELETED = frozenset(("w:del", "w:moveFrom"))
_ADDED = frozenset(("w:ins", "w:moveTo"))
_DRAWN = frozenset(("w:drawing", "w:pict", "w:object", "mc:AlternateContent"))
_COUNTED = {
    "w:commentReference": "word-comments",
    "m:oMath": "word-equations",
    "m:oMathPara": "word-equations",
    "w:altChunk": "word-objects",
    "w:subDoc": "word-objects",
}


@dataclass(slots=True)
class Relationships:
    """What a part of a document refers to, by ids; and the ids that its simple form uses.

    A target is an address and whether it is outside the document. `folder` is where the part
    lies, to which the others are relative.
    """

    targets: dict[str, tuple[str, bool]]
    folder: str
    used: dict[str, str] = field(default_factory=dict)

    def link(self, name: str) -> str | None:
        """Return the new id of a link, or None if it leads nowhere."""
        target, is_external = self.targets.get(name, ("", False))
        return self._id("L", target) if target and is_external else None

    def file(self, name: str) -> str:
        """Return the name of a part in the document, or '' if there is none of this id."""
        target, is_external = self.targets.get(name, ("", True))
        if is_external:
            return ""
        path = unquote(target)
        return posixpath.normpath(path[1:] if path[:1] == "/" else f"{self.folder}/{path}")

    def picture(self, number: int) -> str:
        """Return the new id of a picture of a number."""
        return self._id("P", picture_target(number))

    def _id(self, kind: str, target: str) -> str:
        name = f"{kind}{len(self.used)}"
        self.used[name] = target
        return name


def picture_target(number: int) -> str:
    """Return where the simple document has a picture of a number."""
    return f"p/{number}.png"


@dataclass(slots=True)
class Shared:
    """What the parts of one document share.

    `notes` are the kinds and ids of its notes, `pictures` the names of the files that it shows.
    """

    styles: Styles
    numbering: Numbering
    omissions: Omissions
    notes: frozenset[tuple[str, str]] = frozenset()
    pictures: list[str] = field(default_factory=list)
    cells: int = 0
    parts: int = 0


class Simplifier:
    """Makes the simple form of one part of a document."""

    def __init__(self, shared: Shared, relationships: Relationships) -> None:
        self._shared = shared
        self._relationships = relationships
        self._fields = 0
        self._is_hidden_paragraph = False
        self._makers: dict[str, Callable[[etree._Element, etree._Element], None]] = {
            "w:p": self._paragraph,
            "w:r": self._run,
            "w:t": self._text,
            "w:tab": self._tab,
            "w:ptab": self._tab,
            "w:br": self._break,
            "w:cr": self._break,
            "w:noBreakHyphen": self._hyphen,
            "w:sym": self._symbol,
            "w:tbl": lambda source, target: self.fill(source, _add(target, "tbl")),
            "w:tr": self._row,
            "w:tc": self._cell,
            "w:hyperlink": self._hyperlink,
            "w:fldSimple": self._simple_field,
            "w:fldChar": self._field,
            "w:instrText": self._instruction,
            "w:bookmarkStart": self._bookmark,
            "w:footnoteReference": self._note,
            "w:endnoteReference": self._note,
            **dict.fromkeys(_THROUGH, self.fill),
            **dict.fromkeys(_DRAWN, self._drawing),
            **dict.fromkeys(_DELETED, lambda *_: self._count("word-tracked")),
            **dict.fromkeys(_ADDED, self._added),
        }

    def fill(self, source: Iterable[etree._Element], target: etree._Element) -> None:
        """Add the simple forms of elements to another. Raises Excess."""
        for each in source:
            name = name_of(each)
            if name in _PARTS:
                self._shared.parts += 1
                if self._shared.parts > _MAX_PARTS:
                    raise Excess("too-many-parts")
            if maker := self._makers.get(name):
                maker(each, target)
            elif code := _COUNTED.get(name):
                self._count(code)

    def _count(self, code: str) -> None:
        self._shared.omissions.add(code)

    def _added(self, source: etree._Element, target: etree._Element) -> None:
        self._count("word-tracked")
        self.fill(source, target)

    def _paragraph(self, source: etree._Element, target: etree._Element) -> None:
        properties = child(source, "w:pPr")
        name = value(properties, "w:pStyle") or ""
        style = self._shared.styles.find(name)
        paragraph = _add(target, "p")
        own = _add(paragraph, "pPr")
        kind = outline(properties) or style.kind
        if kind:
            _add(own, "pStyle", val=kind)
        mark = self._mark(properties, name, style)
        if mark and not (mark.label or kind):
            numbers = _add(own, "numPr")
            _add(numbers, "ilvl", val=str(min(mark.level, _DEEPEST)))
            _add(numbers, "numId", val=NUMBERS if mark.number else BULLETS)
        if prefix := _prefix(mark, is_item=not kind):
            _add(_add(paragraph, "r"), "t").text = prefix
        changes = child(properties, "w:rPr")
        if any(name_of(each) in _DELETED | _ADDED for each in children(changes)):
            self._count("word-tracked")
        if child(changes, "w:del") is not None:
            _add(_add(own, "rPr"), "del")
        self._is_hidden_paragraph = dict(style.letters).get(HIDDEN, False)
        self.fill(source, paragraph)
        self._is_hidden_paragraph = False

    def _mark(self, properties: etree._Element | None, name: str, style: Style) -> Mark | None:
        numbered = child(properties, "w:numPr")
        number = value(numbered, "w:numId")
        level = value(numbered, "w:ilvl")
        if number is None:
            number, level = style.number, style.level
        return self._shared.numbering.mark(number, level, name) if number else None

    def _run(self, source: etree._Element, target: etree._Element) -> None:
        properties = child(source, "w:rPr")
        letters = {HIDDEN: self._is_hidden_paragraph}
        letters |= dict(self._shared.styles.find(value(properties, "w:rStyle")).letters)
        letters |= letters_of(properties)
        if letters.pop(HIDDEN):
            if any(name_of(each) == "w:t" and each.text for each in source):
                self._count("word-hidden")
            return
        run = etree.SubElement(target, f"{{{W}}}r")
        own = _add(run, "rPr")
        is_reference = any(name_of(each).endswith("noteReference") for each in source)
        for each in () if is_reference else (each for each, is_on in letters.items() if is_on):
            if each in _RAISED:
                _add(own, "vertAlign", val=_RAISED[each])
            else:
                _add(own, each)
        self.fill(source, run)

    def _text(self, source: etree._Element, target: etree._Element) -> None:
        _add(target, "t").text = UNWANTED.sub("", source.text or "")

    def _hyphen(self, _source: etree._Element, target: etree._Element) -> None:
        _add(target, "noBreakHyphen")

    def _tab(self, _source: etree._Element, target: etree._Element) -> None:
        _add(target, "tab")

    def _break(self, source: etree._Element, target: etree._Element) -> None:
        # Others are ends of pages and columns.
        if attributes(source).get("w:type", "textWrapping") == "textWrapping":
            _add(target, "br")

    def _symbol(self, source: etree._Element, target: etree._Element) -> None:
        values = attributes(source)
        code = values.get("w:char", "")
        if _hexadecimal.fullmatch(code):
            _add(target, "sym", font=values.get("w:font", ""), char=code)

    def _row(self, source: etree._Element, target: etree._Element) -> None:
        properties = child(source, "w:trPr")
        names = {name_of(each) for each in children(properties)}
        if names & (_DELETED | _ADDED):
            self._count("word-tracked")
        if names & _DELETED:
            return
        row = _add(target, "tr")
        if value(properties, "w:tblHeader") not in (None, "0", "false", "off"):
            _add(_add(row, "trPr"), "tblHeader")
        self.fill(source, row)

    def _cell(self, source: etree._Element, target: etree._Element) -> None:
        self._shared.cells += 1
        if self._shared.cells > MAX_CELLS:
            raise Excess("table-large")
        properties = child(source, "w:tcPr")
        cell = _add(target, "tc")
        own = _add(cell, "tcPr")
        span = whole(value(properties, "w:gridSpan"), 1)
        if 1 < span < 1000:
            _add(own, "gridSpan", val=str(span))
        merged = value(properties, "w:vMerge")
        if merged is not None:
            _add(own, "vMerge", val=merged or "continue")
        self.fill(source, cell)

    def _hyperlink(self, source: etree._Element, target: etree._Element) -> None:
        values = attributes(source)
        link = self._relationships.link(values.get("r:id", ""))
        anchor = values.get("w:anchor", "")
        if link is None and not anchor:
            self.fill(source, target)
            return
        made = _add(target, "hyperlink", **({"anchor": anchor} if anchor else {}))
        if link is not None:
            made.set(f"{{{R}}}id", link)
        self.fill(source, made)

    def _simple_field(self, source: etree._Element, target: etree._Element) -> None:
        text = attributes(source).get("w:instr", "")[:_MAX_FIELD]
        _add(_add(target, "r"), "fldChar", fldCharType="begin")
        _add(_add(target, "r"), "instrText").text = text
        _add(_add(target, "r"), "fldChar", fldCharType="separate")
        self.fill(source, target)
        _add(_add(target, "r"), "fldChar", fldCharType="end")

    def _field(self, source: etree._Element, target: etree._Element) -> None:
        kind = attributes(source).get("w:fldCharType", "")
        self._fields += {"begin": 1, "end": -1}.get(kind, 0)
        if self._fields <= _MAX_FIELDS and kind:
            _add(target, "fldChar", fldCharType=kind)

    def _instruction(self, source: etree._Element, target: etree._Element) -> None:
        _add(target, "instrText").text = (source.text or "")[:_MAX_FIELD]

    def _bookmark(self, source: etree._Element, target: etree._Element) -> None:
        if name := attributes(source).get("w:name"):
            _add(target, "bookmarkStart", name=name)

    def _note(self, source: etree._Element, target: etree._Element) -> None:
        name = name_of(source)
        number = attributes(source).get("w:id", "")
        if (name.removesuffix("Reference"), number) in self._shared.notes:
            _add(target, name.removeprefix("w:"), id=number)

    def _drawing(self, source: etree._Element, target: etree._Element) -> None:
        for picture in drawings.pictures(source, self._shared.omissions):
            name = self._relationships.file(picture.embedded)
            if not name:
                linked = self._relationships.targets.get(picture.linked or picture.embedded)
                if linked:
                    shown = posixpath.basename(linked[0].replace("\\", "/"))
                    self._shared.omissions.add_picture("word-picture-linked", shown)
            elif not drawings.is_shown(name):
                shown = posixpath.basename(name)
                self._shared.omissions.add_picture("word-picture", shown)
            else:
                self._shared.pictures.append(name)
                number = self._relationships.picture(len(self._shared.pictures) - 1)
                _add_picture(target, number, picture.alt)


_RAISED = {"sub": "subscript", "sup": "superscript"}


def _prefix(mark: Mark | None, *, is_item: bool) -> str:
    """Return what is put in front of a paragraph's text."""
    if mark is None or not (mark.number or mark.label):
        return ""
    if mark.label:
        return f"{mark.label} "
    # A heading is counted by nobody else.
    return f"{NUMBER}{mark.number}{NUMBER_END}" if is_item else f"{mark.number}. "


def _add(target: etree._Element, name: str, /, **values: str) -> etree._Element:
    """Add an element of Word's, and return it."""
    return etree.SubElement(
        target, f"{{{W}}}{name}", {f"{{{W}}}{key}": text for key, text in values.items()}
    )


def _add_picture(target: etree._Element, number: str, alt: str) -> None:
    inline = etree.SubElement(_add(target, "drawing"), f"{{{_WP}}}inline")
    etree.SubElement(inline, f"{{{_WP}}}docPr", {"descr": alt})
    element = inline
    for name in (f"{{{_A}}}graphic", f"{{{_A}}}graphicData", f"{{{_PIC}}}pic"):
        element = etree.SubElement(element, name)
    element = etree.SubElement(element, f"{{{_PIC}}}blipFill")
    etree.SubElement(element, f"{{{_A}}}blip", {f"{{{R}}}embed": number})
