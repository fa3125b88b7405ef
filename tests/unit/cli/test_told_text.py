"""The command `status`: who is told what changed, and how far."""

import json
from dataclasses import replace
from pathlib import Path

from feedsvc.cli.told_text import Told, told
from feedsvc.outbox.state import ReceiverState
from feedsvc.purging.follower import Follower
from feedsvc.purging.process import SETTLE
from feedsvc.purging.progress import Progress
from feedsvc.purging.receivers import receivers
from feedsvc.setting_tables import Purge
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from tests.support.commands import run
from tests.support.newsroom import NOW, SECOND, Newsroom, item
from tests.support.outbox import KEY, queue, with_outbox
from tests.support.purged import purged


def test_what_is_not_set_up_is_not_mentioned(newsroom: Newsroom, settings: Settings) -> None:
    found = told(settings, newsroom.writer.snapshot())
    assert (found.as_json(), list(found.describe("en", NOW))) == ({}, [])


def test_receivers_are_described_with_what_waits_and_why() -> None:
    knows = ReceiverState("yandex.com/indexnow", 0, 0, 0, 0, "old fault", 5, {})
    waits = ReceiverState("hub.example", 3, NOW - 90 * SECOND, 0, 2, "it is away", 0, {})
    soon = waits._replace(fault="")
    assert list(Told((knows, waits, soon)).describe("en", NOW)) == [
        "Search engines and hubs:",
        "  yandex.com/indexnow knows everything",
        "  hub.example is to be told of 3 addresses, for 90 s (it is away)",
        "  hub.example is to be told of 3 addresses, for 90 s",
    ]


def test_caches_are_described_as_they_stand(newsroom: Newsroom, settings: Settings) -> None:
    newsroom.publish({"a.md": item("A")})
    with purged() as cache:
        settings = replace(settings, purge=Purge(urls=(f"{cache.url}/",)))
        (receiver,) = receivers(settings)

        def lines() -> list[str]:
            return list(told(settings, newsroom.writer.snapshot()).describe("en", NOW))

        assert lines() == ["Caches in front:", f"  {cache.url} does not know the last changes yet"]
        progress = Progress(settings.instance, frozenset())
        catalogue = Catalogue(settings.instance)
        follower = Follower(receiver, SETTLE, catalogue, progress, "")
        for second in range(3):
            follower.step(second)
        assert lines() == ["Caches in front:", f"  {cache.url} knows everything"]
        newsroom.publish({"b.md": item("B")})
        assert lines() == ["Caches in front:", f"  {cache.url} does not know the last changes yet"]
        for second in range(3, 6):
            follower.step(second)
        assert lines() == ["Caches in front:", f"  {cache.url} knows everything"]


def test_the_command_says_so_to_people_and_programs(
    newsroom: Newsroom, settings: Settings, tmp_path: Path
) -> None:
    newsroom.publish({"a.md": item("A")})
    with queue(with_outbox(settings, "https://yandex.com/indexnow")) as found:
        (engine,) = (each.name for each in found.receivers)
        found.store.record([], {engine: ["https://news.example/a"]}, NOW)
    environ = {"FEEDSVC_INDEXNOW__KEY": KEY, "FEEDSVC_BASE_URL": "https://news.example"}
    environ["FEEDSVC_INDEXNOW__ENDPOINTS"] = engine
    text = run(tmp_path, "status", **environ).stdout
    assert "  yandex.com/indexnow: осталось сообщить об адресах: 1, ждут " in text
    (state,) = json.loads(run(tmp_path, "status", "--format", "json", **environ).stdout)["outbox"]
    assert (state["name"], state["queued"]) == ("yandex.com/indexnow", 1)
