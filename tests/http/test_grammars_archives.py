"""Archives of the Atom feed (RFC 5005): their links, their times, and months that have none."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from lxml import etree

from tests.support.elements import TOMBSTONES
from tests.support.newsroom import SECOND, SITE, Newsroom, SetClock, item
from tests.support.validators import validate_links

pytestmark = pytest.mark.usefixtures("frozen_clock")

# Months without entries, and what looks like a month but is none.
OTHER_MONTHS = (
    "2026/04 2026/07 2026/08 2027/01 2026/00 2026/13 2026/99 0000/00 9999/12 2026/6 2026/006 26/06"
    " 2026/0x 20x6/06 2026/-1 +2026/06 2026/%D9%A0%D9%A6 2026/06%00 2026/%2006 2026/06/05 2026/june"
    " %2e%2e/06 2026/%2e%2e 2026-06/06 1/1"
).split()


def links(client: FlaskClient, path: str) -> dict[str, list[str]]:
    return validate_links(etree.fromstring(client.get(path).data))


def test_archives_link_to_their_neighbours_and_to_the_current_feed(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    dates = ["2014-08-13", "2025-12-31", "2026-01-01", "2026-06-30"]
    newsroom.publish({f"{date}.md": item(date=date) for date in dates})
    archives = [
        f"/feeds/archive/{month}/atom.xml" for month in ("2014/08", "2025/12", "2026/01", "2026/06")
    ]
    for index, archive in enumerate(archives):
        found = links(client, archive)
        for relation, other in (("prev-archive", index - 1), ("next-archive", index + 1)):
            exists = 0 <= other < len(archives)
            expected = [SITE + archives[other]] if exists else []
            assert found.get(relation, []) == expected, archive
        assert found["current"] == [f"{SITE}/feeds/atom.xml"]
    assert links(client, "/feeds/atom.xml")["prev-archive"] == [SITE + archives[-1]]


def test_an_archive_appears_when_its_first_entry_is_due(
    newsroom: Newsroom, client: FlaskClient, set_clock: SetClock
) -> None:
    newsroom.publish({"a.md": item(date="2026-06-30"), "b.md": item(date="2026-07-02")})
    old, new = (f"/feeds/archive/2026/{month}/atom.xml" for month in ("06", "07"))
    due = int(datetime(2026, 7, 1, 21, tzinfo=UTC).timestamp()) * SECOND  # midnight in Moscow
    for now, newest, status in ((due - 1, old, 404), (due, new, 200)):
        set_clock(now)
        assert links(client, "/feeds/atom.xml")["prev-archive"] == [SITE + newest]
        assert client.get(new).status_code == status
        next_archives = links(client, old).get("next-archive", [])
        assert next_archives == ([SITE + new] if status == 200 else [])


def test_an_archive_lists_entries_withdrawn_before_the_utc_offset_changed(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    """In October 2014 Moscow changed its offset for good: the month began with another one."""
    newsroom.publish(
        {
            "a.md": item(date="2014-10-30"),
            "gone.md": item(date="2014-10-01 00:30", status="withdrawn"),
        }
    )
    root = etree.fromstring(client.get("/feeds/archive/2014/10/atom.xml").data)
    assert len(root.findall(f"{TOMBSTONES}deleted-entry")) == 1


@pytest.mark.usefixtures("varied")
@pytest.mark.parametrize("pattern", ["/archive/{}/", "/feeds/archive/{}/atom.xml"])
def test_a_month_without_entries_or_that_does_not_exist_is_not_found(
    client: FlaskClient, pattern: str
) -> None:
    assert client.get(pattern.format("2026/06")).status_code == 200
    statuses = {month: client.get(pattern.format(month)).status_code for month in OTHER_MONTHS}
    assert statuses == dict.fromkeys(OTHER_MONTHS, 404)
