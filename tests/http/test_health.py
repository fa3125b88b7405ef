"""What operators and load balancers see: health and readiness."""

import shutil
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, SECOND, Newsroom, item


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
