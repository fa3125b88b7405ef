"""Documents of LibreOffice, `.odt`: OpenDocument is close enough to HTML to be rewritten."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape
from urllib.parse import unquote

from lxml import etree

from feedsvc.model import Entry
from feedsvc.parsing.attachments import PICTURE
from feedsvc.parsing.bounds import MAX_CELLS, Excess
from feedsvc.parsing.context import Context
from feedsvc.word import drawings
from feedsvc.word.article import Article, entry_of
from feedsvc.word.numbering import count_to, whole
from feedsvc.word.odt_styles import ListStyle, Styles
from feedsvc.word.omissions import Omissions
from feedsvc.word.package import Package, attributes, child, children, name_of
from feedsvc.word.simplified import UNWANTED
from feedsvc.word.styles import HIDDEN

_TYPE = "application/vnd.oasis.opendocument."
_LETTERS = ("s", "sub", "sup", "em", "strong")
# The elements of a text, each of which costs some 10 us.
_MAX_PARTS = 100_000
# The most cells that one may stand for.
_MAX_REPEATED = 100
_SKIPPED = frozenset(
    "text:sequence-decls text:variable-decls text:user-field-decls text:dde-connection-decls"
    " office:forms text:table-of-content text:note-citation text:ruby-text text:script"
    " text:alphabetical-index-auto-mark-file text:tracked-changes".split()
)


def parse(data: bytes, context: Context) -> Entry:
    """Return the entry of a document of LibreOffice. Raises Refused."""
    package = Package(data, context)
    manifest = package.xml("META-INF/manifest.xml")
    if manifest is not None and any(
        name_of(each) == "manifest:encryption-data" for each in manifest.iter()
    ):
        raise context.refusal("document-password")
    content = package.xml("content.xml")
    body = child(content, "office:body")
    text = child(body, "office:text")
    if content is None or text is None:
        raise context.refusal("document-other")
    types = _types(manifest)
    try:
        writer = _Writer(Styles((content, package.xml("styles.xml"))), types)
        html = writer.document(text)
    except Excess as error:
        raise context.refusal(error.code) from error
    return entry_of(Article(html, tuple(writer.pictures), writer.omissions), package, context)


def _types(manifest: etree._Element | None) -> dict[str, str]:
    """Return the kinds of the objects in a document, by their paths."""
    found = {}
    for each in children(manifest):
        values = attributes(each)
        path, kind = values.get("manifest:full-path", ""), values.get("manifest:media-type", "")
        if kind.startswith(_TYPE):
            found[path.strip("/")] = kind.removeprefix(_TYPE)
    return found


class _Writer:
    """Writes a document as HTML, piece by piece."""

    def __init__(self, styles: Styles, types: dict[str, str]) -> None:
        self._styles = styles
        self._types = types
        self.omissions = Omissions()
        self.pictures: list[str] = []
        self._parts: list[str] = []
        self._notes: list[tuple[str, etree._Element]] = []
        self._cells = self._count = 0
        self._makers: dict[str, Callable[[etree._Element], None]] = {
            "text:p": self._paragraph,
            "text:h": self._heading,
            "text:list": lambda element: self._list(element, "", 0),
            "text:section": self._section,
            "text:span": self._span,
            "text:a": self._link,
            "text:line-break": lambda _: self._write("<br>"),
            "text:tab": lambda _: self._write("\t"),
            "text:s": lambda _: self._write(" "),
            "text:bookmark": self._anchor,
            "text:bookmark-start": self._anchor,
            "text:note": self._note,
            "text:hidden-text": lambda _: self.omissions.add("word-hidden"),
            "text:hidden-paragraph": lambda _: None,
            "office:annotation": lambda _: self.omissions.add("word-comments"),
            "table:table": self._table,
            "table:table-header-rows": lambda element: self._inside("thead", element),
            "table:table-rows": self._fill,
            "table:table-row-group": self._fill,
            "table:table-row": lambda element: self._inside("tr", element),
            "table:table-cell": self._cell,
            "draw:frame": self._frame,
            "draw:a": self._fill,
            **dict.fromkeys(_SKIPPED, lambda _: None),
        }

    def document(self, text: etree._Element) -> str:
        """Return a text with its notes as HTML. Raises Excess."""
        for _ in children(child(text, "text:tracked-changes")):
            self.omissions.add("word-tracked")
        self._fill(text)
        if self._notes:
            self._write("<ol>")
            # A note may have notes.
            for number, (name, body) in enumerate(self._notes):
                self._write(f'<li id="{name}">')
                self._fill(body)
                self._write(f' <a href="#{_mark(number)}">↑</a></li>')
            self._write("</ol>")
        return "".join(self._parts)

    def _write(self, html: str) -> None:
        self._parts.append(html)

    def _text(self, text: str | None) -> None:
        if text:
            self._write(escape(UNWANTED.sub("", text), quote=False))

    def _fill(self, element: etree._Element) -> None:
        """Write what is in an element; its own text and that between others only in paragraphs."""
        for each in element:
            self._one(each)

    def _flow(self, element: etree._Element) -> None:
        """Write the text in an element, and what else is in it."""
        self._text(element.text)
        for each in element:
            self._one(each)
            self._text(each.tail)

    def _one(self, element: etree._Element) -> None:
        self._count += 1
        if self._count > _MAX_PARTS:
            raise Excess("too-many-parts")
        name = name_of(element)
        if maker := self._makers.get(name):
            maker(element)
        elif name.startswith("text:"):  # a field, an index
            self._flow(element)
        elif name.startswith(("draw:", "dr3d:", "math:")):
            self._shape(element)

    @contextmanager
    def _within(self, *tags: str) -> Iterator[None]:
        self._parts += [f"<{tag}>" for tag in tags]
        yield
        self._parts += [f"</{tag}>" for tag in reversed(tags)]

    def _inside(self, tag: str, element: etree._Element) -> None:
        with self._within(tag):
            self._fill(element)

    # Paragraphs and letters.

    def _paragraph(self, element: etree._Element, label: str = "") -> None:
        name = attributes(element).get("text:style-name", "")
        if self._is_hidden("paragraph", name, element):
            return
        kind = self._styles.kind(name)
        if kind == "quote":
            self._write("<blockquote>")
        self._write(f'<p class="{kind}">' if kind else "<p>")
        self._text(label)
        self._bare_paragraph(element)
        self._write("</p>")
        if kind == "quote":
            self._write("</blockquote>")

    def _bare_paragraph(self, element: etree._Element) -> None:
        name = attributes(element).get("text:style-name", "")
        with self._within(*self._letters("paragraph", name)):
            self._flow(element)

    def _is_hidden(self, family: str, name: str, element: etree._Element) -> bool:
        is_hidden = self._styles.letters(family, name).get(HIDDEN, False)
        is_hidden = is_hidden or any(
            name_of(each) == "text:hidden-paragraph"
            and attributes(each).get("text:is-hidden") == "true"
            for each in element
        )
        if is_hidden:
            self.omissions.add("word-hidden")
        return is_hidden

    def _letters(self, family: str, name: str) -> list[str]:
        found = self._styles.letters(family, name)
        return [tag for tag in _LETTERS if found.get(tag)]

    def _heading(self, element: etree._Element) -> None:
        values = attributes(element)
        level = min(max(whole(values.get("text:outline-level"), 1), 1), 6)
        if not self._is_hidden("paragraph", values.get("text:style-name", ""), element):
            with self._within(f"h{level}"):
                self._flow(element)

    def _span(self, element: etree._Element) -> None:
        name = attributes(element).get("text:style-name", "")
        if not self._is_hidden("text", name, element):
            with self._within(*self._letters("text", name)):
                self._flow(element)

    def _section(self, element: etree._Element) -> None:
        if attributes(element).get("text:display", "true") == "true":
            self._fill(element)
        else:
            self.omissions.add("word-hidden")

    def _link(self, element: etree._Element) -> None:
        target = attributes(element).get("xlink:href", "")
        self._write(f'<a href="{escape(target)}">')
        self._flow(element)
        self._write("</a>")

    def _anchor(self, element: etree._Element) -> None:
        name = attributes(element).get("text:name", "")
        self._write(f'<a id="{escape(name)}"></a>')

    def _note(self, element: etree._Element) -> None:
        body = child(element, "text:note-body")
        if body is None:
            return
        number = len(self._notes)
        name = f"footnote-{number + 1}"
        self._notes.append((name, body))
        mark = f'<a href="#{name}" id="{_mark(number)}">[{number + 1}]</a>'
        self._write(f"<sup>{mark}</sup>")

    # Lists.

    def _list(self, element: etree._Element, style_name: str, depth: int) -> None:
        """Write a list at a depth, which has the style of the one around it if it has no other."""
        values = attributes(element)
        style_name = values.get("text:style-name") or style_name
        style = self._styles.list_of(style_name)
        level = style.levels.get(depth)
        goes_on = values.get("text:continue-numbering") == "true"
        if not (goes_on or "text:continue-list" in values):
            style.numbers.pop(depth, None)
        if level is None or not level.form:
            self._items(element, "ul", style, style_name, depth)
        elif level.is_plain:
            start = style.numbers.get(depth, level.start - 1) + 1
            start = _start(element, start)
            tag = "ol" if start == 1 else f'ol start="{start}"'
            self._items(element, tag, style, style_name, depth)
        else:
            self._items(element, "", style, style_name, depth)

    def _items(
        self, element: etree._Element, tag: str, style: ListStyle, style_name: str, depth: int
    ) -> None:
        """Write the items of a list; without a tag, as paragraphs with their numbers."""
        if tag:
            self._write(f"<{tag}>")
        for item in element:
            if name_of(item) == "text:list-item":
                _count(style, depth, attributes(item).get("text:start-value"))
            label = "" if tag or name_of(item) != "text:list-item" else style.label(depth)
            is_short = tag and sum(name_of(each) in ("text:p", "text:h") for each in item) == 1
            self._write("<li>" if tag else "")
            for each in item:
                if name_of(each) == "text:list":
                    self._list(each, style_name, depth + 1)
                elif name_of(each) == "text:p" and is_short:
                    self._bare_paragraph(each)
                elif name_of(each) == "text:p":
                    self._paragraph(each, label and f"{label} ")
                    label = ""
                else:
                    self._one(each)
            self._write("</li>" if tag else "")
        if tag:
            self._write(f"</{tag.partition(' ')[0]}>")

    # Tables.

    def _table(self, element: etree._Element) -> None:
        self._inside("table", element)

    def _cell(self, element: etree._Element) -> None:
        values = attributes(element)
        times = min(whole(values.get("table:number-columns-repeated"), 1), _MAX_REPEATED)
        self._cells += max(times, 1)
        if self._cells > MAX_CELLS:
            raise Excess("table-large")
        spans = ""
        for name, attribute in (("columns", "colspan"), ("rows", "rowspan")):
            span = whole(values.get(f"table:number-{name}-spanned"), 1)
            if 1 < span < 1000:
                spans += f' {attribute}="{span}"'
        self._write(f"<td{spans}>")
        self._fill(element)
        self._write("</td>" + "<td></td>" * (times - 1))

    # Pictures and drawings.

    def _frame(self, element: etree._Element) -> None:
        names = {name_of(each) for each in element.iter()}
        if names & {"draw:object", "draw:object-ole", "draw:plugin", "draw:applet"}:
            self.omissions.add(self._kind_of_object(element))
        elif "draw:image" in names:
            self._pictures(element)
        elif "draw:text-box" in names:
            self._count_text(element)
        else:
            self.omissions.add("word-drawings")

    def _kind_of_object(self, element: etree._Element) -> str:
        for each in element:
            if name_of(each) == "draw:object":
                path = attributes(each).get("xlink:href", "").removeprefix("./").strip("/")
                kind = self._types.get(path, "")
                is_formula = kind == "formula" or child(each, "math:math") is not None
                if is_formula:
                    return "word-equations"
                return "word-drawings" if kind in ("chart", "graphics") else "word-objects"
        return "word-objects"

    def _shape(self, element: etree._Element) -> None:
        if next((e for e in element.iter() if name_of(e) == "draw:image"), None) is not None:
            self._pictures(element)
        elif not self._count_text(element):
            self.omissions.add("word-drawings")

    def _count_text(self, element: etree._Element) -> bool:
        has_text = any(text.strip() for text in element.itertext())
        if has_text:
            self.omissions.add("word-text-boxes")
        return has_text

    def _pictures(self, element: etree._Element) -> None:
        """Write the pictures in a frame; a text around them is their caption."""
        for frame in element.iter():
            images = [each for each in frame if name_of(each) == "draw:image"]
            if images:
                self._picture(frame, images)
        box = next((each for each in element.iter() if name_of(each) == "draw:text-box"), None)
        if box is not None:
            paragraphs = (_plain(each) for each in box)
            caption = " ".join(" ".join(paragraphs).split())
            self._write(f'<span class="caption">{escape(caption, quote=False)}</span>')

    def _picture(self, frame: etree._Element, images: Iterable[etree._Element]) -> None:
        alt = ""
        for name in ("svg:desc", "svg:title"):
            alt = alt or drawings.description(_string(child(frame, name)))
        paths = [attributes(each).get("xlink:href", "") for each in images]
        inner = [path for path in paths if path and ":" not in path and path[:2] != ".."]
        shown = next(filter(drawings.is_shown, inner), None)
        if shown is not None:
            self._write(f'<img src="{PICTURE}{len(self.pictures)}" alt="{escape(alt)}">')
            self.pictures.append(unquote(shown.removeprefix("./")))
        elif inner:
            self.omissions.add_picture("word-picture", inner[0].rpartition("/")[2])
        else:
            linked = next(filter(None, paths), "")
            self.omissions.add_picture("word-picture-linked", linked.rpartition("/")[2])


def _mark(number: int) -> str:
    return f"footnote-ref-{number + 1}"


def _start(element: etree._Element, start: int) -> int:
    """Return the number of the first item of a list, which may have one of its own."""
    first = next((each for each in element if name_of(each) == "text:list-item"), None)
    return start if first is None else whole(attributes(first).get("text:start-value"), start)


def _count(style: ListStyle, depth: int, start: str | None) -> None:
    level = style.levels.get(depth)
    before = style.numbers.get(depth, (level.start if level else 1) - 1)
    count_to(whole(start, before + 1), style.numbers, depth)


def _string(element: etree._Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext()))


def _plain(element: etree._Element) -> str:
    """Return the text of a paragraph, without the frames in it."""
    frames = (_string(each) for each in element if name_of(each) == "draw:frame")
    text = _string(element)
    for frame in frames:
        text = text.replace(frame, "", 1)
    return text
