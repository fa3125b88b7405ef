"""The purging process, as the writer starts it, and how it bears a cache that is away."""

import logging
from dataclasses import replace
from itertools import pairwise

import pytest

from feedsvc.companions import Companion
from feedsvc.purging.batch import Batch
from feedsvc.purging.follower import Follower
from feedsvc.purging.process import LOCK, Teller
from feedsvc.purging.progress import Progress
from feedsvc.purging.receivers import receivers
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.loading import loaded_by_a_service
from tests.support.newsroom import Newsroom, item
from tests.support.purged import Purged
from tests.support.waiting import wait_for


def test_if_no_cache_is_told_nothing_is_loaded() -> None:
    assert loaded_by_a_service("feedsvc.purging") == []


def test_it_tells_each_cache_again_later_and_goes_on_after_it_was_killed(
    newsroom: Newsroom, settings: Settings, cache: Purged
) -> None:
    newsroom.publish({"a.md": item("A")})
    purge = Purge(urls=(f"{cache.url}/one", f"{cache.url}/two"), again=(1,))
    companion = Companion("feedsvc.purging.process", replace(settings, purge=purge))
    try:
        companion.ensure()
        # Of each cache, at once and a second later.
        cache.wait(4)
        newsroom.publish({"a.md": item("A", status="withdrawn")})
        told = cache.wait(8)
        assert sorted(each.path for each in told) == ["/one"] * 4 + ["/two"] * 4
        assert cache.key_sets()[4:] == [{"list", "entry-a"}] * 4
        companion.close()
        newsroom.publish({"b.md": item("B")})
        companion.ensure()
        cache.wait(12)
        assert all("entry-b" in keys for keys in cache.key_sets()[8:])
    finally:
        companion.close()


def test_an_instance_folder_that_cannot_be_written_ends_it_with_one_line(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.instance.write_bytes(b"")
    companion = Companion("feedsvc.purging.process", replace(settings, purge=Purge(command=("x",))))
    try:
        companion.ensure()
        child = companion._child  # noqa: SLF001 - to wait for it
        assert child is not None
        assert child.wait(30) == 1
    finally:
        companion.close()
    log = capfd.readouterr().err
    assert LOCK in log
    assert "Traceback" not in log


def test_a_cache_that_is_away_is_asked_less_and_less_often_and_named_once(
    newsroom: Newsroom, settings: Settings, cache: Purged, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    newsroom.publish({"a.md": item("A")})
    purge = Purge(
        urls=(f"{cache.url}/service/hidden/purge",), secret_header="Key", secret="hidden-too"
    )
    (receiver,) = receivers(replace(settings, purge=purge))
    progress = Progress(settings.instance, frozenset())
    catalogue = Catalogue(settings.instance)
    followers = [Follower(receiver, delay, catalogue, progress, "") for delay in (0, 5)]
    teller = Teller(receiver, followers, "ru")
    cache.answer = lambda _: (503, {})
    asked = []
    for second in range(400):
        before = len(cache.told)
        teller.step(float(second))
        asked += [second] * (len(cache.told) - before)
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses[0] <= 2
    assert all(47 <= pause <= 73 for pause in pauses[7:])
    cache.answer = lambda _: (429, {"Retry-After": "1000"})
    teller.step(500.0)
    cache.answer = lambda _: (200, {})
    count = len(cache.told)
    teller.step(1499.0)
    assert len(cache.told) == count
    for second in range(1500, 1510):
        teller.step(float(second))
    assert cache.key_sets()[count:] == [{"all"}, {"all"}]
    assert not teller.is_away
    assert [record.getMessage() for record in caplog.records] == [
        f"{cache.url}: не удаётся сообщить об изменениях, там могут остаться старые новости:"
        f" получен ответ {status}"
        for status in (503, 429)
    ] + [f"{cache.url}: сообщения об изменениях снова доходят"]
    assert "hidden" not in caplog.text


def test_a_cache_that_hangs_keeps_no_other_waiting(
    newsroom: Newsroom, settings: Settings, cache: Purged
) -> None:
    newsroom.publish({"a.md": item("A")})
    purge = Purge(urls=(f"{cache.url}/",), command=("sleep", "60"), again=())
    companion = Companion("feedsvc.purging.process", replace(settings, purge=purge))
    try:
        companion.ensure()
        cache.wait(1)
        newsroom.publish({"b.md": item("B")})
        cache.wait(2)
        wait_for(lambda: {"list", "entry-b"} in cache.key_sets())
    finally:
        companion.close()


def test_a_batch_without_anything_for_a_cache_is_no_request(
    settings: Settings, cache: Purged
) -> None:
    purge = Purge(urls=(f"{cache.url}{{path}}",))
    (receiver,) = receivers(replace(settings, purge=purge))
    assert receiver.messages(Batch(("all",), ())) == []
