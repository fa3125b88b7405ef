"""Attacks in the text of entries, and the traces that a successful one leaves in HTML."""

from typing import Any

import lxml.html
from lxml import etree

from feedsvc.pages.environment import letter_icon
from tests.support.newsroom import item


def parsed(html: str) -> Any:
    """Return a parsed page; untyped, since the stubs lack the elements of HTML."""
    return lxml.html.document_fromstring(html)


# The icon of the shipped settings, which every page has.
OWN_ICON = letter_icon("Пресс-центр района Чертаново Южное", "#0b57a4")


def dangers(html: str) -> list[str]:
    """Return everything in HTML that could run or load something in a browser."""
    found = []
    for element in parsed(f"<html><body>{html}</body></html>").iter(etree.Element):
        if element.tag in ("script", "style", "iframe", "object", "embed", "svg", "math", "form"):
            found.append(str(element.tag))
        for name, value in element.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                found.append(name)
            if value == OWN_ICON:
                continue
            if value.strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                found.append(value)
    return found


ATTACKS = (
    "<script>alert(1)</script>",
    "</title></textarea></style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    '<iframe src="https://evil.example/"></iframe>',
    "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>@import 'https://evil.example/'</style>",
)


def attacked(attack: str, **keys: str) -> bytes:
    """Return an entry with an attack in each of its texts."""
    places = ("author", "categories", "correction", "summary")
    return item(attack, body=f"Text.\n\n{attack}", **dict.fromkeys(places, attack), **keys)
