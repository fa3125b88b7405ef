"""What the tests share: settings, a newsroom that publishes, a client that reads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.settings import FILE_VARIABLE, Settings, load
from feedsvc.web import freshness
from tests.support.newsroom import ROOT, SITE, Newsroom

# Their fixtures are shared by several modules, and the service of one by all of them.
pytest_plugins = ("tests.support.press_centre", "tests.support.browsing")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the shipped settings, with an address and with folders of the test's own."""
    shipped = load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")})
    entries = tmp_path / "entries"
    entries.mkdir()
    return replace(shipped, base_url=SITE, entries=entries, instance=tmp_path / "instance")


@pytest.fixture
def newsroom(settings: Settings) -> Iterator[Newsroom]:
    room = Newsroom(settings)
    yield room
    room.writer.close()


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)  # so that a change is seen at once
    return build_app(settings).test_client()


@pytest.fixture
def real_item() -> bytes:
    """Give the press centre's own file that came with the project."""
    return (ROOT / "entries" / "1204713.txt").read_bytes()
