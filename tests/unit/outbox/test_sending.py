"""Sending: in one request what is due, and what each answer leads to."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import pairwise

import pytest

from feedsvc.outbox.receivers import TEN_MINUTES, SearchEngine
from feedsvc.outbox.sending import Sender
from feedsvc.outbox.state import FILE, OUTCOMES, SCHEMA, ReceiverState, label, receiver_states
from feedsvc.outbox.store import GIVEN_UP
from feedsvc.outgoing import Client
from feedsvc.setting_tables import Hub
from feedsvc.settings import Settings
from tests.support.listening import listening
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock, item
from tests.support.outbox import (
    KEY,
    LOOPBACK,
    Purged,
    Queue,
    pages,
    purged,
    queue,
    topics,
    with_outbox,
)
from tests.support.ports import free_port
from tests.support.service import page

MINUTE = 60 * SECOND


class Desk:
    """A queue, and its senders; time passes only when it is told to."""

    def __init__(self, newsroom: Newsroom, found: Queue, set_clock: SetClock) -> None:
        self.newsroom = newsroom
        self.queue = found
        self.set_clock = set_clock
        self.now = NOW
        self._runner = asyncio.Runner()
        self._client = Client(LOOPBACK.private, kept=0.0)
        self._runner.run(self._client.__aenter__())
        self._begin()

    def _begin(self) -> None:
        self._senders = [
            Sender(each, self.queue.store, self._client, "ru") for each in self.queue.receivers
        ]

    def restart(self) -> None:
        self.queue.restart()
        self._begin()

    def put(self, name: str, **keys: str) -> None:
        self.set_clock(self.now)
        self.newsroom.publish({f"{name}.md": item(**{"title": name, **keys})}, now=self.now)
        self.queue.collect()

    def step(self, later: int = 10 * SECOND) -> None:
        """Let time pass, in microseconds, and all senders work."""
        self.now += later
        self.set_clock(self.now)
        self.queue.collect()
        for sender in self._senders:
            self._runner.run(sender.step())

    def close(self) -> None:
        self._runner.run(self._client.__aexit__(None, None, None))
        self._runner.close()

    def states(self) -> list[ReceiverState]:
        return receiver_states(self.queue.settings.instance)

    def outcomes(self) -> dict[str, int]:
        return {name: number for name, number in self.states()[0].outcomes.items() if number}


@pytest.fixture
def engine() -> Iterator[Purged]:
    with purged() as server:
        yield server


@pytest.fixture
def desk(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock, engine: Purged
) -> Iterator[Desk]:
    """Return the queue of one search engine."""
    set_clock(NOW)
    newsroom.publish({"old.md": item("Old")})
    with queue(with_outbox(settings, f"{engine.url}/indexnow")) as found:
        found.collect()
        with closing(Desk(newsroom, found, set_clock)) as desk:
            yield desk


def paths(desk: Desk, engine: Purged) -> list[list[str]]:
    """Return the paths of each request."""
    site = desk.queue.settings.site
    return [[each.removeprefix(site) for each in pages(told)] for told in engine.told]


def test_a_search_engine_is_told_in_the_documented_form(desk: Desk, engine: Purged) -> None:
    desk.put("a")
    desk.put("b")
    desk.step(0)
    assert not engine.told
    desk.step()
    (told,) = engine.told
    assert (told.method, told.path) == ("POST", "/indexnow")
    assert told.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(told.body) == {
        "host": "news.example",
        "key": KEY,
        "keyLocation": f"https://news.example/{KEY}.txt",
        "urlList": [f"https://news.example{page(each)}" for each in "ab"],
    }
    desk.step()
    assert len(engine.told) == 1
    assert desk.outcomes() == {"accepted": 1}


def test_more_addresses_than_one_request_may_name_go_in_the_next(
    desk: Desk, engine: Purged
) -> None:
    site = desk.queue.settings.site
    addresses = [f"{site}{page(f'{number:05}')}" for number in range(10_001)]
    desk.queue.store.record([], {desk.queue.receivers[0].name: addresses}, desk.now)
    desk.step()
    assert pages(engine.told[0]) == addresses[:10_000]
    desk.step()
    assert pages(engine.told[1]) == addresses[10_000:]
    assert desk.outcomes() == {"accepted": 2}
    desk.step()
    assert len(engine.told) == 2


def test_no_address_is_sent_twice_within_ten_minutes_and_the_last_change_is(
    desk: Desk, engine: Purged
) -> None:
    desk.put("a")
    desk.step()
    first = desk.now
    for number in range(7):
        desk.put("a", title=f"Title {number}")
        desk.step(80 * SECOND)
    desk.put("b")
    desk.step()
    assert paths(desk, engine) == [[page("a")], [page("b")]]
    desk.step(first + TEN_MINUTES - SECOND - desk.now)
    assert len(engine.told) == 2
    desk.step(2 * SECOND)
    assert paths(desk, engine)[2:] == [[page("a")]]
    desk.step(TEN_MINUTES)
    assert len(engine.told) == 3


def test_what_changes_while_it_is_sent_is_sent_again(desk: Desk, engine: Purged) -> None:
    desk.put("a")
    desk.now += 5 * SECOND
    desk.set_clock(desk.now)
    store = desk.queue.store
    (name,) = (each.name for each in desk.queue.receivers)
    taken = store.take(name, 10, before=desk.now, rest=TEN_MINUTES, now=desk.now)
    desk.put("a", title="New")
    store.close_sent(name, "accepted", due=desk.now, now=desk.now)
    assert taken == [f"https://news.example{page('a')}"]
    desk.step(TEN_MINUTES - SECOND)
    assert not engine.told
    desk.step()
    assert paths(desk, engine) == [[page("a")]]


def test_after_an_outage_there_is_one_request_with_the_latest_of_each_address(
    desk: Desk, engine: Purged, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    engine.answer = lambda _: (503, {})
    attempts = []
    for number in range(200):
        desk.put(f"news-{number % 20}", title=f"Title {number}")
        before = len(engine.told)
        desk.step(MINUTE)
        attempts += [desk.now] * (len(engine.told) - before)
    pauses = [(later - earlier) // SECOND for earlier, later in pairwise(attempts)]
    assert pauses[0] == 60
    assert all(1440 <= pause <= 2220 for pause in pauses[9:])
    assert len(pauses) < 16
    count = len(engine.told)
    engine.answer = lambda _: (202, {})
    for _ in range(45):
        desk.step(MINUTE)
    (told,) = paths(desk, engine)[count:]
    assert sorted(told) == sorted(page(f"news-{each}") for each in range(20))
    name = label(engine.url + "/indexnow")
    assert [record.getMessage() for record in caplog.records] == [
        f"{name}: не удаётся сообщить об изменениях: получен ответ 503",
        f"{name}: сообщения об изменениях снова доходят",
    ]


@pytest.mark.parametrize(
    ("status", "outcome", "least"), [(429, "limited", 60), (403, "forbidden", 600)]
)
def test_who_says_that_it_is_too_much_or_takes_no_key_is_left_alone(
    desk: Desk, engine: Purged, status: int, outcome: str, least: int
) -> None:
    engine.answer = lambda _: (status, {})
    desk.put("a")
    desk.step()
    engine.answer = lambda _: (200, {})
    desk.step((least - 1) * SECOND)
    assert len(engine.told) == 1
    desk.step(2 * SECOND)
    assert desk.outcomes() == {"accepted": 1, outcome: 1}


def test_retry_after_is_kept_even_by_the_next_process(desk: Desk, engine: Purged) -> None:
    engine.answer = lambda _: (429, {"Retry-After": "1000"})
    desk.put("a")
    desk.step()
    engine.answer = lambda _: (200, {})
    desk.restart()
    desk.step(999 * SECOND)
    assert len(engine.told) == 1
    desk.step(2 * SECOND)
    assert len(engine.told) == 2


def test_another_key_is_tried_at_once(desk: Desk, engine: Purged) -> None:
    engine.answer = lambda _: (403, {})
    desk.put("a")
    desk.step()
    settings = desk.queue.settings
    object.__setattr__(settings.indexnow, "key", "another-key")
    desk.restart()
    desk.step(SECOND)
    assert json.loads(engine.told[1].body)["key"] == "another-key"


@pytest.mark.parametrize("status", [502, 504])
def test_what_a_server_in_front_lost_has_perhaps_arrived(
    desk: Desk, engine: Purged, status: int
) -> None:
    engine.answer = lambda _: (status, {})
    desk.put("a")
    desk.step()
    engine.answer = lambda _: (200, {})
    desk.step(TEN_MINUTES - SECOND)
    assert len(engine.told) == 1
    desk.step(2 * SECOND)
    assert desk.outcomes() == {"accepted": 1, "unconfirmed": 1}


@pytest.mark.parametrize("status", [400, 422])
def test_what_is_refused_for_good_is_not_sent_again_and_keeps_nothing_waiting(
    desk: Desk, engine: Purged, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    engine.answer = lambda _: (status, {})
    desk.put("a")
    desk.step()
    assert [(each.queued, each.told) for each in desk.states()] == [(0, 0)]
    engine.answer = lambda _: (200, {})
    desk.put("b")
    desk.step()
    desk.step(TEN_MINUTES)
    assert paths(desk, engine) == [[page("a")], [page("b")]]
    assert desk.outcomes() == {"accepted": 1, "refused": 1}
    assert desk.states()[0].told
    assert f"получен ответ {status}" in caplog.text


def test_a_redirect_is_not_followed(desk: Desk, engine: Purged) -> None:
    engine.answer = lambda _: (307, {"Location": f"{engine.url}/elsewhere"})
    desk.put("a")
    desk.step()
    assert len(engine.told) == 1
    assert desk.outcomes() == {"failed": 1}


def test_who_is_not_reached_is_tried_again_soon_who_may_have_got_it_after_ten_minutes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchEngine.request
    nobody = f"http://127.0.0.1:{free_port()}/"
    monkeypatch.setattr(SearchEngine, "request", _elsewhere(request, nobody))
    desk.put("a")
    desk.step()
    desk.step(8 * SECOND)
    assert desk.outcomes() == {"unreachable": 2}
    (state,) = desk.states()
    assert (state.queued, state.failures, state.fault) == (1, 2, "в соединении отказано")
    with listening(lambda connection, _: connection.close()) as server:
        monkeypatch.setattr(SearchEngine, "request", _elsewhere(request, server.url))
        desk.step(MINUTE)
        assert desk.outcomes() == {"unreachable": 2, "unconfirmed": 1}
        desk.step(TEN_MINUTES - SECOND)
        assert len(server.requests) == 1
        desk.step(2 * SECOND)
        assert len(server.requests) == 2


def _elsewhere(request: Callable[..., object], url: str) -> Callable[..., object]:
    def changed(self: SearchEngine, addresses: list[str]) -> object:
        made = request(self, addresses)
        object.__setattr__(made, "url", url)
        return made

    return changed


def test_what_was_being_sent_when_the_process_was_killed_is_sent_after_ten_minutes(
    desk: Desk, engine: Purged
) -> None:
    desk.put("a")
    desk.now += 5 * SECOND
    store = desk.queue.store
    (name,) = (each.name for each in desk.queue.receivers)
    assert store.take(name, 10, before=desk.now, rest=TEN_MINUTES, now=desk.now)
    desk.set_clock(desk.now)
    desk.restart()
    desk.step(TEN_MINUTES - SECOND)
    assert not engine.told
    desk.step(2 * SECOND)
    assert paths(desk, engine) == [[page("a")]]


def test_what_nobody_takes_for_days_is_given_up(desk: Desk, engine: Purged) -> None:
    engine.answer = lambda _: (500, {})
    desk.put("a")
    desk.step()
    desk.step(GIVEN_UP)
    desk.put("b")
    engine.answer = lambda _: (200, {})
    desk.step()
    assert paths(desk, engine)[1:] == [[page("b")]]
    assert desk.outcomes() == {"accepted": 1, "expired": 1, "failed": 1}


def test_a_clock_that_was_set_back_keeps_nothing_waiting_for_long(
    desk: Desk, engine: Purged
) -> None:
    engine.answer = lambda _: (500, {})
    desk.put("a")
    desk.step()
    desk.put("b")
    engine.answer = lambda _: (200, {})
    desk.now -= 100 * 24 * 60 * MINUTE
    desk.step()
    desk.step(TEN_MINUTES)
    desk.now += 200 * 24 * 60 * MINUTE
    desk.put("c")
    desk.step(TEN_MINUTES)
    assert paths(desk, engine)[-1] == [page("c")]
    assert desk.states()[0].queued == 0


def test_a_hub_is_told_which_feeds_to_fetch(
    newsroom: Newsroom, settings: Settings, set_clock: SetClock, engine: Purged
) -> None:
    set_clock(NOW)
    newsroom.publish({})
    with queue(with_outbox(settings, hub=f"{engine.url}/?secret=1")) as found, ExitStack() as stack:
        found.collect()
        desk = stack.enter_context(closing(Desk(newsroom, found, set_clock)))
        desk.put("a", categories="Sport")
        engine.answer = lambda _: (204, {})
        desk.step()
        (told,) = engine.told
        assert told.body.startswith(b"hub.mode=publish&hub.url=https%3A%2F%2Fnews.example%2F")
        assert "https://news.example/feeds/category/sport/atom.xml" in topics(told)
        assert len(topics(told)) == 7
        # At once again.
        desk.put("b")
        desk.step()
        assert len(engine.told) == 2
        (state,) = desk.states()
    assert "secret" not in label(state.name)


def test_our_own_hub_follows_the_catalogue_itself(settings: Settings) -> None:
    assert with_outbox(settings, hub="https://news.example/hub").foreign_hub == ""
    assert with_outbox(settings, hub="https://news.example.org/hub").foreign_hub
    ours = replace(settings, hub=Hub(url="https://hub.example/", port=8002))
    assert ours.foreign_hub == ""


def test_there_are_no_states_without_a_queue_or_with_a_damaged_one(settings: Settings) -> None:
    assert receiver_states(settings.instance) == []
    settings.instance.mkdir()
    path = settings.instance / FILE
    path.write_bytes(b"no database" * 1000)
    assert receiver_states(settings.instance) == []
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA.version}")
        connection.execute("CREATE TABLE state AS SELECT 1 AS complete")
    assert receiver_states(settings.instance) == []


def test_every_outcome_is_counted_from_nothing(desk: Desk) -> None:
    (state,) = desk.states()
    assert state.outcomes == dict.fromkeys(OUTCOMES, 0)
