"""The body of a text: HTML of any origin in, HTML and Markdown for an entry file out."""

import re
from collections.abc import Callable
from typing import Any

import nh3
from lxml import etree
from lxml import html as lxml_html
from markdownify import ATX, BACKSLASH, MarkdownConverter

from feedsvc.parsing.embeds import without_embeds
from feedsvc.parsing.sanitizer import ALIGNMENTS, ATTRIBUTES, TAGS

# Returns what is to stand in place of an address; `is_picture` says that it shows a picture.
Resolve = Callable[[str, bool], str | None]
_BLOCKS = frozenset(
    "blockquote details dl div figure h1 h2 h3 h4 h5 h6 hr ol p pre table ul summary figcaption"
    " dt dd li tr td th caption thead tbody tfoot".split()
)
# What looks the same, and is the same here.
_SAME_AS = {"b": "strong", "i": "em"}
_picture = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
# Where pages that load pictures late keep their addresses.
_late = re.compile(r"(?<![\w-])data-(?:src|lazy-src|original|full-url)\s*=\s*", re.IGNORECASE)
_source = re.compile(r"(?<![\w-])src\s*=\s*(?:\"data:[^\"]*\"|'data:[^']*'|\"\"|'')", re.IGNORECASE)
_around_blocks = re.compile(rf"\s*(</?(?:{'|'.join(sorted(_BLOCKS))}|br)\b[^<>]*>)\s*")
_spaces = re.compile(r"\s+")
_bare_link = re.compile(r'<a href="([^"]*)">\1</a>')
_tag = re.compile(r"<([a-z][^<>]*)>")
# What Markdown gives a meaning, wherever it stands, and at the beginning of a line.
_special = re.compile(r"[\\`*\[\]<~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,40};)|!(?=\[)")
_line_start = re.compile(r"^(\s*)([-+#>=:]|\d{1,9}(?=[.)]))", re.MULTILINE)


def rewrite(html: str, resolve: Resolve, language: str) -> str:
    """Return HTML with what entries may have, and other addresses."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name in ("href", "src", "cite"):
            return resolve(value, tag == "img")
        return value

    html = _picture.sub(_with_address, without_embeds(html, language))
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        allowed_classes={"td": ALIGNMENTS, "th": ALIGNMENTS},
        link_rel=None,
    )


def _with_address(found: re.Match[str]) -> str:
    """Return the tag of a picture with the address that it is loaded from in the end."""
    if not _late.search(found[0]) or (" src=" in found[0] and not _source.search(found[0])):
        return found[0]
    return _late.sub("src=", _source.sub("", found[0]), count=1)


def simplify(html: str) -> str:
    """Return safe HTML without what says nothing: groups, sizes, pictures alone in a figure.

    A picture beside the entry has its own size; that of another one is kept.
    """
    if not html.strip():
        return ""
    root: Any = lxml_html.fragment_fromstring(html, create_parent="div")
    for element in root.xpath(".//span | .//small"):
        element.drop_tag()
    for element in root.iter(*_SAME_AS):
        element.tag = _SAME_AS[element.tag]
    for picture in root.iter("img"):
        _describe(picture)
    for figure in root.xpath(".//figure[not(.//figcaption)] | .//div"):
        if any(child.tag in _BLOCKS for child in figure):
            for child in _Paragraphs(figure).whole:
                figure.addprevious(child)
            figure.drop_tree()
        else:
            figure.tag = "p"
    root = _Paragraphs(root).whole
    for paragraph in root.xpath(".//p"):
        _trim(paragraph)
    whole: str = lxml_html.tostring(root, encoding="unicode")
    return whole[len("<div>") : -len("</div>")].strip()


def _trim(paragraph: Any) -> None:
    """Take away the space around a paragraph's text, and the paragraph if that is all it has."""
    paragraph.text = (paragraph.text or "").lstrip()
    if len(paragraph):
        paragraph[-1].tail = (paragraph[-1].tail or "").rstrip()
        return
    paragraph.text = paragraph.text.rstrip()
    if not paragraph.text:
        paragraph.drop_tree()


def _describe(picture: Any) -> None:
    picture.set("alt", picture.get("alt", ""))
    if "//" not in picture.get("src", ""):
        picture.attrib.pop("width", None)
        picture.attrib.pop("height", None)


class _Paragraphs:
    """Puts text in paragraphs, which line breaks in a row separate."""

    def __init__(self, root: Any) -> None:
        self.whole = lxml_html.Element("div")
        self._open: Any = None
        self._add_text(root.text)
        for child in list(root):
            tail, child.tail = child.tail, None
            self._add(child)
            self._add_text(tail)
        for paragraph in self.whole.iterchildren("p"):
            if _ends_with_break(paragraph):
                paragraph.remove(paragraph[-1])

    def _add_text(self, text: str | None) -> None:
        if not text or (self._open is None and not text.strip()):
            return
        paragraph = self._paragraph()
        if len(paragraph):
            paragraph[-1].tail = (paragraph[-1].tail or "") + text
        else:
            paragraph.text = (paragraph.text or "") + text

    def _add(self, child: Any) -> None:
        if child.tag in _BLOCKS:
            self._open = None
            self.whole.append(child)
        elif child.tag == "br" and (self._open is None or _ends_with_break(self._open)):
            if self._open is not None:
                self._open.remove(self._open[-1])
            self._open = None
        else:
            is_alone = child.tag == "img" and self._open is None
            self._paragraph().append(child)
            if is_alone:  # above the text, not in its first line
                self._open = None

    def _paragraph(self) -> Any:
        if self._open is None:
            self._open = etree.SubElement(self.whole, "p")
        return self._open


def _ends_with_break(paragraph: Any) -> bool:
    last = paragraph[-1] if len(paragraph) else None
    return last is not None and last.tag == "br" and not (last.tail or "").strip()


def same(one: str, other: str) -> bool:
    """Return whether two pieces of safe HTML differ at most in space between blocks."""
    return _canonical(one) == _canonical(other)


def _canonical(html: str) -> str:
    html = _tag.sub(lambda found: f"<{' '.join(sorted(found[1].split(' ')))}>", html)
    html = _around_blocks.sub(r"\1", _spaces.sub(" ", html))
    html = _bare_link.sub(r"\1", html)  # Markdown makes links of addresses
    return html.replace(" </code></pre>", "</code></pre>").strip()


class _Converter(MarkdownConverter):
    """Markdown, and HTML for what has no form in it."""

    def escape(self, text: str, parent_tags: Any) -> str:  # noqa: ARG002 - as there
        text = _special.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", text)
        return _line_start.sub(_escaped_start, text)

    def convert_figure(self, el: Any, text: str, parent_tags: Any) -> str:  # noqa: ARG002 - as there
        return f"\n\n{_blank.sub(chr(10), str(el))}\n\n"

    convert_details = convert_dl = convert_figure

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        if el.get("width") or el.get("height"):
            return str(el)
        picture: str = super().convert_img(el, text, parent_tags)  # type: ignore[misc]
        return picture

    def convert_table(self, el: Any, text: str, parent_tags: Any) -> str:
        odd = el.find(["ul", "ol", "p", "br", "table", "caption"]) or el.find(colspan=True)
        if odd or not el.find("th"):
            return self.convert_figure(el, text, parent_tags)
        table: str = super().convert_table(el, text, parent_tags)  # type: ignore[misc]
        return table

    def _keep(self, el: Any, text: str, parent_tags: Any) -> str:  # noqa: ARG002 - as there
        return f"<{el.name}>{text}</{el.name}>" if not el.attrs else str(el)

    convert_sub = convert_sup = convert_abbr = convert_mark = convert_ins = convert_u = _keep
    convert_kbd = convert_samp = convert_q = convert_cite = convert_time = convert_dfn = _keep
    convert_var = convert_s = convert_small = _keep


_blank = re.compile(r"\n\s*\n")


def _escaped_start(found: re.Match[str]) -> str:
    mark = found[2]
    return f"{found[1]}{mark}\\" if mark.isdigit() else f"{found[1]}\\{mark}"


def to_markdown(html: str) -> str:
    """Return safe HTML as Markdown; whether it becomes the same HTML again is to be seen."""
    converter = _Converter(
        heading_style=ATX, bullets="-", newline_style=BACKSLASH, escape_misc=False, wrap=False
    )
    markdown: str = converter.convert(html)
    lines = (line.rstrip() for line in markdown.strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
