"""What the formats of aggregators have in common."""

from dataclasses import replace

import pytest
from lxml import etree

from feedsvc.dates import to_microseconds
from feedsvc.feeds import aggregated
from feedsvc.model import Entry
from tests.support.elements import only, text
from tests.support.feeds import ENTRY, feed, publish
from tests.support.newsroom import Newsroom


@pytest.mark.parametrize("name", ["yandex.xml", "dzen.xml"])
def test_the_oldest_items_are_left_out_of_what_would_be_too_large(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def items(*entries: Entry) -> list[etree._Element]:
        publish(newsroom, *entries)
        rendered = feed(newsroom, name, to_microseconds(ENTRY.updated), dzen="news")
        return only(etree.fromstring(rendered), "channel").findall("item")

    found = items(*(replace(ENTRY, id=name, title=name) for name in "abc"))
    assert [text(each, "title") for each in found] == ["c", "b", "a"]
    size = len(etree.tostring(found[0], encoding="UTF-8"))
    monkeypatch.setattr(aggregated, "MAX_SIZE", 2 * size)
    assert [text(each, "title") for each in items()] == ["c", "b"]
