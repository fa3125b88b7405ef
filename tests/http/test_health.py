"""What operators and load balancers see: health and readiness."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.setting_tables import Replica
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item


@pytest.mark.usefixtures("published")
def test_a_process_that_answers_is_healthy(client: FlaskClient, newsroom: Newsroom) -> None:
    shutil.rmtree(newsroom.settings.instance)
    response = client.get("/healthz")
    assert (response.status_code, response.data) == (200, b"ok\n")
    assert response.headers["Cache-Control"] == "no-cache"


def test_readiness_describes_the_catalogue_and_names_no_entry(
    client: FlaskClient, published: Newsroom
) -> None:
    published.apply({"bad.txt": b"Secret\n", "later.md": item("Secret", date="2999-01-01")})
    published.writer.record_scan("", NOW - 7 * SECOND)
    published.writer.record_scan("vanished", NOW)
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (
        200,
        {
            "ready": True,
            "degraded": "vanished",
            "watch_fault": None,
            "reader_deaths": 0,
            "revision": 2,
            "scan_age": 7.0,
            "copy_age": None,
            "entries": {
                "published": 2,
                "scheduled": 1,
                "draft": 0,
                "withdrawn": 1,
                "expired": 0,
                "removed": 0,
            },
            "problems": {"error": 1, "warning": 0},
        },
    )
    assert response.headers["Cache-Control"] == "no-cache"


def test_without_a_catalogue_the_service_is_not_ready(settings: Settings) -> None:
    empty = replace(settings, instance=settings.instance / "none")
    response = build_app(empty).test_client().get("/readyz")
    assert (response.status_code, response.json) == (503, {"ready": False})
    assert response.headers["Retry-After"] == "2"


@pytest.fixture
def stamp(settings: Settings, newsroom: Newsroom, frozen_clock: None) -> Path:  # noqa: ARG001
    newsroom.publish({"a.md": item()})
    newsroom.writer.record_scan("", NOW)
    return settings.entries / ".stamp"


def readiness(settings: Settings, stamp: Path) -> tuple[int, object, object]:
    replica = Replica(stamp=stamp, max_age=60)
    response = build_app(replace(settings, replica=replica)).test_client().get("/readyz")
    assert response.json
    return response.status_code, response.json["ready"], response.json["copy_age"]


def test_a_replica_is_ready_while_its_files_are_new_enough(settings: Settings, stamp: Path) -> None:
    for age, expected in ((5, 200), (60, 200), (61, 503), (3600, 503)):
        stamp.write_text(f"{NOW // SECOND - age}\n")
        assert readiness(settings, stamp) == (expected, expected == 200, age)
    # The clock of the source is fast.
    stamp.write_text(f"{NOW // SECOND + 30}")
    assert readiness(settings, stamp) == (200, True, 0)


@pytest.mark.parametrize("content", [None, b"", b"today", b"\xff" * 9, b"9" * 1_000_000])
def test_a_replica_without_a_usable_stamp_is_not_ready(
    settings: Settings, stamp: Path, content: bytes | None
) -> None:
    if content is not None:
        stamp.write_bytes(content)
    assert readiness(settings, stamp) == (503, False, None)


def test_a_replica_is_not_ready_before_it_has_looked_through_its_files(
    settings: Settings, stamp: Path, newsroom: Newsroom, set_clock: SetClock
) -> None:
    stamp.write_text(f"{NOW // SECOND}\n")
    set_clock(NOW + SECOND)
    assert readiness(settings, stamp) == (503, False, 1)
    newsroom.writer.record_scan("vanished", NOW + 2 * SECOND)
    assert readiness(settings, stamp) == (503, False, 1)
    newsroom.writer.record_scan("", NOW + 2 * SECOND)
    assert readiness(settings, stamp) == (200, True, 1)
