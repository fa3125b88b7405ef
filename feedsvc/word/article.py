"""Articles: the head and the text of a document, whatever program wrote it, become an entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from lxml import etree

from feedsvc.model import Entry
from feedsvc.parsing import press_head
from feedsvc.parsing.attachments import EmbeddedPictures, EntryFiles
from feedsvc.parsing.context import Context
from feedsvc.parsing.keys import Meaning
from feedsvc.parsing.markdown import Form, entry_from
from feedsvc.parsing.sanitizer import from_html
from feedsvc.parsing.yaml_values import Content, Value
from feedsvc.word.omissions import Omissions
from feedsvc.word.package import Package
from feedsvc.word.tidy import has_picture, is_picture, text_of, tidied

# What is left where a picture could not be shown.
_empty = re.compile(r"<p></p>\n?")
# What is a line of its own, where the head may be.
_LINES = frozenset("p h1 h2 h3 h4 h5 h6 li tr".split())


@dataclass(frozen=True, slots=True)
class Article:
    """A document as HTML; its pictures have addresses made of their number in `pictures`."""

    html: str
    pictures: tuple[str, ...]
    omissions: Omissions


class _Line(NamedTuple):
    """A line of the text: what it says, where it stands, and as which part of that."""

    text: str
    element: etree._Element
    part: int


def entry_of(article: Article, package: Package, context: Context) -> Entry:
    """Return the entry of an article. Raises Refused."""
    article.omissions.report(context)
    context.embedded = EmbeddedPictures(article.pictures, package.picture)
    root = tidied(article.html)
    lines = list(_lines(root))
    meaning, body = press_head.interpret([line.text for line in lines], context)
    _remove(lines, body)
    _take_picture(root, meaning)
    parts = (etree.tostring(each, encoding="unicode", method="html") for each in root)
    return entry_from(meaning, "\n".join(parts), _FORM, context, above=body)


def _render(source: str, page: str, files: EntryFiles, language: str) -> str:
    return _empty.sub("", from_html(source, page, files, language)).rstrip("\n")


_FORM = Form(_render, "")


def _lines(root: etree._Element) -> Iterator[_Line]:
    """Yield the lines of a text: of its paragraphs, items of lists, and rows of tables."""
    skipped = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if skipped is not None:
            skipped = None if event == "end" and element is skipped else skipped
        elif event == "start" and element.tag in _LINES and not _has_lines(element):
            skipped = element
            texts = [_row_text(element)] if element.tag == "tr" else text_of(element).split("\n")
            for part, text in enumerate(texts):
                yield _Line(text.strip(), element, part)


def _row_text(row: etree._Element) -> str:
    """Return a row as a line; one of two cells as a key and its value."""
    cells = [" ".join(text_of(cell).split()) for cell in row]
    if len(cells) == 2 and cells[0]:
        return f"{cells[0].rstrip(' :')}: {cells[1]}"
    return "\t".join(cells)


def _has_lines(element: etree._Element) -> bool:
    """Return whether the lines of an item are those of its paragraphs."""
    return element.tag == "li" and next(element.iter("p", "ul", "ol"), None) is not None


def _remove(lines: list[_Line], count: int) -> None:
    """Remove the first lines from the text; what is empty then goes as well."""
    for index, line in enumerate(lines[:count]):
        if index + 1 < len(lines) and lines[index + 1].element is line.element:
            if index + 1 == count:
                _cut(line.element, line.part + 1)
        elif line.text:
            _keep_pictures(line.element)
            _remove_whole(line.element)


def _cut(element: etree._Element, count: int) -> None:
    """Remove what stands in a paragraph above its line break of a number."""
    last = list(element.iter("br"))[count - 1]
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, each in takewhile(lambda step: step[1] is not last, walk):
        if event == "start":
            each.text = None
        else:
            each.tail = None
    for each in list(element.iter("br"))[:count]:
        each.tag = "span"
    for each in element.iterdescendants("strong", "em", "a", "s"):
        if not text_of(each) and not has_picture(each):
            each.tag = "span"
    etree.strip_tags(element, "span")


def _keep_pictures(element: etree._Element) -> None:
    """Put the pictures in an element, which will be removed, in front of its block."""
    pictures = list(element.iter("img"))
    if pictures:
        paragraph = etree.Element("p")
        while (parent := _parent(element)).tag != "div":
            element = parent
        element.addprevious(paragraph)
        paragraph.extend(pictures)
        for picture in pictures:
            picture.tail = None


def _remove_whole(element: etree._Element) -> None:
    """Remove an element, and those around it that have no other."""
    while (parent := _parent(element)).tag != "div" and len(parent) == 1:
        element = parent
    parent.remove(element)


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _take_picture(root: etree._Element, meaning: Meaning) -> None:
    """Make the picture that the text begins with that of the entry."""
    first = root[0] if len(root) > 1 else None
    if first is None or not is_picture(first) or "image" in meaning.values:
        return
    picture = next(first.iter("img"))
    caption = first.find("figcaption")
    values: dict[str, Content] = {
        "file": picture.get("src", ""),
        "alt": picture.get("alt", ""),
        "caption": "" if caption is None else " ".join(text_of(caption).split()),
    }
    meaning.values["image"] = Value(0, values)
    root.remove(first)
