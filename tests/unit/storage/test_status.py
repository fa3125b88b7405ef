from datetime import UTC, datetime

from feedsvc.storage.status import DEGRADED, Scheduled, Status, take_status, watch_fault
from tests.support.catalogue import BAD
from tests.support.newsroom import NOW, SECOND, Newsroom, item


def test_the_status_of_a_new_catalogue_is_empty(newsroom: Newsroom) -> None:
    nothing = dict.fromkeys(
        ("published", "scheduled", "draft", "withdrawn", "expired", "removed"), 0
    )
    assert take_status(newsroom.writer.snapshot(), NOW) == Status(
        revision=0,
        entries=nothing,
        scheduled=(),
        problems={"error": 0, "warning": 0},
        scan_age=None,
        degraded=None,
        watch_fault=None,
        reader_deaths=0,
    )


def test_a_status_sums_up_entries_problems_and_the_last_scan(newsroom: Newsroom) -> None:
    newsroom.apply(
        {
            "a.md": item(nonsense="x"),
            "b.md": BAD,
            "c.md": item("Later", "2026-07-01T12:00:01Z"),
        }
    )
    newsroom.writer.record_scan("", NOW - 7 * SECOND)
    newsroom.writer.record_scan("vanished", NOW)
    newsroom.writer.record_watch_fault("ENOSPC")
    for _ in range(2):
        newsroom.writer.record_reader_death()
    moment = datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC)
    assert take_status(newsroom.writer.snapshot(), NOW) == Status(
        revision=1,
        entries=dict.fromkeys(("draft", "withdrawn", "expired", "removed"), 0)
        | {"published": 1, "scheduled": 1},
        scheduled=(Scheduled("c", "Later", moment),),
        problems={"error": 1, "warning": 1},
        scan_age=7.0,
        degraded="vanished",
        watch_fault="ENOSPC",
        reader_deaths=2,
    )
    assert "vanished" in DEGRADED


def test_a_watch_that_failed_has_its_limit_or_its_name_in_the_text() -> None:
    assert "fs.inotify.max_user_watches" in watch_fault("ENOSPC").text()
    assert "EIO" in watch_fault("EIO").text()


def test_a_scan_that_the_clock_places_in_the_future_has_the_age_0(newsroom: Newsroom) -> None:
    newsroom.writer.record_scan("", NOW + SECOND)
    assert take_status(newsroom.writer.snapshot(), NOW).scan_age == 0
