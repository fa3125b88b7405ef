"""The whole service, under each server, as processes that can be killed."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.newsroom import item
from tests.support.service import QUICK, SERVERS, Service
from tests.support.waiting import wait_for


@pytest.fixture(scope="module", params=SERVERS)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Return a running service of each server, which all tests share."""
    running = Service([*QUICK, *SERVERS[request.param]], tmp_path_factory.mktemp("service"))
    try:
        wait_for(lambda: running.get("/")[0] == 200)
        yield running
    finally:
        running.stop()


def test_a_new_file_is_in_both_feeds_within_a_few_seconds(service: Service) -> None:
    (service.entries / "a.md").write_bytes(item("Свежая новость"))
    wait_for(lambda: service.shows("Свежая новость"), 30)
    (service.entries / "b.md").write_bytes(b"broken")
    (service.entries / "c.md").write_bytes(item("Ещё одна"))
    wait_for(lambda: service.shows("Ещё одна"), 30)
    assert service.shows("Свежая новость")


def has_another_writer(service: Service, killed: int) -> bool:
    return service.writers() not in ([], [killed])


def test_there_is_one_writer_and_when_it_is_killed_another_takes_over(service: Service) -> None:
    wait_for(lambda: len(service.writers()) == 1)
    for number in range(3):
        (killed,) = service.writers()
        os.kill(killed, signal.SIGKILL)
        wait_for(partial(has_another_writer, service, killed))
        (service.entries / f"{number}.md").write_bytes(item(f"Новость номер {number}"))
        wait_for(partial(service.shows, f"Новость номер {number}"), 30)
        assert len(service.writers()) == 1


def test_when_the_worker_that_started_the_writer_is_killed_the_news_goes_on(
    service: Service,
) -> None:
    wait_for(lambda: len(service.writers()) == 1)
    (writer,) = service.writers()
    victim = int(Path(f"/proc/{writer}/stat").read_text().rpartition(")")[2].split()[1])
    if victim == service.process.pid:
        # Here the master itself started it, and killing that ends the service.
        victim = next(pid for pid in service.processes() if pid not in (victim, writer))
    os.kill(victim, signal.SIGKILL)
    (service.entries / "after.md").write_bytes(item("После сбоя"))
    wait_for(lambda: service.shows("После сбоя"))
    wait_for(lambda: len(service.writers()) == 1)
