"""The whole service, under each server, as processes that can be killed."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.newsroom import item
from tests.support.service import SERVERS, Service, soon


@pytest.fixture(params=SERVERS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    running = Service(SERVERS[request.param], tmp_path)
    try:
        soon(lambda: running.get("/")[0] == 200, 60)
        yield running
    finally:
        running.stop()


def test_a_new_file_is_in_both_feeds_within_a_few_seconds(service: Service) -> None:
    (service.entries / "a.md").write_bytes(item("Свежая новость"))
    soon(lambda: service.shows("Свежая новость"), 30)
    (service.entries / "b.md").write_bytes(b"broken")
    (service.entries / "c.md").write_bytes(item("Ещё одна"))
    soon(lambda: service.shows("Ещё одна"), 30)
    assert service.shows("Свежая новость")


def test_there_is_one_writer_and_when_it_is_killed_another_takes_over(service: Service) -> None:
    soon(lambda: len(service.writers()) == 1)
    for number in range(3):
        (killed,) = service.writers()
        os.kill(killed, signal.SIGKILL)
        soon(lambda killed=killed: service.writers() not in ([], [killed]), 60)  # type: ignore[misc]
        (service.entries / f"{number}.md").write_bytes(item(f"Новость номер {number}"))
        soon(lambda number=number: service.shows(f"Новость номер {number}"), 30)  # type: ignore[misc]
        assert len(service.writers()) == 1


def test_when_the_worker_that_started_the_writer_is_killed_the_news_goes_on(
    service: Service,
) -> None:
    soon(lambda: len(service.writers()) == 1)
    (writer,) = service.writers()
    victim = int(Path(f"/proc/{writer}/stat").read_text().rpartition(")")[2].split()[1])
    if victim == service.process.pid:
        # Here the master itself started it, and killing that ends the service.
        victim = next(pid for pid in service.processes() if pid not in (victim, writer))
    os.kill(victim, signal.SIGKILL)
    (service.entries / "a.md").write_bytes(item("После сбоя"))
    soon(lambda: service.shows("После сбоя"), 60)
    soon(lambda: len(service.writers()) == 1, 60)
