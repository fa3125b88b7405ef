"""The feed for Dzen: off unless it is set up, and what a site of all kinds of texts has in it."""

from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.app import build_app
from feedsvc.documents import DOCUMENTS
from tests.support.elements import CONTENT, texts
from tests.support.newsroom import SECOND, Newsroom, SetClock, item
from tests.support.validators import validate_dzen
from tests.support.varied_entries import DAY

pytestmark = pytest.mark.usefixtures("frozen_clock")

PATH = "/feeds/dzen.xml"


def dzen(newsroom: Newsroom) -> FlaskClient:
    return build_app(replace(newsroom.settings, dzen="news_only")).test_client()


def test_a_site_that_is_not_set_up_for_dzen_has_no_such_feed(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish({"a.md": item()})
    assert client.get(PATH).status_code == 404
    assert PATH not in client.get("/feeds/").text
    listed = next(each for each in DOCUMENTS if each.rule == PATH)
    assert list(listed.paths(newsroom.edition(), newsroom.settings)) == []
    settings = replace(newsroom.settings, dzen="news")
    assert list(listed.paths(newsroom.edition(), settings)) == [PATH]
    assert PATH in dzen(newsroom).get("/feeds/").text


@pytest.mark.usefixtures("varied")
def test_dzen_gets_texts_of_all_kinds_as_it_takes_them(newsroom: Newsroom) -> None:
    body = "# H\n\na<br>**b** | c\n\n| A | B |\n|---|---|\n| ![x](//i.example/x.png) | `y` |\n\n- z"
    newsroom.apply({"m.md": item("M", date="2026-06-30", body=body, dzen="blogs_only")})
    response = dzen(newsroom).get(PATH)
    assert response.content_type == "application/xml; charset=utf-8"
    root = validate_dzen(response.data)
    assert len(root.findall("*/item")) > 2
    assert set(texts(root, "contentType")) == {"news_only", "blogs_only"}


def test_a_correction_stands_above_the_text(newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item(date="2026-06-30", correction="C.")})
    root = validate_dzen(dzen(newsroom).get(PATH).data)
    (found,) = texts(root, f"{CONTENT}encoded")
    assert found.startswith("<p><b>")
    assert "C.</p>" in found


def test_an_entry_leaves_after_seven_days(newsroom: Newsroom, set_clock: SetClock) -> None:
    published = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * SECOND
    newsroom.publish({"a.md": item("A", date="2026-06-01T00:00:00Z")}, now=published - DAY)
    client = dzen(newsroom)
    for moment, expected in ((7 * DAY - 1, ["A"]), (7 * DAY, [])):
        set_clock(published + moment)
        root = etree.fromstring(client.get(PATH).data)
        assert [each.findtext("title") for each in root.iter("item")] == expected


def test_a_feed_reader_reads_it_whole(newsroom: Newsroom) -> None:
    files = {
        "a.md": item("A & b", date="2026-06-30", body="Q *r*.", author="А. Б."),
        "b.md": item("C", date="2026-06-29", dzen="нет"),
    }
    newsroom.publish(files)
    found = feedparser.parse(dzen(newsroom).get(PATH).data)
    assert not found.bozo
    (entry,) = found.entries
    assert (entry.title, entry.author) == ("A & b", "А. Б.")
    assert entry.contenttype == "news_only"
    assert entry.media_rating == {"scheme": "urn:simple", "content": "nonadult"}
    assert [each.value for each in entry.content] == ["<p>Q <i>r</i>.</p>"]
    assert entry.id.startswith("tag:")
    assert not entry.guidislink
