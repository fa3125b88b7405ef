"""The hub with a subscriber that others have written: flask-websub."""

import logging
from collections.abc import Iterator
from pathlib import Path

import flask_websub.subscriber as websub
import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.support.background import serving
from tests.support.hub import ATOM, Site
from tests.support.waiting import wait_for


class Reader:
    """A Flask application with flask-websub, served on this machine."""

    def __init__(self, folder: Path) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.events: list[str] = []
        storage = (
            websub.SQLite3SubscriberStorage(str(folder / "lasting.sqlite3")),
            websub.SQLite3TempSubscriberStorage(str(folder / "waiting.sqlite3")),
        )
        self.subscriber = websub.Subscriber(*storage)
        self.app = Flask("reader")
        self.app.register_blueprint(self.subscriber.build_blueprint(url_prefix="/callbacks"))
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.app.config["SERVER_NAME"] = f"127.0.0.1:{self.server.server_port}"
        self.subscriber.add_listener(lambda topic, _, body: self.told.append((topic, body)))
        self.subscriber.add_success_handler(lambda *words: self.events.append(words[2]))
        self.subscriber.add_error_handler(lambda *words: self.events.append(words[2]))

    def subscribe(self, page: str, **more: str) -> str:
        """Subscribe to the feed of a page or feed; return the id of the subscription."""
        with self.app.app_context():
            # It sends a secret of its own over HTTPS only; to this machine it may do without.
            found = websub.discover(page) | more
            return str(self.subscriber.subscribe(**found))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    reader = Reader(tmp_path)
    with serving(reader.server):
        yield reader


def test_flask_websub_discovers_subscribes_is_told_and_leaves(
    tmp_path: Path, reader: Reader
) -> None:
    site = Site(tmp_path)
    try:
        site.publish("first")
        # From the feed itself, from the home page, from a category's: all lead to the Atom feed.
        for path in (ATOM, "/", "/category/sport/"):
            reader.subscribe(site.topic(path))
        wait_for(lambda: reader.events == ["subscribe"] * 3)
        site.publish("second")
        wait_for(lambda: len(reader.told) == 3)
        category = site.topic("/feeds/category/sport/atom.xml")
        topics = sorted(topic for topic, _ in reader.told)
        assert topics == [site.topic(), site.topic(), category]
        assert all(b"Title-second." in body for _, body in reader.told)
        with reader.app.app_context():
            denied = {"hub_url": site.url, "topic_url": site.topic("/feeds/none.xml")}
            reader.subscriber.subscribe(**denied)
            wait_for(lambda: len(reader.events) == 4)
            assert "no such feed" in reader.events[-1]
    finally:
        site.stop()
