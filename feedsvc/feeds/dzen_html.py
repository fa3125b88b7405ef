"""Safe HTML with nothing but the elements that Dzen knows.

Paragraphs, headings down to the fourth level, quotations, lists, pictures in `figure`, links,
`b`, `i`, `u` and `s`. What is anything else keeps its text: a line break ends the paragraph, a
row of a table becomes one.
"""

from lxml import etree

_INLINE = {
    **dict.fromkeys(("b", "strong"), "b"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "i"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "del"), "s"),
    "a": "a",
}
# The deepest heading is of the fourth level.
_HEADINGS = {f"h{level}": f"h{min(level, 4)}" for level in range(1, 7)}
# What ends the line above it and below it.
_BLOCKS = frozenset(
    "p div dl dt dd table thead tbody tfoot tr caption pre details summary hr br".split()
)
_CELL_END = "; "


def simplified(html: str) -> str:
    """Return safe HTML with the elements that Dzen knows; '' if nothing is left of it."""
    return _Writer().written(etree.HTML(f"<div>{html}</div>"))


class _Writer:
    """Writes blocks one after the other, beginning new ones as it meets text.

    `_containers` are the open blocks that hold others, `_line` the block that gets the text now,
    if there is one, and `_formats` the open elements within lines; those that a block splits go
    on in the next. Pictures within lists and quotations come below them.
    """

    def __init__(self) -> None:
        self._root = etree.Element("div")
        self._containers = [self._root]
        self._line: etree._Element | None = None
        self._tag = "p"
        self._formats: list[tuple[str, dict[str, str]]] = []
        self._innermost = self._root
        self._figures: list[etree._Element] = []
        self._texts: list[str] = []
        self._last = " "

    def written(self, source: etree._Element) -> str:
        """Return what is written of the content of an element."""
        self._write_content(source)
        self._end_line()
        self._place_figures()
        blocks = (etree.tostring(each, encoding="unicode", method="html") for each in self._root)
        return "\n".join(block.strip() for block in blocks)

    def _write_content(self, source: etree._Element) -> None:
        self._write_text(source.text)
        for child in source:
            self._write(child)
            self._write_text(child.tail)

    def _write(self, source: etree._Element) -> None:
        tag = str(source.tag)
        if tag in _INLINE:
            self._write_inline(source)
        elif tag == "img":
            self._write_figure(source, "")
        elif tag == "figure":
            self._write_figures(source)
        elif tag == "li" or tag in _HEADINGS:
            self._write_line(source, "li" if tag == "li" else _HEADINGS[tag])
        elif tag in ("ul", "ol", "blockquote"):
            self._write_container(source)
        elif tag in _BLOCKS:
            self._write_block(source)
        elif tag == "q":
            self._write_text("«")
            self._write_content(source)
            self._write_text("»")
        else:
            self._write_content(source)
            if tag in ("td", "th") and source.getnext() is not None:
                self._write_text(_CELL_END)

    def _write_block(self, source: etree._Element) -> None:
        self._break()
        self._write_content(source)
        self._break()

    def _write_inline(self, source: etree._Element) -> None:
        tag = _INLINE[str(source.tag)]
        href = source.get("href") if tag == "a" else None
        # One within its like says nothing more, and all would begin anew after each line break.
        if (tag == "a" and href is None) or tag in (name for name, _ in self._formats):
            self._write_content(source)
            return
        self._formats.append((tag, {"href": href} if href else {}))
        if self._line is not None:
            self._open(*self._formats[-1])
        self._write_content(source)
        self._formats.pop()
        if self._line is not None:
            self._place_text()
            self._innermost = _parent(self._innermost)

    def _write_line(self, source: etree._Element, tag: str) -> None:
        """Write a heading, or an item of a list, of which all text is one line."""
        if self._tag != "p" and tag != "li":  # a heading in an item
            self._write_block(source)
            return
        outer = self._tag
        self._end_line()
        self._tag = tag
        self._write_content(source)
        self._end_line()
        self._tag = outer

    def _write_container(self, source: etree._Element) -> None:
        tag = str(source.tag)
        is_nested = len(self._containers) > 1
        if tag == "blockquote" and (is_nested or self._tag != "p"):
            self._write_block(source)
            return
        parent = self._containers[-1]
        if tag != "blockquote" and is_nested and self._tag == "li" and len(parent):
            parent = parent[-1]  # a list in an item belongs to it
        outer, formats = self._tag, self._formats
        self._end_line()
        self._tag, self._formats = "p", []
        container = etree.SubElement(parent, tag)
        self._containers.append(container)
        self._write_content(source)
        self._end_line()
        self._containers.pop()
        self._tag, self._formats = outer, formats
        if not len(container):
            _parent(container).remove(container)
        if len(self._containers) == 1:
            self._place_figures()

    def _write_figures(self, source: etree._Element) -> None:
        pictures = list(source.iter("img"))
        if not pictures:
            self._write_block(source)
        # All text of a figure is its caption, wherever it stands.
        text = " ".join(_text(source).split())
        for picture in pictures:
            self._write_figure(picture, text if picture is pictures[-1] else "")

    def _write_figure(self, picture: etree._Element, caption: str) -> None:
        figure = etree.Element("figure")
        kept = {name: picture.get(name, "") for name in ("src", "alt", "width", "height")}
        etree.SubElement(figure, "img", {name: value for name, value in kept.items() if value})
        if caption:
            etree.SubElement(figure, "figcaption").text = caption
        self._figures.append(figure)
        if len(self._containers) == 1:
            self._end_line()
            self._place_figures()

    def _place_figures(self) -> None:
        self._root.extend(self._figures)
        self._figures = []

    def _write_text(self, text: str | None) -> None:
        if not text or (self._line is None and not text.strip()):
            return
        if self._line is None:
            self._begin_line()
            text = text.lstrip()
        self._last = text[-1]
        self._texts.append(text)

    def _place_text(self) -> None:
        """Put the text since the last element into its place: adding each part takes long."""
        text = "".join(self._texts)
        self._texts = []
        if text and len(self._innermost):
            self._innermost[-1].tail = text
        elif text:
            self._innermost.text = text

    def _begin_line(self) -> None:
        parent = self._containers[-1]
        tag = "li" if parent.tag in ("ul", "ol") else self._tag.replace("li", "p")
        self._line = self._innermost = etree.SubElement(parent, tag)
        for name, attributes in self._formats:
            self._open(name, attributes)

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._place_text()
        self._innermost = etree.SubElement(self._innermost, tag, attributes)

    def _break(self) -> None:
        """End the line, or within a heading or an item, which are one line, the word."""
        if self._tag == "p":
            self._end_line()
        elif self._line is not None and not self._last.isspace():
            self._write_text(" ")

    def _end_line(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        self._place_text()
        for each in line.iterdescendants():
            if not _text(each):
                each.tag = "nothing"
        etree.strip_tags(line, "nothing")


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _text(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", method="text", with_tail=False)
