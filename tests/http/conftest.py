"""A small published site, for the tests of how documents are sent."""

import pytest

from tests.support.http import CHANGED
from tests.support.newsroom import NOW, Newsroom, SetClock, item


@pytest.fixture
def published(newsroom: Newsroom, real_item: bytes, set_clock: SetClock) -> Newsroom:
    """Publish the real item an hour ago, an entry of a category, and one that is gone."""
    set_clock(NOW)
    gone = {"gone.md": item(status="withdrawn", reason="A mistake.")}
    sport = {"sport.md": item("Спорт", date="2014-08-10", categories="Спорт")}
    newsroom.publish({"1204713.txt": real_item, **gone, **sport}, now=CHANGED)
    return newsroom
