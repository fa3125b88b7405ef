"""The validators reject documents with mistakes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from lxml import etree

from tests.support.elements import ATOM, HISTORY
from tests.support.newsroom import ROOT, SITE
from tests.support.validators import ATOM_GRAMMAR, validate_atom

URL = f"{SITE}/feeds/atom.xml"
ENTRY = f"{ATOM}entry"
Change = Callable[[Any], object]


def changed(change: Change) -> bytes:
    """Return the golden Atom feed with a change."""
    root = etree.fromstring((ROOT / "tests" / "data" / "atom.xml").read_bytes())
    change(root)
    return etree.tostring(root)


def element(root: etree._Element, name: str) -> etree._Element:
    found = root.find(name)
    assert found is not None
    return found


def drop(name: str) -> Change:
    def change(root: etree._Element) -> None:
        dropped = element(root, name)
        parent = dropped.getparent()
        assert parent is not None
        parent.remove(dropped)

    return change


def double(name: str) -> Change:
    def change(root: etree._Element) -> None:
        doubled = element(root, name)
        doubled.addnext(deepcopy(doubled))

    return change


def put(name: str, text: str = "", **attributes: str) -> Change:
    def change(root: etree._Element) -> None:
        altered = element(root, name)
        altered.text = text or altered.text
        for key, value in attributes.items():
            altered.set(key, value)

    return change


def add(name: str, parent: str = ".") -> Change:
    def change(root: etree._Element) -> None:
        parent_element = element(root, parent)
        parent_element.insert(0, parent_element.makeelement(name, {}))

    return change


MISTAKES: dict[str, Change] = {
    "no id": drop(f"{ATOM}id"),
    "no title": drop(f"{ATOM}title"),
    "no date": drop(f"{ATOM}updated"),
    "no author": drop(f"{ATOM}author"),
    "an entry without id": drop(f"{ENTRY}/{ATOM}id"),
    "an entry without title": drop(f"{ENTRY}/{ATOM}title"),
    "an entry without date": drop(f"{ENTRY}/{ATOM}updated"),
    "two titles": double(f"{ATOM}title"),
    "two generators": double(f"{ATOM}generator"),
    "two contents": double(f"{ENTRY}/{ATOM}content"),
    "two alternates": double(f"{ENTRY}/{ATOM}link"),
    "one entry twice": double(ENTRY),
    "a date in words": put(f"{ATOM}updated", "yesterday"),
    "a date without offset": put(f"{ENTRY}/{ATOM}updated", "2014-08-13T00:00:00"),
    "a date ahead": put(f"{ENTRY}/{ATOM}updated", "2027-08-13T00:00:00Z"),
    "an unknown type": put(f"{ATOM}title", type="markdown"),
    "undeclared HTML": put(f"{ENTRY}/{ATOM}content", type="text"),
    "a link without address": lambda root: root.findall(f"{ATOM}link")[0].attrib.clear(),
    "a relative link": put(f"{ATOM}link", href="/feeds/atom.xml"),
    "no link to itself": put(f"{ATOM}link", rel="this"),
    "a wrong type of link": put(f"{ATOM}link", type="atom"),
    "an unknown element": add(f"{ATOM}comment"),
    "an unknown element in an entry": add(f"{ATOM}length", ENTRY),
    "RSS in Atom": add(f"{ATOM}description"),
    "an entry before the title": lambda root: root.insert(0, deepcopy(root[-1])),
    "a script": put(f"{ENTRY}/{ATOM}content", "<script>alert(1)</script>"),
    "a relative picture": put(f"{ENTRY}/{ATOM}content", "<img src='a.png'>"),
    "an archive without current": add(f"{HISTORY}archive"),
}


def test_the_golden_atom_feed_is_valid() -> None:
    validate_atom(changed(lambda _: None), URL)


def test_every_mistake_in_an_atom_feed_is_found() -> None:
    for mistake, change in MISTAKES.items():
        try:
            validate_atom(changed(change), URL)
        except AssertionError:
            continue
        pytest.fail(f"not found: {mistake}")


def test_the_grammar_of_atom_allows_foreign_name_spaces() -> None:
    def extend(root: etree._Element) -> None:
        for parent in (root, root[-1], element(root, f"{ATOM}author")):
            foreign = etree.SubElement(parent, "{urn:x}y", z="1")
            etree.SubElement(foreign, "{urn:x}deeper").text = "text"
            parent.insert(0, foreign)

    assert ATOM_GRAMMAR.validate(etree.fromstring(changed(extend)))
