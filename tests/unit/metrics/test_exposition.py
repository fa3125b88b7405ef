"""What Prometheus reads: every source, in both formats, and what cannot be read left out."""

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from itertools import product

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from feedsvc.hub.protocol import Asked
from feedsvc.hub.store import Store
from feedsvc.metrics.exposition import render
from feedsvc.metrics.files import CountsFile
from feedsvc.setting_tables import Hub
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.telling.incidents import STATES
from tests.support.metrics import ALERTS, BOARD, counted, names, queried, scraped, with_metrics
from tests.support.newsroom import NOW, ROOT, SECOND, SITE, Newsroom, SetClock, item
from tests.support.outbox import queue, with_outbox
from tests.support.telling import BAD, Office, with_mail


@pytest.fixture
def office(newsroom: Newsroom, settings: Settings, set_clock: SetClock) -> Office:
    """Return an office with metrics, in which there is something of everything."""
    told = with_outbox(with_mail(with_metrics(settings)), "https://engine.example/indexnow")
    told = replace(told, hub=Hub(url="https://hub.example/", port=8002))
    office = Office(newsroom, set_clock, told)
    with queue(told) as found:
        (engine,) = (each.name for each in found.receivers)
        found.store.record([], {engine: [SITE]}, NOW)
        found.store.note_failure(engine, "failed", "", due=0)
    with closing(Store(settings.instance)) as store:
        store.ask(
            Asked("subscribe", f"{SITE}/feeds/atom.xml", "https://reader.example/", None, b"")
        )
    office.put("draft.md", item("Draft", status="draft"))
    office.put("bad.txt", BAD)
    newsroom.writer.record_scan("", NOW)
    CountsFile(settings.instance, counted(3), "en").publish()
    office.step(60 * SECOND)
    return office


def test_everything_is_there_with_its_value(office: Office) -> None:
    series = scraped(office.settings)
    assert series['feedsvc_http_requests_total{cache="miss",code="200",document="home"}'] == 3
    assert series['feedsvc_http_miss_duration_seconds_count{document="home"}'] == 3
    assert series['feedsvc_http_miss_duration_seconds_bucket{document="home",le="0.005"}'] == 0
    assert series['feedsvc_http_miss_duration_seconds_bucket{document="home",le="0.025"}'] == 3
    assert series["feedsvc_catalogue_ready"] == 1
    assert series["feedsvc_catalogue_revision"] == 1
    assert series['feedsvc_entries{status="draft"}'] == 1
    assert series['feedsvc_entries{status="published"}'] == 0
    assert series['feedsvc_problems{severity="error"}'] == 1
    assert series['feedsvc_folder_degraded{reason="closed"}'] == 0
    assert series["feedsvc_watch_fault"] == 0
    assert series["feedsvc_reader_deaths_total"] == 0
    assert series["feedsvc_last_scan_age_seconds"] == 62
    assert series["feedsvc_files_incomplete"] == 0
    assert series["feedsvc_files_incomplete_oldest_age_seconds"] == 0
    assert series["feedsvc_files_kept_back"] == 1
    assert series["feedsvc_files_kept_back_oldest_age_seconds"] == 60
    assert series['feedsvc_mail_deliveries{state="waiting"}'] == 2
    assert series['feedsvc_mail_deliveries{state="refused"}'] == 0
    assert {f'feedsvc_mail_deliveries{{state="{each}"}}' for each in STATES} <= set(series)
    engine = 'receiver="engine.example/indexnow"'
    assert series[f"feedsvc_outbox_queued{{{engine}}}"] == 1
    assert series[f"feedsvc_outbox_oldest_age_seconds{{{engine}}}"] == 62
    assert series[f'feedsvc_outbox_deliveries_total{{outcome="failed",{engine}}}'] == 1
    assert series[f'feedsvc_outbox_deliveries_total{{outcome="accepted",{engine}}}'] == 0
    assert series["feedsvc_mail_waiting_oldest_age_seconds"] == 60
    assert series["feedsvc_hub_subscriptions"] == 0
    assert series["feedsvc_hub_requests_waiting"] == 1
    assert 0 < series["feedsvc_disk_free_bytes"] < series["feedsvc_disk_size_bytes"]


def test_of_a_hub_that_never_ran_there_is_nothing(office: Office) -> None:
    for file in office.settings.instance.glob("hub.sqlite3*"):
        file.unlink()
    found = names(scraped(office.settings))
    assert not {name for name in found if name.startswith("feedsvc_hub")}
    assert "feedsvc_disk_size_bytes" in found


def test_what_is_wrong_with_the_folder_is_there(office: Office) -> None:
    office.newsroom.writer.record_scan("empty", NOW)
    office.newsroom.writer.record_watch_fault("ENOSPC")
    series = scraped(office.settings)
    assert series['feedsvc_folder_degraded{reason="empty"}'] == 1
    assert series['feedsvc_folder_degraded{reason="closed"}'] == 0
    assert series["feedsvc_watch_fault"] == 1


def test_a_scraper_that_prefers_open_metrics_gets_it(office: Office) -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    body, media_type = render(office.settings, Catalogue(office.settings.instance), accept)
    assert media_type.startswith("application/openmetrics-text")
    families = {family.name for family in text_string_to_metric_families(body.decode())}  # type: ignore[no-untyped-call]
    assert {"feedsvc_http_requests", "feedsvc_entries", "feedsvc_mail_deliveries"} <= families


@pytest.mark.parametrize(
    "accept", ["", "*/*", "x" * 100_000, "application/openmetrics-text;;=,\x00"]
)
def test_any_accept_is_answered(office: Office, accept: str) -> None:
    assert render(office.settings, Catalogue(office.settings.instance), accept)[0]


def test_without_a_catalogue_the_rest_is_there(settings: Settings) -> None:
    settings.instance.mkdir()
    series = scraped(with_metrics(settings))
    assert series["feedsvc_catalogue_ready"] == 0
    assert "feedsvc_entries" not in names(series)
    assert series["feedsvc_disk_size_bytes"] > 0


def test_without_a_folder_the_rest_is_there(settings: Settings) -> None:
    settings.instance.touch()  # which is no folder
    series = scraped(with_metrics(settings))
    assert series["feedsvc_catalogue_ready"] == 0
    assert "feedsvc_http_requests_total" not in names(series)


@pytest.mark.parametrize("path", [BOARD, ALERTS], ids=lambda path: path.name)
def test_boards_and_alerts_ask_only_for_what_there_is(office: Office, path: object) -> None:
    assert path in (BOARD, ALERTS)
    asked = queried(BOARD if path == BOARD else ALERTS)
    assert len(asked) > 10
    assert asked - names(scraped(office.settings)) == set()


def test_every_panel_of_the_board_has_a_place_and_a_query() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        area = product(range(place["w"]), range(place["h"]))
        cells = {(place["x"] + x, place["y"] + y) for x, y in area}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["targets"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


LOADED = """
import sys
from feedsvc.app import create_app
create_app()
watching = [name for name in sys.modules if name.startswith(
    ("feedsvc.metrics", "feedsvc.web.observed", "feedsvc.web.access_log", "prometheus_client"))]
assert watching == [], watching
"""


def test_what_is_not_set_up_is_not_loaded(settings: Settings) -> None:
    environ = {"FEEDSVC_ENTRIES": str(settings.entries), "FEEDSVC_INSTANCE": str(settings.instance)}
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
