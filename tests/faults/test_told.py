"""What the operator is told of: soon, once, and of each file in few words."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import run
from tests.support.costly import MARKDOWN, front, table
from tests.support.faults import needs, served
from tests.support.newsroom import item
from tests.support.service import Service, page
from tests.support.waiting import wait_for

# In seconds: far less than until the next scan, far more than on a machine with nothing to do.
SOON = 10
# The next scan is due in an hour.
SELDOM = ("env", "FEEDSVC_RESCAN=3600")
# A namespace of its own has limits of its own.
LIMIT = "/proc/sys/user/max_inotify_watches"
IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user")


@contextmanager
def running(folder: Path, *prefix: str, files: dict[str, bytes]) -> Iterator[Service]:
    """Serve files, and wait until they are published."""
    for name, data in files.items():
        path = folder / "entries" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with served(folder, *SELDOM, *prefix) as service:
        wait_for(lambda: service.get("/readyz")[0] == 200)
        yield service


def ready(service: Service) -> dict[str, Any]:
    status, text = service.get("/readyz")
    return dict(json.loads(text)) if status == 200 else {}


def log_lines(folder: Path, part: str) -> list[str]:
    return [line for line in (folder / "log").read_text().splitlines() if part in line]


def readers(service: Service) -> list[int]:
    """Return the process numbers of the readers: children of a writer that are copies of it."""
    writers = service.writers()
    children = Path(f"/proc/{writers[0]}/task/{writers[0]}/children").read_text().split()
    return [int(pid) for pid in children]


def test_a_folder_that_vanishes_is_told_soon_and_once(tmp_path: Path) -> None:
    with running(tmp_path, files={"a.md": item("Новость")}) as service:
        (tmp_path / "entries").rename(tmp_path / "elsewhere")
        wait_for(lambda: ready(service)["degraded"] == "closed", SOON)
        assert run(tmp_path, "status").exit_code == 1
        time.sleep(2)
        assert len(log_lines(tmp_path, f"{tmp_path}/entries")) == 1
        (tmp_path / "elsewhere").rename(tmp_path / "entries")
        wait_for(lambda: ready(service)["degraded"] is None, SOON)
        assert run(tmp_path, "status").exit_code == 0
        assert service.get(page("a"))[0] == 200


@pytest.mark.parametrize("watches", [0, 1, 20])
def test_watches_that_are_used_up_are_told_soon_and_once(tmp_path: Path, watches: int) -> None:
    needs("unshare")
    files = {f"f{number}/a{number}.md": item(f"Новость {number}") for number in range(10)}
    limited = (*IN_A_NAMESPACE, "sh", "-c", f'echo {watches} > {LIMIT}; exec "$@"', "sh")
    with running(tmp_path, *limited, files=files) as service:
        if watches == 20:
            assert ready(service)["watch_fault"] is None
            for number in range(40):
                (tmp_path / "entries" / f"new{number}").mkdir()
        wait_for(lambda: ready(service)["watch_fault"] == "ENOSPC", SOON)
        assert ready(service)["entries"]["published"] == 10
        assert run(tmp_path, "status").exit_code == 1
        time.sleep(2)
        assert len(log_lines(tmp_path, "inotify")) == 1


def test_a_reader_that_dies_is_told_soon_and_once(tmp_path: Path) -> None:
    with running(tmp_path, files={"a.md": item("Новость")}) as service:
        wait_for(lambda: len(readers(service)) == 1)
        os.kill(readers(service)[0], signal.SIGKILL)
        wait_for(lambda: ready(service)["reader_deaths"] == 1, SOON)
        (tmp_path / "entries" / "b.md").write_bytes(item("Ещё одна"))
        wait_for(lambda: service.get(page("b"))[0] == 200, SOON)
        assert len(log_lines(tmp_path, "завершён извне")) == 1


def test_without_a_writable_shm_the_first_index_is_made(tmp_path: Path) -> None:
    needs("unshare", "mount")
    files = {f"{number}.md": item(f"Новость {number}") for number in range(600)}
    alone = 'mount -t tmpfs -o ro none /dev/shm; exec "$@"'
    with running(tmp_path, "unshare", "--mount", "sh", "-c", alone, "sh", files=files) as service:
        wait_for(lambda: ready(service).get("entries", {}).get("published") == 600, 60)


COSTLY = {
    "table": table(68_000),
    "wide table": table(1_000_000),
    "comments": MARKDOWN["comments without an end"](195_000),
    "a mebibyte of comments": MARKDOWN["comments without an end"](1_040_000),
    "categories": front("categories: [", "c#, ", "c]")(90_000),
    "keys": MARKDOWN["unknown keys"](1_000_000),
    "pictures": MARKDOWN["pictures"](1_000_000),
    "title": MARKDOWN["a long title"](1_000_000),
    "bytes": os.urandom(1_000_000),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_file_keeps_no_news_waiting_and_fills_no_log(tmp_path: Path, name: str) -> None:
    # Where comrak took 21 GB, it aborted under this limit.
    limited = ("sh", "-c", 'ulimit -v 4000000; exec "$@"', "sh")
    files = {"a.md": item("Новость"), "costly.md": item("Последняя хорошая")}
    with running(tmp_path, *limited, files=files) as service:
        before = (tmp_path / "log").stat().st_size
        (tmp_path / "entries" / "costly.md").write_bytes(COSTLY[name])
        wait_for(lambda: sum(ready(service)["problems"].values()) > 0, SOON)
        (tmp_path / "entries" / "next.md").write_bytes(item("Следующая"))
        wait_for(lambda: service.get(page("next"))[0] == 200, SOON)
        # Some are refused as a whole, some lose what is too much in them.
        status, text = service.get(page("costly"))
        assert (status, len(text) < 2_000_000) == (200, True)
        told = log_lines(tmp_path, "costly.md")
        assert 1 <= len(told) <= 21
        assert (tmp_path / "log").stat().st_size - before < 10_000
        deaths = ready(service)["reader_deaths"]
    # It is not tried again, whoever restarts.
    with served(tmp_path, *SELDOM, *limited) as service:
        wait_for(lambda: service.get(page("next"))[0] == 200)
        (tmp_path / "entries" / "last.md").write_bytes(item("Последняя"))
        wait_for(lambda: service.get(page("last"))[0] == 200, SOON)
        assert ready(service)["reader_deaths"] == deaths
        assert not re.search("Traceback|Error", (tmp_path / "log").read_text())
