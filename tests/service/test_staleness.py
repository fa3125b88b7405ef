"""`feedsvc serve` while an entry changes every second: no response is stale, none is torn."""

import gzip
import multiprocessing
import time
from base64 import urlsafe_b64encode
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from tests.support.connections import ATOM, Connection, running
from tests.support.newsroom import item
from tests.support.service import SERVE, soon


def poll(port: int, client: int, requests: int, written: Any) -> None:
    """Ask as 32 readers do, in turn; end with 1 at the first response that is wrong.

    `written` holds the moment, on the monotonic clock, at which each version was written.
    """
    connections = [Connection(port) for _ in range(32)]
    versions: dict[str, int] = {}
    tags = [""] * len(connections)
    newest = -1
    for count in range(requests):
        reader = count % len(connections)
        # What was written some seconds before the request must be there, however busy the machine.
        while 0 < written[newest + 1] < time.monotonic() - 3:
            newest += 1
        headers = {"Accept_Encoding": "gzip"}
        # Every tenth has nothing yet.
        if count % 10 and tags[reader]:
            headers["If_None_Match"] = tags[reader]
        status, received, body = connections[reader].ask(**headers)
        tag = tags[reader] = received["etag"]
        if status == 200:
            text = gzip.decompress(body)
            digest = urlsafe_b64encode(blake2b(text, digest_size=12).digest()).decode()
            assert tag[1:17] == digest, f"torn: {tag}"
            # A worker may not have noticed the very first yet.
            versions[tag] = int(text.partition(b"version ")[2].split(b"<")[0] or -1)
        else:
            assert status == 304, status
        assert versions[tag] >= newest, f"client {client}: {versions[tag]}, not {newest}"


@pytest.mark.parametrize(
    "requests",
    [pytest.param(20_000, marks=pytest.mark.short), pytest.param(200_000, marks=pytest.mark.long)],
)
def test_no_response_is_stale_or_torn_while_an_entry_changes_every_second(
    tmp_path: Path, requests: int
) -> None:
    context = multiprocessing.get_context("fork")
    written = context.Array("d", 3600, lock=False)
    with running(SERVE, tmp_path) as service:
        for number in range(30):
            day = f"2026-01-{number + 1:02}"
            (service.entries / f"{number}.md").write_bytes(item("Другая", day, "Слова. " * 300))
        clients = [
            context.Process(target=poll, args=(service.port, number, requests // 2, written))
            for number in range(2)
        ]
        for version in range(len(written) - 1):
            text = item(f"version {version}", "2026-02-01", "Слова. " * 300, id="changing")
            (service.entries / "changing.md").write_bytes(text)
            written[version] = time.monotonic()
            if version == 0:
                soon(lambda: "version 0" in service.get(ATOM)[1])
                for client in clients:
                    client.start()
            # The second between two versions, or less if the clients are done.
            end = time.monotonic() + 1
            for client in clients:
                client.join(max(0, end - time.monotonic()))
            if not any(client.is_alive() for client in clients):
                break
        assert [client.exitcode for client in clients] == [0, 0]
