"""Drawings of Word: the pictures in them, and what else they are."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from feedsvc.media.types import suffix
from feedsvc.word.omissions import Omissions
from feedsvc.word.package import attributes, name_of

# The kinds of pictures that browsers show, and that are published.
PICTURES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp"))
# What Word writes below a description of its own making.
_automatic = re.compile(
    r"[\s,]*(?:Автоматически созданное описание|Description automatically generated\b.*"
    r"|Контент, сгенерированный ИИ, может содержать ошибки\.?"
    r"|AI-generated content may be incorrect\.?)\s*\Z"
)
_file_name = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|tiff?|bmp|emf|wmf|heic)", re.IGNORECASE)


class Picture(NamedTuple):
    """A picture in a drawing: the id of its file, or of a link to one, and its description."""

    embedded: str
    linked: str
    alt: str


def pictures(source: etree._Element, omissions: Omissions) -> list[Picture]:
    """Return the pictures of a drawing, and count what else there is in it."""
    names: set[str] = set()
    found: list[Picture] = []
    alt = program = ""
    is_text = is_line = False
    for element in _shown(source):
        name, values = name_of(element), attributes(element)
        names.add(name)
        if name == "wp:docPr":
            alt = description(values.get("descr") or values.get("title") or "")
        elif name == "a:blip" and (values.get("r:embed") or values.get("r:link")):
            found.append(Picture(values.get("r:embed", ""), values.get("r:link", ""), alt))
        elif name == "v:imagedata" and values.get("r:id"):
            found.append(Picture(values["r:id"], "", description(values.get("o:title", ""))))
        elif name == "o:OLEObject":
            program = values.get("ProgID", "")
        is_text = is_text or (name == "w:t" and bool((element.text or "").strip()))
        is_line = is_line or "o:hr" in values
    if "w:object" in names or "o:OLEObject" in names:
        is_equation = program.startswith("Equation")
        omissions.add("word-equations" if is_equation else "word-objects")
        return []
    if is_text:
        omissions.add("word-text-boxes")
    if not (found or is_text or is_line) or names & {"c:chart", "dgm:relIds"}:
        omissions.add("word-drawings")
    return found


def description(text: str) -> str:
    """Return a description as people wrote it: no name of a file, and no word about itself."""
    text = _automatic.sub("", " ".join(text.split()))
    return "" if _file_name.fullmatch(text) else text


def is_shown(name: str) -> bool:
    """Return whether a picture of this name can be shown."""
    return suffix(name) in PICTURES


def _shown(source: etree._Element) -> Iterator[etree._Element]:
    """Yield all elements of a drawing, but for its second form, for older programs."""
    yield source
    has_choice = any(name_of(each) == "mc:Choice" for each in source)
    for each in source:
        if not (has_choice and name_of(each) == "mc:Fallback"):
            yield from _shown(each)
