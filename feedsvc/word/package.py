"""Packages: the ZIP files of XML that documents of Word and LibreOffice are."""

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO

from lxml import etree

from feedsvc.media.archive import MAX_PICTURE, Archive, BadArchive, IsEncrypted, TooLarge
from feedsvc.parsing.context import Context

# In bytes, unpacked: of one part that is XML, and of all pictures together. A document of 100
# pages has 3 MB of XML.
MAX_PART = 16 * 1024 * 1024
MAX_PICTURES = 150 * 1024 * 1024
# The tags of a part; each takes some 200 bytes of memory. One of 100 pages has 150,000.
MAX_TAGS = 600_000
# The levels of XML. A table in a table in a table has 20.
MAX_DEPTH = 80
_ZIP = b"PK\x03\x04"
# A container of the older formats, which also holds what has a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# By the address of a namespace: the prefix that everybody writes. Word's strict form has
# addresses of its own for the same names.
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0": "fo",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/1998/Math/MathML": "math",
}


class Package:
    """An open document: its parts by their names."""

    def __init__(self, data: bytes, context: Context) -> None:
        """Open the bytes of a file. Raises Refused, with a problem that says what they are."""
        self._context = context
        self._pictures = 0
        if not data.startswith(_ZIP):
            raise context.refusal(_fault(data))
        try:
            self._archive = Archive(BytesIO(data))
        except BadArchive as error:
            raise context.refusal("document-broken") from error

    def __contains__(self, name: str) -> bool:
        return name in self._archive

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of a part, or None if there is no such part. Raises Refused.

        A part may have no document type, so no entities: no program that writes documents
        makes one.
        """
        if name not in self._archive:
            return None
        try:
            data = self._archive.read(name, MAX_PART)
        except IsEncrypted as error:
            raise self._context.refusal("document-password") from error
        except TooLarge as error:
            raise self._context.refusal("too-many-parts") from error
        except BadArchive as error:
            raise self._context.refusal("document-broken") from error
        if data.count(b"<") > MAX_TAGS:
            raise self._context.refusal("too-many-parts")
        root = self._parsed(data)
        depth = 0
        for event, _ in etree.iterwalk(root, events=("start", "end")):
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise self._context.refusal("too-deep")
        return root

    def _parsed(self, data: bytes) -> etree._Element:
        encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8"
        if b"<!DOCTYPE" in data.replace(b"\0", b""):
            raise self._context.refusal("document-broken")
        # What the part says of its own encoding does not count: in another one a document
        # type would not be seen.
        parser = etree.XMLParser(
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            return etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._context.refusal("document-broken") from error

    def picture(self, name: str) -> bytes | None:
        """Return a picture; None if it is missing, damaged or too large."""
        if name not in self._archive or self._pictures > MAX_PICTURES:
            return None
        try:
            data = self._archive.read(name, MAX_PICTURE)
        except BadArchive:
            return None
        self._pictures += len(data)
        return data


def name_of(element: etree._Element) -> str:
    """Return the name of an element with the usual prefix of its namespace, or ''."""
    return prefixed(element.tag)


@lru_cache(maxsize=2000)
def prefixed(tag: str) -> str:
    """Return a name like `{http://…}p` with the usual prefix of its namespace, or ''."""
    space, _, name = tag.removeprefix("{").rpartition("}")
    prefix = _PREFIXES.get(space)
    return f"{prefix}:{name}" if prefix else ""


def attributes(element: etree._Element) -> dict[str, str]:
    """Return the attributes of an element by their names with prefixes; others by bare names."""
    pairs = ((str(name), str(text)) for name, text in element.items())
    return {prefixed(name) if name[:1] == "{" else name: text for name, text in pairs}


def children(element: etree._Element | None) -> Iterable[etree._Element]:
    """Return the children of an element; none if there is no element."""
    return () if element is None else element


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """Return the first child of a name."""
    return next((each for each in children(element) if name_of(each) == name), None)


def value(element: etree._Element | None, name: str, attribute: str = "w:val") -> str | None:
    """Return an attribute of the first child of a name; '' if that child has none."""
    found = child(element, name)
    return None if found is None else attributes(found).get(attribute, "")


def _fault(data: bytes) -> str:
    """Return the code of the problem of a file that is no ZIP file."""
    if data.startswith(_OLE):
        return "document-password" if _ENCRYPTED in data else "document-old"
    if data.startswith(b"{\\rtf"):
        return "document-old"
    return (
        "document-other"
        if data[:1000].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
        else "document-broken"
    )
