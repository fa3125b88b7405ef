"""The metrics over HTTP: for whoever has their token, and for nobody else."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.cli.desk_text import describe
from feedsvc.desk.app import create_app
from feedsvc.desk.keys import Keys
from feedsvc.settings import Settings
from tests.support.files import fetch
from tests.support.metrics import parsed, with_metrics
from tests.support.newsroom import Newsroom, item

KEY = "k" * 24
TOKEN = Keys(KEY).metrics_token()


@pytest.fixture
def desk(settings: Settings, newsroom: Newsroom) -> FlaskClient:
    newsroom.publish({"a.md": item("A")})
    return create_app(with_metrics(settings), KEY).test_client()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/metrics", {"Authorization": f"Bearer {TOKEN}"}),
        ("/metrics", {"Authorization": f"bearer {TOKEN}"}),
        (f"/metrics/{TOKEN}", {}),
    ],
)
def test_with_the_token_they_are_there(
    desk: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = fetch(desk, path, headers)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "version=0.0.4" in answer.headers["Content-Type"]
    assert parsed(answer.text)['feedsvc_entries{status="published"}'] == 1
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/metrics", None),
        ("/metrics", ""),
        ("/metrics", "Bearer"),
        ("/metrics", TOKEN),
        ("/metrics", "Basic \x00="),
        ("/metrics", "Bearer "),
        ("/metrics", f"Bearer {KEY}"),
        ("/metrics", f"Basic {TOKEN}"),
        ("/metrics", f"Bearer {TOKEN}x"),
        ("/metrics", "Bearer ключ".encode().decode("latin-1")),
        ("/metrics/", f"Bearer {TOKEN}"),
        ("/metrics/x", f"Bearer {TOKEN}"),
        (f"/metrics/{KEY}", None),
        (f"/metrics/{TOKEN[:-1]}", None),
        (f"/metrics/{TOKEN}/", None),
        # The token opens nothing else.
        (f"/desk/{TOKEN}/", None),
        (f"/review/{TOKEN}/a/", None),
    ],
)
def test_without_it_there_is_what_there_is_elsewhere(
    desk: FlaskClient, path: str, given: str | None
) -> None:
    answer = fetch(desk, path, {} if given is None else {"Authorization": given})
    nothing = fetch(desk, "/nothing")
    assert (answer.status_code, answer.data) == (404, nothing.data)
    assert sorted(answer.headers) == sorted(nothing.headers)


def test_where_they_are_not_set_up_there_are_none(settings: Settings, newsroom: Newsroom) -> None:
    newsroom.publish({"a.md": item("A")})
    client = create_app(settings, KEY).test_client()
    assert fetch(client, f"/metrics/{TOKEN}").status_code == 404


def test_without_the_library_the_desk_is_there_and_says_what_to_install(
    settings: Settings,
    newsroom: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    newsroom.publish({"a.md": item("A")})
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client.core", None)
    monkeypatch.delitem(__import__("sys").modules, "feedsvc.metrics.exposition")
    client = create_app(with_metrics(replace(settings, language="en")), KEY).test_client()
    assert "pip install 'feedsvc[metrics]'" in caplog.text
    assert fetch(client, f"/metrics/{TOKEN}").status_code == 404
    assert fetch(client, f"/desk/{KEY}/").status_code == 200


def test_the_command_prints_what_prometheus_needs(settings: Settings) -> None:
    settings = with_metrics(settings)
    link, _, said, *config = describe(settings, KEY)
    assert link == f"http://127.0.0.1:8001/desk/{KEY}/"
    assert "http://127.0.0.1:8001/metrics" in said
    assert TOKEN in config[0]
    assert KEY not in config[0]
    assert list(describe(replace(settings, desk=replace(settings.desk, metrics=False)), KEY)) == [
        link
    ]
