"""The press centre in every state, asked through Flask's test client: no process, no port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedsvc import clock
from feedsvc.app import build_app
from feedsvc.dates import to_microseconds
from feedsvc.search.indexer import Indexer
from feedsvc.settings import FILE_VARIABLE, load
from feedsvc.storage.changes import Changes
from feedsvc.storage.writer import Writer
from feedsvc.sync.scanner import Scan
from tests.support.newsroom import ROOT, SITE
from tests.support.press_entries import fill
from tests.support.reads import read_all
from tests.support.states import Site, State

# Later than every entry of the press centre.
NOW = to_microseconds(datetime(2026, 12, 1, 12, tzinfo=UTC))


class LocalPressCentre:
    """The applications of all three sites."""

    def __init__(self, clients: dict[Site, FlaskClient]) -> None:
        self._clients = clients

    def url(self, state: State) -> str:
        """Return the canonical address of a state."""
        return SITE + state.path

    @cache  # noqa: B019 - there is one for all tests
    def ask(self, state: State) -> TestResponse:
        """Request a state, once."""
        return self._clients[state.site].open(state.path, method=state.method)

    def html(self, state: State) -> str:
        """Return the HTML of a state."""
        return self.ask(state).text


@contextmanager
def local_press_centre(folder: Path) -> Iterator[LocalPressCentre]:
    """Build the applications of all three sites, each in a folder of its own below `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: NOW)
        yield LocalPressCentre({site: _client(site, folder / site.value) for site in Site})


def _client(site: Site, folder: Path) -> FlaskClient:
    (folder / "entries").mkdir(parents=True)
    settings = replace(
        load({FILE_VARIABLE: str(ROOT / "feedsvc.toml")}),
        base_url=SITE,
        entries=folder / "entries",
        instance=folder / "instance",
    )
    if site is Site.UNREADY:
        return build_app(settings).test_client()
    if site is Site.FULL:
        fill(settings.entries)
    files = sorted(Scan(settings.entries), key=lambda file: file.path)
    writer = Writer(settings.instance)
    writer.apply(read_all(files, settings), (), NOW)
    writer.apply((), ["removed.md"] if site is Site.FULL else [], NOW)
    writer.finish_first_index()
    indexer = Indexer(settings.instance, settings.language)
    while indexer.advance(Changes(writer.snapshot(), NOW)):
        pass
    indexer.close()
    writer.close()
    return build_app(settings).test_client()
