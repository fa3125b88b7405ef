"""The file by which search engines know that this site itself tells them what changed."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from feedsvc.app import build_app
from feedsvc.desk.app import create_app
from feedsvc.documents import DOCUMENTS
from feedsvc.settings import Settings
from tests.support.newsroom import NOW, Newsroom, SetClock, item
from tests.support.outbox import KEY, queue, with_outbox

ENGINE = "https://yandex.com/indexnow"
HUB = "https://hub.example/"
DESK_KEY = "k" * 24


def client(settings: Settings) -> FlaskClient:
    return build_app(settings).test_client()


def test_the_file_of_the_key_holds_the_key(settings: Settings) -> None:
    found = client(with_outbox(settings, ENGINE)).get(f"/{KEY}.txt")
    assert (found.status_code, found.mimetype, found.text) == (200, "text/plain", KEY)


@pytest.mark.parametrize("path", [f"/{KEY}.txt", "/other.txt", "/.txt"])
def test_without_a_key_and_for_any_other_there_is_no_file(settings: Settings, path: str) -> None:
    assert client(settings).get(path).status_code in (404, 503)
    told = replace(with_outbox(settings, ENGINE), indexnow=replace(settings.indexnow, key="a" * 8))
    assert client(told).get(path).status_code in (404, 503)


def test_the_key_is_a_document_like_others_only_if_there_is_one(
    newsroom: Newsroom, settings: Settings
) -> None:
    (document,) = (each for each in DOCUMENTS if each.name == "indexnow key")
    edition = newsroom.edition()
    assert list(document.paths(edition, settings)) == document.rules(settings) == []
    told = with_outbox(settings, ENGINE)
    assert list(document.paths(edition, told)) == document.rules(told) == [f"/{KEY}.txt"]


def test_only_what_is_in_the_sitemap_or_has_left_it_is_told(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"gone.md": item("Gone"), "stays.md": item("Stays")})
    told = with_outbox(settings, ENGINE)

    def listed() -> set[str]:
        text = client(told).get("/sitemap/2026-1.xml").text
        return {part.partition("<")[0] for part in text.split("<loc>")[1:]}

    before = listed()
    with queue(told) as found:
        found.collect()
        files = {"new.md": item("New"), "gone.md": item("Gone", status="withdrawn")}
        newsroom.publish({**files, "draft.md": item("Draft", status="draft")})
        found.collect()
        assert {told.site + each for each in found.items()} == listed() ^ before


def test_the_desk_says_how_receivers_stand(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock
) -> None:
    set_clock(NOW)
    newsroom.publish({"a.md": item("A")})
    told = with_outbox(settings, ENGINE, "https://www.bing.com/indexnow", hub=HUB)
    told = replace(told, desk=replace(told.desk, port=8001, key=DESK_KEY))
    with queue(told) as found:
        yandex, bing, _ = (each.name for each in found.receivers)
        found.store.record([], {yandex: ["https://news.example/a"]}, NOW)
        found.store.note_failure(yandex, "failed", "получен ответ 503", due=0)
        found.store.record([], {bing: ["https://news.example/a", "https://news.example/b"]}, NOW)
    text = create_app(told, DESK_KEY).test_client().get(f"/desk/{DESK_KEY}/").text
    assert "yandex.com/indexnow: пока не удалось сообщить об адресах: 1 (получен ответ 503)" in text
    assert "www.bing.com/indexnow: в ближайшие минуты будет сообщено ещё об адресах: 2." in text
    assert "hub.example: всё сообщено." in text
    assert (
        "Поисковики"
        not in create_app(settings, DESK_KEY).test_client().get(f"/desk/{DESK_KEY}/").text
    )
