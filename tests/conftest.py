"""What the tests share: settings, a newsroom that publishes, a client that reads."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.app import build_app
from feedsvc.dates import to_microseconds
from feedsvc.edition import Edition
from feedsvc.pages import html as pages
from feedsvc.parsing import read
from feedsvc.settings import FILE_VARIABLE, Settings, load
from feedsvc.storage.batch import Applied, FileUpdate, prepare
from feedsvc.storage.writer import Writer
from feedsvc.web import document_cache

# Their fixtures are shared by several modules, and the service of one by all of them.
pytest_plugins = ("tests.press_centre", "tests.browsing")

ROOT = Path(__file__).parent.parent
SITE = "https://news.example"
SECOND = 1_000_000
NOW = to_microseconds(datetime(2026, 7, 1, 12, tzinfo=UTC))


def item(title: str = "Title", date: str = "2026-01-01", body: str = "Text.", **keys: str) -> bytes:
    """Write a Markdown entry; JSON's quotation is YAML's as well."""
    front = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in {"title": title, "date": date, **keys}.items()
    )
    return f"---\n{front}---\n\n{body}\n".encode()


class Newsroom:
    """Publishes entry files that need not lie anywhere."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.writer = Writer(settings.instance)
        self._stamps = count(1)

    def update(self, path: str, data: bytes) -> FileUpdate:
        """Read a file, as one that was never seen with this stamp."""
        return prepare(path, str(next(self._stamps)), read(data, path, self.settings))

    def apply(
        self, files: Mapping[str, bytes], gone: Iterable[str] = (), now: int = NOW
    ) -> Applied:
        """Store what the files hold, in the order given."""
        return self.writer.apply([self.update(*file) for file in files.items()], gone, now)

    def publish(self, files: Mapping[str, bytes], now: int = NOW) -> None:
        """Store what the files hold, and let the readers in."""
        self.apply(files, now=now)
        self.writer.finish_first_index()

    def edition(self, now: int = NOW) -> Edition:
        """Give what is public at a moment, whether there may be readers or not."""
        return Edition(self.writer.snapshot(), now)


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
    monkeypatch.setattr(document_cache, "CHECK_EVERY", 0)  # so that a change is seen at once
    return build_app(settings).test_client()


@pytest.fixture
def real_item() -> bytes:
    """Give the press centre's own file that came with the project."""
    return (ROOT / "entries" / "1204713.txt").read_bytes()


def golden(name: str, made: bytes) -> bytes:
    """Give the stored document that a rendered one must equal.

    After a change that is meant, `FEEDSVC_RENEW_GOLDEN=1 make test` stores what is
    made now; `git diff tests/data` then shows what readers will see change.
    """
    path = ROOT / "tests" / "data" / name
    if os.environ.get("FEEDSVC_RENEW_GOLDEN") == "1":
        path.write_bytes(made)
    return path.read_bytes()


def parsed(html: str) -> Any:
    """Parse a page; untyped, for the stubs know lxml's elements but not HTML's."""
    return lxml.html.document_fromstring(html)


# Of the shipped settings: every page has it.
OWN_ICON = pages.own_icon("Пресс-центр района Чертаново Южное", "#0b57a4")


def dangers(html: str) -> list[str]:
    """List what could run or load something in HTML, as a browser would understand it."""
    found = []
    for element in parsed(f"<html><body>{html}</body></html>").iter(etree.Element):
        if element.tag in ("script", "style", "iframe", "object", "embed", "svg", "math", "form"):
            found.append(str(element.tag))
        for name, value in element.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                found.append(name)
            if value == OWN_ICON:
                continue
            if value.strip().lower().startswith(("javascript:", "data:", "vbscript:")):
                found.append(value)
    return found


ATTACKS = (
    "<script>alert(1)</script>",
    "</title></textarea></style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '"><svg onload=alert(1)>',
    "' autofocus onfocus='alert(1)",
    '<iframe src="https://evil.example/"></iframe>',
    "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>@import 'https://evil.example/'</style>",
)


def attacked(attack: str, **keys: str) -> bytes:
    """Write an entry that attacks in every text it has."""
    places = ("author", "categories", "correction", "summary")
    return item(attack, body=f"Text.\n\n{attack}", **dict.fromkeys(places, attack), **keys)
