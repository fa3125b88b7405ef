"""Attacks in the text of entries, and what would give one away in HTML."""

from typing import Any

import lxml.html
from lxml import etree

from feedsvc.pages import html as pages
from tests.support.newsroom import item


def parsed(html: str) -> Any:
    """Parse a page; untyped, for the stubs know lxml's elements but not HTML's."""
    return lxml.html.document_fromstring(html)


# Of the shipped settings: every page has it.
OWN_ICON = pages.own_icon("Пресс-центр района Чертаново Южное", "#0b57a4")


def dangers(html: str) -> list[str]:
    """List what could run or load something in HTML, as a browser would understand it."""
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
    """Write an entry that attacks in every text it has."""
    places = ("author", "categories", "correction", "summary")
    return item(attack, body=f"Text.\n\n{attack}", **dict.fromkeys(places, attack), **keys)
