"""Tidy HTML that was made of a document: what its program left to the eye becomes elements.

In goes HTML that means what the document means, though it is neither complete nor safe; out comes
the same as the core's sanitizer expects it.
"""

import re

from lxml import etree

from feedsvc.word.simplified import NUMBER, NUMBER_END

_number = re.compile(f"{NUMBER}(\\d+){NUMBER_END}")
_note = re.compile(r"(?:foot|end)note-\S*")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def tidied(html: str) -> etree._Element:
    """Return an element whose children are the blocks of a text."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    document = etree.fromstring(f"<div>{html}</div>".encode(), parser)
    root = next(document.iter("div"))
    for element in list(root.iter("ol", "table", "sup", *_HEADINGS)):
        if element.tag == "ol":
            _count_on(element)
        elif element.tag == "table":
            _tidy_table(element)
        elif element.tag == "sup":
            _tidy_mark(element)
        else:
            etree.strip_tags(element, "strong")
    _remove_empty(root)
    _mark_notes(root)
    _make_figures(root)
    return root


def text_of(element: etree._Element) -> str:
    """Return the text of an element, with its line breaks."""
    parts: list[str] = []
    for event, each in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            parts.append("\n" if each.tag == "br" else (each.text or ""))
        elif each is not element:
            parts.append(each.tail or "")
    return "".join(parts)


def has_picture(element: etree._Element) -> bool:
    """Return whether there is a picture in an element."""
    return next(element.iter("img"), None) is not None


def is_picture(element: etree._Element) -> bool:
    """Return whether an element is a paragraph or figure of nothing but one picture."""
    if element.tag not in ("p", "figure") or len(list(element.iter("img"))) != 1:
        return False
    caption = element.find("figcaption")
    text = text_of(element).strip()
    return not text or (caption is not None and text == text_of(caption).strip())


def _count_on(element: etree._Element) -> None:
    """Let a list begin with the number of its first item; split it where another one begins."""
    expected = None
    for item in list(element.iterchildren("li")):
        number = _take_number(item)
        if number is None:
            continue
        if expected is None and number != 1:
            element.set("start", str(number))
        elif expected is not None and number != expected:
            rest = etree.Element("ol", {} if number == 1 else {"start": str(number)})
            rest.extend([item, *item.itersiblings()])
            element.addnext(rest)
            rest.tail, element.tail = element.tail, None
            element = rest
        expected = number + 1


def _take_number(item: etree._Element) -> int | None:
    """Remove the number that stands in front of an item, and return it."""
    found = _number.match(item.text or "")
    if found is None:
        return None
    item.text = (item.text or "")[found.end() :]
    return int(found[1])


def _tidy_mark(element: etree._Element) -> None:
    """Give the mark of a footnote the id that those of Markdown have."""
    link = element.find("a")
    name = None if link is None else link.get("id")
    if link is not None and name and _note.fullmatch(name):
        link.set("id", f"fnref-{name}")


def _mark_notes(root: etree._Element) -> None:
    """Draw a line above the notes, and lead from each back to its mark."""
    notes = [each for each in root.iter("li") if _note.fullmatch(each.get("id", ""))]
    for note in notes:
        for link in note.iter("a"):
            target = link.get("href", "").removeprefix("#")
            if _note.fullmatch(target):
                link.set("href", f"#fnref-{target}")
    if notes:
        above = notes[0].getparent()
        assert above is not None
        above.addprevious(etree.Element("hr"))


def _tidy_table(table: etree._Element) -> None:
    for cell in table.iter("td", "th"):
        if len(cell) == 1 and cell[0].tag == "p" and not (cell.text or "").strip():
            etree.strip_tags(cell, "p")
    rows = list(table.iter("tr"))
    if (
        table.find("thead") is None
        and len(rows) > 1
        and _is_head(rows[0])
        and not _is_head(rows[1])
    ):
        head = etree.Element("thead")
        parent = rows[0].getparent()
        assert parent is not None
        rest = etree.Element("tbody")
        head.append(rows[0])
        rest.extend(list(parent.iterchildren("tr")))
        parent.extend([head, rest])
    for cell in table.iterfind("thead/tr/td"):
        cell.tag = "th"
    for cell in table.iter("th"):
        cell.set("scope", "col")
        etree.strip_tags(cell, "strong")


def _is_head(row: etree._Element) -> bool:
    """Return whether all the text in the cells of a row is bold."""
    return len(row) > 1 and all(
        (text := text_of(cell).strip())
        and text == "".join(map(text_of, cell.iter("strong"))).strip()
        for cell in row
    )


def _remove_empty(root: etree._Element) -> None:
    """Remove paragraphs and headings without text and pictures."""
    for element in list(root.iter("p", *_HEADINGS)):
        if not text_of(element).strip() and not has_picture(element):
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)


def _make_figures(root: etree._Element) -> None:
    """Put a picture and its caption, below it or in the same frame, into one figure."""
    for element in list(root.iterchildren("p")):
        own = element.find("span[@class='caption']")
        above = element.getprevious()
        if own is not None and _is_all_but_picture(own, element):
            _make_figure(element, own)
        elif (
            element.get("class") == "caption"
            and above is not None
            and above.tag == "p"
            and is_picture(above)
        ):
            _make_figure(above, element)


def _is_all_but_picture(caption: etree._Element, element: etree._Element) -> bool:
    pictures = len(list(element.iter("img")))
    return pictures == 1 and text_of(caption).strip() == text_of(element).strip()


def _make_figure(element: etree._Element, caption: etree._Element) -> None:
    picture = next(element.iter("img"))
    caption.tag, caption.tail = "figcaption", None
    figure = etree.Element("figure")
    element.addprevious(figure)
    figure.extend([picture, caption])
    picture.tail = None
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
