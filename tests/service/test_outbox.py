"""A whole service that tells a search engine and a hub what changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from feedsvc.outbox.state import FILE
from tests.support.newsroom import item
from tests.support.outbox import KEY, Purged, is_learned, pages, purged, topics
from tests.support.service import QUICK, SERVE, Service, page
from tests.support.waiting import wait_for

SITE = "https://news.example"


@contextmanager
def serving(folder: Path, engine: Purged, hub: Purged, *more: str) -> Iterator[Service]:
    settings = (
        f"FEEDSVC_BASE_URL={SITE}",
        "FEEDSVC_OUTGOING__PRIVATE=127.0.0.1",
        f"FEEDSVC_INDEXNOW__KEY={KEY}",
        f"FEEDSVC_INDEXNOW__ENDPOINTS={engine.url}/indexnow",
        f"FEEDSVC_HUB__URL={hub.url}/",
        *more,
    )
    service = Service([*QUICK, *settings, *SERVE], folder)
    try:
        wait_for(lambda: service.get("/readyz")[0] == 200)
        yield service
    finally:
        service.stop()


def told(engine: Purged) -> list[str]:
    return [each.removeprefix(SITE) for request in engine.told for each in pages(request)]


def test_what_changes_is_told_once_and_nothing_of_before(tmp_path: Path) -> None:
    with purged() as engine, purged() as hub:
        with serving(tmp_path, engine, hub) as service:
            assert service.get(f"/{KEY}.txt") == (200, KEY)
        (tmp_path / "entries" / "old.md").write_bytes(item("Old"))
        with serving(tmp_path, engine, hub, "FEEDSVC_INDEXNOW__ENDPOINTS=", "FEEDSVC_HUB__URL="):
            # It was switched off meanwhile.
            assert not (tmp_path / "instance" / FILE).exists()
        with serving(tmp_path, engine, hub) as service:
            wait_for(lambda: is_learned(tmp_path / "instance"))
            soon = (datetime.now() + timedelta(seconds=4)).isoformat(timespec="seconds")  # noqa: DTZ005
            service.entries.joinpath("later.md").write_bytes(item("Later", soon))
            service.entries.joinpath("new.md").write_bytes(item("New"))
            wait_for(lambda: page("new") in told(engine))
            # Only time makes it public.
            wait_for(lambda: page("later") in told(engine))
            service.entries.joinpath("old.md").write_bytes(item("Old", status="withdrawn"))
            wait_for(lambda: page("old") in told(engine))
            wait_for(lambda: bool(hub.told))
            assert f"{SITE}/feeds/atom.xml" in topics(hub.told[0])
            service.kill()
        with serving(tmp_path, engine, hub) as service:
            service.entries.joinpath("last.md").write_bytes(item("Last"))
            wait_for(lambda: page("last") in told(engine))
            assert service.get(page("old"))[0] == 410
        assert sorted(told(engine)) == sorted(map(page, ("last", "later", "new", "old")))
