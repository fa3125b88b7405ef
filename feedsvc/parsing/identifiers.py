"""Entry ids and category slugs: the parts of addresses that come from people's words."""

import re
from functools import lru_cache
from unicodedata import normalize

from anyascii import anyascii

from feedsvc.model import Category

MAX_LABEL = 100
MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")
PAGE_SUFFIXES = (".html", ".htm")
# Documents that are read, and those of older and other programs, which are not.
DOCUMENT_SUFFIXES = (".docx", ".odt")
OLD_DOCUMENT_SUFFIXES = (".doc", ".rtf", ".pages")
# What the names of entry files end with, where a text links them; an address in .html is a page's.
ENTRY_SUFFIXES = frozenset((".txt", *MARKDOWN_SUFFIXES))
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}")


def is_id(text: str) -> bool:
    """Return whether a text can be an entry's id."""
    return _ID.fullmatch(text) is not None


def id_from(text: str) -> str:
    """Return an id made from any text: transliterated, with hyphens between the words."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", _latin(text))[:128].strip("-.") or "entry"


def as_id(name: str) -> str:
    """Return a name if it can be an id, else an id made from it."""
    return name if is_id(name) else id_from(name)


def category(label: str) -> Category | None:
    """Return the category of a label, or None if no slug can be made from it."""
    label = " ".join(label.split())
    return _category(label) if len(label) <= MAX_LABEL else None


@lru_cache(maxsize=1000)  # a site has few labels, each of them in many files
def _category(label: str) -> Category | None:
    slug = re.sub(r"[^a-z0-9]+", "-", _latin(label).lower()).strip("-")
    if not slug or not any(character.isalnum() for character in label):
        return None
    return Category(label, slug)


def _latin(text: str) -> str:
    # Soft and hard signs become apostrophes, which would split the word.
    return anyascii(normalize("NFC", text)).replace("'", "").replace('"', "")
