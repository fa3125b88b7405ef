from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feedsvc.cli.status_text import describe
from feedsvc.settings import Settings
from feedsvc.storage.status import DEGRADED, Scheduled, Status, watch_fault

STATUS = Status(
    revision=7,
    entries={
        "published": 1,
        "scheduled": 2,
        "draft": 3,
        "withdrawn": 4,
        "expired": 6,
        "removed": 5,
    },
    scheduled=(Scheduled("later", "Later", datetime(2999, 1, 1, 7, tzinfo=UTC)),),
    problems={"error": 1, "warning": 2},
    scan_age=6.6,
    degraded=None,
    watch_fault=None,
    reader_deaths=0,
)


@pytest.fixture
def english(settings: Settings) -> Settings:
    return replace(settings, language="en")


def test_a_status_is_described_line_by_line(english: Settings) -> None:
    assert list(describe(STATUS, english, writer_alive=True)) == [
        "Entries:",
        "  published: 1",
        "  scheduled: 2",
        "  drafts: 3",
        "  withdrawn: 4",
        "  no longer valid: 6",
        "  removed: 5",
        "    January 1, 2999 10:00\u202fAM: later «Later»",
        "Problems:",
        "  errors: 1",
        "  warnings: 2",
        "Revision of the catalogue: 7",
        "Last successful scan of the folder: 7 s ago",
        "The writer process is running",
    ]


def test_what_is_not_in_order_is_described_last(english: Settings) -> None:
    status = replace(STATUS, scan_age=None, degraded="empty", watch_fault="ENOSPC", reader_deaths=2)
    assert list(describe(status, english, writer_alive=False))[-6:] == [
        "The folder has never been scanned successfully",
        "THE WRITER PROCESS IS NOT RUNNING",
        "Reading processes that died: 2",
        watch_fault("ENOSPC").text(),
        "DEGRADED: the entries folder is empty",
        "No entries are removed. If this was intended: feedsvc sync --accept-removals",
    ]


@pytest.mark.parametrize("code", DEGRADED)
def test_every_reason_for_being_degraded_is_translated(settings: Settings, code: str) -> None:
    status = replace(STATUS, degraded=code)
    *_, reason, _ = describe(status, replace(settings, language="ru"), writer_alive=True)
    assert DEGRADED[code] not in reason
