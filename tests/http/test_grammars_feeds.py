"""Feeds, as they are served, against their specifications and what readers require."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc import urls
from feedsvc.app import build_app
from feedsvc.feeds import FOR_READERS
from feedsvc.web import freshness
from tests.support.elements import ATOM, texts
from tests.support.files import picture
from tests.support.newsroom import ROOT, SITE, Newsroom, item
from tests.support.validators import VALIDATORS, validate_atom

pytestmark = pytest.mark.usefixtures("frozen_clock")

ATOM_PATHS = (
    "/feeds/atom.xml",
    "/feeds/category/sport/atom.xml",
    "/feeds/archive/2026/06/atom.xml",
    "/feeds/archive/2026/05/atom.xml",
    "/feeds/archive/1901/05/atom.xml",
)


@pytest.mark.usefixtures("varied")
def test_every_atom_document_follows_its_grammar(client: FlaskClient) -> None:
    for path in ATOM_PATHS:
        root = validate_atom(client.get(path).data, SITE + path)
        assert len(root.findall(f"{ATOM}entry")) > 0, path


@pytest.mark.usefixtures("varied")
@pytest.mark.parametrize("name", FOR_READERS)
def test_every_feed_follows_its_rules(client: FlaskClient, name: str) -> None:
    for slug in (None, "sport"):
        path = urls.feed_path(name, slug)
        VALIDATORS[name](client.get(path).data, SITE + path)


def test_a_feed_without_entries_follows_its_rules(newsroom: Newsroom, client: FlaskClient) -> None:
    newsroom.publish({"draft.md": item(status="draft")})
    for name in FOR_READERS:
        path = urls.feed_path(name)
        VALIDATORS[name](client.get(path).data, SITE + path)


def test_a_feed_of_a_site_with_logos_and_a_contact_follows_its_rules(
    varied: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "CHECK_EVERY", 0)
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture((4, 3), "PNG"))
    settings = replace(
        varied.settings, icon=logo, logo=logo, logo_square=logo, contact="press@news.example"
    )
    client = build_app(settings).test_client()
    for name in FOR_READERS:
        path = urls.feed_path(name)
        body = client.get(path).data
        VALIDATORS[name](body, SITE + path)
        assert b"/logo/logo" in body, name
        assert name == "feed.json" or b"press@news.example" in body, name


@pytest.mark.usefixtures("varied")
def test_a_delta_follows_the_rules_of_its_feed(client: FlaskClient) -> None:
    for name in FOR_READERS:
        path = urls.feed_path(name)
        tag = client.get(path).headers["ETag"].strip('"')
        # The tag of a client that has all but the first entry: a digest, and four bytes for each.
        data = urlsafe_b64decode(tag + "=" * (-len(tag) % 4))
        known = urlsafe_b64encode(data[:12] + data[16:]).decode().rstrip("=")
        response = client.get(path, headers={"A-IM": "feed", "If-None-Match": f'"{known}"'})
        assert response.status_code == 226, name
        VALIDATORS[name](response.data, SITE + path)
        if name == "atom.xml":
            assert texts(etree.fromstring(response.data)[-1], f"{ATOM}title") == ["A & <b>"]


def schema_errors(feed: object) -> list[str]:
    """Return the errors that the schema of JSON Feed finds."""
    schema = json.loads((ROOT / "tests" / "data" / "jsonfeed.schema.json").read_bytes())
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    return [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(feed)]


@pytest.mark.usefixtures("varied")
def test_json_feed_follows_its_schema(client: FlaskClient) -> None:
    for slug in (None, "sport"):
        feed = json.loads(client.get(urls.feed_path("feed.json", slug)).data)
        assert schema_errors(feed) == []
        assert any("attachments" in each for each in feed["items"])


def test_a_json_feed_without_entries_follows_its_schema(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    newsroom.publish({})
    assert schema_errors(json.loads(client.get("/feeds/feed.json").data)) == []


MISTAKES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a wrong version": lambda feed: feed.update(version="1.1"),
    "no title": lambda feed: feed.pop("title"),
    "an unknown extension": lambda feed: feed.update(_own={}),
    "a relative address": lambda feed: feed.update(feed_url="/feeds/feed.json"),
    "an id that is a number": lambda feed: feed["items"][0].update(id=1),
    "no content": lambda feed: feed["items"][0].pop("content_html"),
    "a date without time": lambda feed: feed["items"][0].update(date_published="2026-01-01"),
    "an empty summary": lambda feed: feed["items"][0].update(summary=""),
    "an attachment without type": lambda feed: feed["items"][0].update(attachments=[{"url": SITE}]),
    "a tag twice": lambda feed: feed["items"][0].update(tags=["a", "a"]),
}


@pytest.mark.usefixtures("varied")
def test_the_schema_of_json_feed_finds_every_mistake(client: FlaskClient) -> None:
    data = client.get("/feeds/feed.json").data
    for mistake, change in MISTAKES.items():
        feed = json.loads(data)
        change(feed)
        assert schema_errors(feed) != [], mistake
