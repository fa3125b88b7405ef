"""Documents of Word, `.docx`: made simple, then rewritten as HTML by mammoth.

mammoth gets a document of our own making: XML within bounds, no pictures but their numbers,
and no address that it could open.
"""

import posixpath
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

import mammoth
from lxml import etree
from mammoth import images

from feedsvc.model import Entry
from feedsvc.parsing.attachments import PICTURE
from feedsvc.parsing.bounds import Excess
from feedsvc.parsing.context import Context
from feedsvc.word.article import Article, entry_of
from feedsvc.word.numbering import Numbering
from feedsvc.word.omissions import Omissions
from feedsvc.word.package import Package, attributes, child, children
from feedsvc.word.simplified import (
    BULLETS,
    NUMBERS,
    R,
    Relationships,
    Shared,
    Simplifier,
    W,
    picture_target,
)
from feedsvc.word.styles import Styles

_MAIN = "word/document.xml"
_NOTES = {"footnotes": "footnote", "endnotes": "endnote"}
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLE_MAP = "\n".join(
    (
        *(f"p.h{level} => h{level}:fresh" for level in range(1, 7)),
        "p.title => p.title:fresh",
        "p.caption => p.caption:fresh",
        "p.quote => blockquote > p:fresh",
    )
)
# mammoth calls itself for each level of a document, some ten calls deep.
_MAX_CALLS = 10_000


def parse(data: bytes, context: Context) -> Entry:
    """Return the entry of a document of Word. Raises Refused."""
    package = Package(data, context)
    main = _main(package)
    root = package.xml(main)
    body = child(root, "w:body")
    if body is None:
        raise context.refusal("document-other" if main not in package else "document-broken")
    try:
        with _deep_calls():
            article = _converted(_Parts(package, main), body)
    except Excess as error:
        raise context.refusal(error.code) from error
    return entry_of(article, package, context)


class _Parts:
    """The parts of a document that its main part refers to."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._folder = posixpath.dirname(main)
        self._targets = _targets(package, main)

    def find(self, kind: str) -> tuple[str, etree._Element | None]:
        """Return the name and the root of the part of a kind, such as `styles`."""
        for relation, target, is_external in self._targets.values():
            if relation.endswith(f"/{kind}") and not is_external:
                name = _resolved(self._folder, target)
                return name, self._package.xml(name)
        return "", None

    def of_main(self) -> Relationships:
        """Return what the main part refers to."""
        return _relationships(self._targets, self._folder)

    def of_part(self, name: str) -> Relationships:
        """Return what another part refers to."""
        return _relationships(_targets(self._package, name), posixpath.dirname(name))


def _relationships(targets: dict[str, tuple[str, str, bool]], folder: str) -> Relationships:
    return Relationships({key: (each[1], each[2]) for key, each in targets.items()}, folder)


def _converted(parts: _Parts, body: etree._Element) -> Article:
    omissions = Omissions()
    notes = {kind: parts.find(kind) for kind in _NOTES}
    shared = Shared(
        Styles(parts.find("styles")[1]), Numbering(parts.find("numbering")[1]), omissions
    )
    shared.notes = frozenset(
        (f"w:{_NOTES[kind]}", attributes(each).get("w:id", ""))
        for kind, (_, root) in notes.items()
        for each in _real_notes(root)
    )
    simple = BytesIO()
    with ZipFile(simple, "w") as archive:
        relationships = parts.of_main()
        document = _root("document")
        target = etree.SubElement(document, f"{{{W}}}body")
        Simplifier(shared, relationships).fill(body, target)
        _write(archive, "document", document, relationships)
        for kind, (name, root) in notes.items():
            relationships = parts.of_part(name)
            document = _root(kind)
            for each in _real_notes(root):
                note = etree.SubElement(document, f"{{{W}}}{_NOTES[kind]}")
                note.set(f"{{{W}}}id", attributes(each).get("w:id", ""))
                Simplifier(shared, relationships).fill(each, note)
            _write(archive, kind, document, relationships)
        archive.writestr("word/numbering.xml", _NUMBERING)
        for number in range(len(shared.pictures)):
            archive.writestr(f"word/{picture_target(number)}", str(number))
    result = mammoth.convert_to_html(
        simple,
        style_map=_STYLE_MAP,
        include_embedded_style_map=False,
        external_file_access=False,
        convert_image=images.img_element(_picture),
    )
    return Article(result.value, tuple(shared.pictures), omissions)


def _picture(image: "mammoth.documents.Image") -> dict[str, str]:
    with image.open() as file:
        return {"src": f"{PICTURE}{file.read().decode()}"}


def _main(package: Package) -> str:
    """Return the name of the main part."""
    documents = (
        _resolved("", target)
        for relation, target, is_external in _targets(package, "").values()
        if relation.endswith("/officeDocument") and not is_external
    )
    return next(documents, _MAIN)


def _resolved(folder: str, target: str) -> str:
    path = target[1:] if target[:1] == "/" else f"{folder}/{target}"
    return posixpath.normpath(path).removeprefix("/")


def _targets(package: Package, part: str) -> dict[str, tuple[str, str, bool]]:
    """Return what a part refers to: type, target, and whether that is outside, by ids.

    `part` is its name, '' that of the package itself (ISO/IEC 29500-2 section 6.5).
    """
    found: dict[str, tuple[str, str, bool]] = {}
    folder, _, name = part.rpartition("/")
    root = package.xml(f"{folder}/_rels/{name}.rels".removeprefix("/"))
    for each in children(root):
        values = attributes(each)
        target = values.get("Target", "")
        is_external = values.get("TargetMode") == "External"
        found.setdefault(values.get("Id", ""), (values.get("Type", ""), target, is_external))
    return found


def _real_notes(root: etree._Element | None) -> Iterator[etree._Element]:
    """Yield the notes of a part, without those that draw lines between others."""
    for each in children(root):
        if attributes(each).get("w:type", "normal") == "normal" and "w:id" in attributes(each):
            yield each


def _root(name: str) -> etree._Element:
    return etree.Element(f"{{{W}}}{name}", nsmap={"w": W, "r": R})


def _write(
    archive: ZipFile, kind: str, document: etree._Element, relationships: Relationships
) -> None:
    archive.writestr(f"word/{kind}.xml", etree.tostring(document, encoding="utf-8"))
    root = etree.Element(f"{{{_RELATIONSHIPS}}}Relationships")
    for name, target in relationships.used.items():
        values = {"Id": name, "Type": "", "Target": target}
        etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", values)
    archive.writestr(f"word/_rels/{kind}.xml.rels", etree.tostring(root, encoding="utf-8"))


def _numbering() -> bytes:
    """Return the part that defines our two lists."""
    root = _root("numbering")
    for number, form in ((BULLETS, "bullet"), (NUMBERS, "decimal")):
        definition = etree.SubElement(
            root, f"{{{W}}}abstractNum", {f"{{{W}}}abstractNumId": number}
        )
        for level in range(5):
            own = etree.SubElement(definition, f"{{{W}}}lvl", {f"{{{W}}}ilvl": str(level)})
            etree.SubElement(own, f"{{{W}}}numFmt", {f"{{{W}}}val": form})
        named = etree.SubElement(root, f"{{{W}}}num", {f"{{{W}}}numId": number})
        etree.SubElement(named, f"{{{W}}}abstractNumId", {f"{{{W}}}val": number})
    return etree.tostring(root, encoding="utf-8")


_NUMBERING = _numbering()


@contextmanager
def _deep_calls() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_MAX_CALLS)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
