"""Documents of Word and LibreOffice, made of the XML that those programs write."""

import io
import zlib
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from struct import pack
from zipfile import ZIP_DEFLATED, ZipFile

from PIL import Image

from feedsvc.model import Entry, Reading
from tests.support.parsing import Problems, listed
from tests.support.parsing import reading as read_whole

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = " ".join(
    f'xmlns:{prefix}="{address}"'
    for prefix, address in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": _OFFICE,
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
_ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "manifest": "manifest",
    }.items()
)
_ODF += (
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:math="http://www.w3.org/1998/Math/MathML"'
)


def png(width: int = 60, height: int = 40, colour: str = "red") -> bytes:
    """Return a picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def huge_png() -> bytes:
    """Return a picture that says it is 60,000 pixels wide and high, in 100 bytes."""
    header = pack(">2L5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    chunks = (
        pack(">L", len(data)) + name + data + pack(">L", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def zipped(files: Mapping[str, str | bytes], compression: int = ZIP_DEFLATED) -> bytes:
    """Return an archive of files."""
    made = io.BytesIO()
    with ZipFile(made, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def run(text: str, properties: str = "") -> str:
    """Return a run of letters as Word writes it."""
    return (
        f'<w:r w:rsidRPr="00C41F0A"><w:rPr>{properties}<w:sz w:val="28"/><w:lang w:val="ru-RU"/>'
        f'</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def paragraph(content: str, properties: str = "") -> str:
    """Return a paragraph as Word writes it; what does not begin with a tag is its text."""
    content = content if content.startswith("<") else run(content)
    return (
        f'<w:p w14:paraId="2C078E63" w:rsidR="00E57C4C" w:rsidP="00E57C4C"><w:pPr>{properties}'
        f'<w:spacing w:after="0"/></w:pPr><w:proofErr w:type="spellStart"/>{content}</w:p>'
    )


def styled(text: str, style: str) -> str:
    """Return a paragraph of a style."""
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def in_list(text: str, number: str, level: int = 0) -> str:
    """Return a paragraph of a list."""
    numbers = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text, f'<w:pStyle w:val="a3"/>{numbers}')


def table(*rows: str, properties: str = '<w:tblStyle w:val="a4"/>') -> str:
    """Return a table of rows."""
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid/>{''.join(rows)}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    """Return a row; a cell is a text, or begins with `<w:tc>`."""
    own = (each if each.startswith("<w:tc>") else cell(each) for each in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(own)}</w:tr>"


def cell(content: str, properties: str = "") -> str:
    """Return a cell."""
    inner = content if content.startswith("<w:p") else paragraph(content)
    return f'<w:tc><w:tcPr><w:tcW w:w="4672"/>{properties}</w:tcPr>{inner}</w:tc>'


def picture(
    relation: str, description: str = "", *, kind: str = "embed", place: str = "inline"
) -> str:
    """Return a run with a picture, in the line or beside the text (`anchor`)."""
    return (
        f"<w:r><w:rPr><w:noProof/></w:rPr><w:drawing><wp:{place}>"
        f'<wp:extent cx="571500" cy="381000"/><wp:docPr id="1" name="Рисунок 1" '
        f'descr="{escape(description)}"/><a:graphic><a:graphicData uri="'
        'http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="0" name=""/></pic:nvPicPr><pic:blipFill><a:blip r:{kind}="{relation}"/>'
        f"</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:{place}></w:drawing></w:r>"
    )


def text_box(text: str) -> str:
    """Return a run with a text box in both forms in which Word writes each."""
    inner = f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor>'
        '<wp:docPr id="2" name="Надпись 2"/><a:graphic><a:graphicData uri="'
        'http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:txbx>'
        f"{inner}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
        f'</mc:Choice><mc:Fallback><w:pict><v:shape id="Надпись 2"><v:textbox>{inner}'
        "</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


TITLE = paragraph("Каток на площади открыт", '<w:jc w:val="center"/>')
DATE = paragraph("24 ноября 2026")
# Word in Russian: the ids are numbers and letters, the names English.
STYLES = "".join(
    f'<w:style w:type="{kind}" w:styleId="{name}"><w:name w:val="{title}"/>{rest}</w:style>'
    for kind, name, title, rest in (
        ("paragraph", "a", "Normal", ""),
        ("paragraph", "1", "heading 1", '<w:basedOn w:val="a"/>'),
        ("paragraph", "2", "heading 2", '<w:basedOn w:val="a"/>'),
        ("paragraph", "a3", "List Paragraph", ""),
        ("paragraph", "a5", "caption", ""),
        ("paragraph", "a6", "Title", ""),
        ("paragraph", "21", "Quote", ""),
        ("paragraph", "Own", "Раздел", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>'),
        ("paragraph", "OwnToo", "Раздел наш", '<w:basedOn w:val="Own"/>'),
        (
            "paragraph",
            "Numbered",
            "Пункт",
            '<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>',
        ),
        ("paragraph", "NumberedToo", "Пункт наш", '<w:basedOn w:val="Numbered"/>'),
        (
            "paragraph",
            "NumberedThree",
            "Ещё",
            '<w:basedOn w:val="Numbered"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>',
        ),
        ("paragraph", "Secret", "Тайный", "<w:rPr><w:vanish/></w:rPr>"),
        ("character", "Strong", "Strong", "<w:rPr><w:b/><w:bCs/></w:rPr>"),
        ("character", "a7", "Hyperlink", '<w:rPr><w:u w:val="single"/></w:rPr>'),
        (
            "character",
            "a8",
            "footnote reference",
            '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>',
        ),
    )
)


def _level(number: int, form: str, text: str, rest: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{rest}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


# 1: bullets. 2: numbers. 3: 1., 1.1. 4: letters. 5: as 2, begun anew. 6: nothing shown. 7: nowhere.
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    + "".join(_level(each, "bullet", "·") for each in range(9))
    + '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
    + _level(0, "decimal", "%1.", '<w:pStyle w:val="Numbered"/>')
    + _level(1, "decimal", "%2)")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="2">'
    + _level(0, "decimal", "%1.")
    + _level(1, "decimal", "%1.%2.")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="3">'
    + _level(0, "russianLower", "%1)")
    + _level(1, "upperRoman", "%2.")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="4">'
    + _level(0, "none", "")
    + "</w:abstractNum>"
    + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{which}"/>{rest}</w:num>'
        for number, which, rest in (
            (1, 0, ""),
            (2, 1, ""),
            (3, 2, ""),
            (4, 3, ""),
            (
                *(5, 1),
                '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>',
            ),
            (6, 4, ""),
            (7, 9, ""),
        )
    )
)


def relationships(targets: Mapping[str, str]) -> str:
    """Return relationships by ids; those with a scheme or `./` lead out of the document."""
    made = []
    for name, target in targets.items():
        mode = ' TargetMode="External"' if _is_outside(target) else ""
        kind = f"{_OFFICE}/{_kind(target)}"
        shown = escape(target)
        made.append(f'<Relationship Id="{name}" Type="{kind}" Target="{shown}"{mode}/>')
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{_HEAD}<Relationships xmlns="{namespace}">{"".join(made)}</Relationships>'


def _is_outside(target: str) -> bool:
    return ":" in target or target.startswith("./")


def _kind(target: str) -> str:
    name = target.rpartition("/")[2].removesuffix(".xml")
    if name.startswith("document"):
        return "officeDocument"
    if target.endswith(".xml"):
        return name
    return "hyperlink" if _is_outside(target) else "image"


def docx(
    *content: str,
    targets: Mapping[str, str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    notes: str = "",
    head: str = TITLE + DATE,
) -> bytes:
    """Return a document of Word; `targets` are relationships of its text, `notes` footnotes."""
    own = {"rId1": "styles.xml", "rId2": "numbering.xml", "rId3": "footnotes.xml"}
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f"{_HEAD}<Types/>",
        "_rels/.rels": relationships({"rId1": "word/document.xml"}),
        "word/document.xml": f"{_HEAD}<w:document {NAMES}><w:body>{head}{''.join(content)}"
        '<w:sectPr><w:pgSz w:w="11906"/></w:sectPr></w:body></w:document>',
        "word/_rels/document.xml.rels": relationships(own | dict(targets or {})),
        "word/styles.xml": f"{_HEAD}<w:styles {NAMES}><w:docDefaults/>{STYLES}</w:styles>",
        "word/numbering.xml": f"{_HEAD}<w:numbering {NAMES}>{NUMBERING}</w:numbering>",
        "word/footnotes.xml": f"{_HEAD}<w:footnotes {NAMES}>"
        f'<w:footnote w:type="separator" w:id="-1">{paragraph("-")}</w:footnote>{notes}'
        "</w:footnotes>",
    }
    return zipped(parts | dict(files or {}))


def odt(
    *content: str,
    styles: str = "",
    files: Mapping[str, str | bytes] | None = None,
    head: str = "<text:p>Каток на площади открыт</text:p><text:p>24 ноября 2026</text:p>",
    manifest: str = "",
) -> bytes:
    """Return a document of LibreOffice."""
    parts: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"{_HEAD}<office:document-content {_ODF}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{head}{''.join(content)}"
        "</office:text></office:body></office:document-content>",
        "styles.xml": f"{_HEAD}<office:document-styles {_ODF}/>",
        "META-INF/manifest.xml": f"{_HEAD}<manifest:manifest {_ODF}>{manifest}</manifest:manifest>",
    }
    return zipped(parts | dict(files or {}))


def reading(data: bytes, path: str) -> Reading:
    """Return the reading of a document.

    The remark on pictures without alternative texts, which most tests have, is left out.
    """
    whole = read_whole(data, path)
    others = (problem for problem in whole.problems if problem.code != "alt-missing")
    return replace(whole, problems=tuple(others))


def published(data: bytes, path: str = "news.docx") -> Entry:
    """Return the entry of a document that has no problems."""
    found = reading(data, path)
    assert found.problems == ()
    assert found.entry is not None
    return found.entry


def html(data: bytes, path: str = "news.docx") -> str:
    """Return the text of a document that has no problems."""
    return published(data, path).html


def warned(data: bytes, path: str = "news.docx") -> tuple[Entry, Problems]:
    """Return the entry of a document, and its warnings."""
    found = reading(data, path)
    assert found.entry is not None
    return found.entry, listed(found)


def refused(data: bytes, path: str = "news.docx") -> Problems:
    """Return the problems of a document that becomes no entry."""
    found = reading(data, path)
    assert found.entry is None
    return listed(found)
