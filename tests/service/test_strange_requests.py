"""Whatever is sent, no answer is a failure of the server, and no request fills the log."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support.connections import TITLE, log, running
from tests.support.service import SERVE, Service
from tests.support.strange_requests import strange_requests


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a running service."""
    with running(SERVE, tmp_path_factory.mktemp("service")) as found:
        yield found


def statuses(port: int, sent: bytes) -> list[int]:
    """Send bytes, and return the statuses of all that comes.

    Until the connection is closed, or nothing comes for a while: the server may wait for more.
    """
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
        with suppress(OSError):
            connection.sendall(sent)
        with suppress(OSError):
            while data := connection.recv(65536):
                received += data
    return [int(status) for status in re.findall(rb"(?:^|\n)HTTP/1\.[01] (\d{3})", received)]


@pytest.mark.parametrize(
    "combined",
    [pytest.param(200, marks=pytest.mark.short), pytest.param(5_000, marks=pytest.mark.long)],
)
def test_no_request_is_answered_with_a_failure_or_logged(service: Service, combined: int) -> None:
    folder = service.entries.parent
    before = len(log(folder))
    workers = service.workers()
    answered = 0
    for sent in strange_requests(combined):
        found = statuses(service.port, sent)
        answered += bool(found)
        assert all(status < 500 for status in found), (found, sent[:300])
    assert answered > 300
    assert service.workers() == workers
    assert service.shows(TITLE)
    # Nothing of it is worth a line.
    assert log(folder)[before:] == ""
