"""A wall clock that is set while the service runs."""

import http.client
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from pathlib import Path

import pytest

from tests.support.faults import Reader, done, mountable, needs, served
from tests.support.newsroom import item
from tests.support.service import FEEDS, QUICK, Service, page
from tests.support.waiting import wait_for

# Sets the real-time clock, as any program reads it, and no other: libfaketime mistakes the
# absolute monotonic sleeps of Python for real-time ones.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long *off;
static int (*really)(clockid_t, struct timespec *);
__attribute__((constructor)) static void begin(void) {
    really = dlsym(RTLD_NEXT, "clock_gettime");
    int file = open(getenv("CLOCK_OFF"), O_RDONLY | O_CLOEXEC);
    off = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!really) begin();
    int failed = really(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *off;
    return failed;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *where) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (where) *where = exact.tv_sec;
    return exact.tv_sec;
}
"""
DAY = 86400
# Published so many days from now; what is visible follows from the clock alone.
DAYS = {"old": -30, "fresh": -1, "soon": 1, "later": 200, "far": 800}


@contextmanager
def under_a_clock(folder: Path) -> Iterator[Service]:
    """Serve with a real-time clock that `set_clock` sets, and a monotonic one that it does not."""
    set_clock(folder, 0)
    source, shim = folder / "shim.c", folder / "shim.so"
    source.write_text(SHIM)
    done("gcc", "-shared", "-fPIC", "-O1", "-o", shim, source)
    with served(folder, *QUICK, f"LD_PRELOAD={shim}", f"CLOCK_OFF={folder}/clock") as service:
        yield service


def set_clock(folder: Path, days: float) -> None:
    """Set the service's clock so many days off, at once."""
    file = os.open(folder / "clock", os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(file, struct.pack("l", int(days * DAY)))
    os.close(file)


def moment(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def visible(off: float) -> set[str]:
    return {name for name, day in DAYS.items() if day <= off}


def ask(service: Service, path: str, **headers: str) -> tuple[int, str, str | None]:
    """Return status, text and Last-Modified of a path."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=named)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers["Last-Modified"]
    finally:
        connection.close()


class ByDate:
    """A client that knows only If-Modified-Since, and must never miss a text."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.text: dict[str, str] = {}
        self.since: dict[str, str] = {}

    def read(self, pause: float = 0.2) -> None:
        """Ask for the feeds; a 304 must be right. `pause` is in seconds, before that."""
        # A process may take 50 ms to see a change, and must have seen it after that.
        time.sleep(pause)
        for path in FEEDS:
            since = self.since.get(path)
            headers = {"If_Modified_Since": since} if since else {}
            status, text, modified = ask(self.service, path, **headers)
            if status == 304:
                status, now, _ = ask(self.service, path)
                assert now == self.text[path], f"304 for a text that was not seen: {path}"
                continue
            assert status == 200
            self.text[path] = text
            if modified:
                self.since[path] = modified
            else:
                self.since.pop(path, None)


def is_right(service: Service, off: float) -> bool:
    """Return whether exactly what is due by a clock that is so many days off is visible."""
    due = visible(off)
    feeds_right = all(
        (f"<title>[{name}]" in text.replace(' type="text"', "")) == (name in due)
        for name in DAYS
        for text in (service.get(path)[1] for path in FEEDS)
    )
    pages_right = all(service.get(page(name))[0] == (200 if name in due else 404) for name in DAYS)
    return feeds_right and pages_right


def change_twice(folder: Path, service: Service, client: ByDate, number: int) -> None:
    """Change one entry and let another come and go; the client must learn of each."""
    client.read()
    file = folder / "entries" / "changing.md"
    file.write_bytes(item(f"[text {number}]", date="2020-01-01"))
    # Watching runs on the other clock: it is as fast as ever.
    wait_for(partial(service.shows, f"[text {number}]"))
    client.read()
    time.sleep(1.2)
    client.read()
    removed = folder / "entries" / "brief.md"
    removed.write_bytes(item("[brief]", date="2020-01-02"))
    wait_for(lambda: service.shows("[brief]"))
    client.read()
    removed.unlink()
    wait_for(lambda: not service.shows("[brief]"))
    client.read()


@pytest.mark.parametrize(
    "jumps",
    [
        pytest.param((-2, 2, 365), marks=pytest.mark.short),
        pytest.param((-2, 2, 365, -2, 365, -365, 1000, 3), marks=pytest.mark.long),
    ],
)
def test_what_is_visible_follows_a_clock_that_is_set(jumps: tuple[float, ...]) -> None:
    needs("gcc")
    with mountable() as folder:
        for name, day in DAYS.items():
            text = item(f"[{name}]", date=moment(day), id=name)
            (folder / "entries" / f"{name}.md").write_bytes(text)
        (folder / "entries" / "changing.md").write_bytes(item("[text 0]", date="2020-01-01"))
        with under_a_clock(folder) as service:
            wait_for(lambda: service.shows("[text 0]") and is_right(service, 0))
            before = {path: service.get(path)[1] for path in (*FEEDS, "/", page("old"))}
            client = ByDate(service)
            client.read()
            asleep = ByDate(service)
            time.sleep(1.2)
            asleep.read()
            with Reader(service, {path: set() for path in (*FEEDS, "/", page("soon"))}) as reader:
                reader.right[page("soon")] = {200, 304, 404}
                number = 0
                for off in jumps:
                    for days in (off, 0):
                        set_clock(folder, days)
                        if days == 0:
                            # This client saw nothing of what was published by the wrong clock.
                            asleep.read(0)
                        # At once: that needs no scan and no restart.
                        assert is_right(service, days)
                        number += 1
                        change_twice(folder, service, client, number)
                file = folder / "entries" / "changing.md"
                file.write_bytes(item("[text 0]", date="2020-01-01"))
                wait_for(lambda: {path: service.get(path)[1] for path in before} == before)
                client.read()
            assert reader.faults == []
            status, _, modified = ask(service, FEEDS[0])
            # No date that is sent once the clock is right again lies ahead.
            assert (status, modified is None) == (200, False)
            assert parsedate_to_datetime(str(modified)) <= datetime.now(UTC)
            log = (folder / "log").read_text()
        assert "Traceback" not in log, log


def test_a_date_sent_by_a_clock_that_was_ahead_is_not_believed() -> None:
    needs("gcc")
    with mountable() as folder:
        (folder / "entries" / "a.md").write_bytes(item("[a]", date="2020-01-01"))
        with under_a_clock(folder) as service:
            wait_for(lambda: service.shows("[a]"))
            ahead = format_datetime(datetime.now(UTC) + timedelta(days=365), usegmt=True)
            time.sleep(1.5)
            status, text, modified = ask(service, FEEDS[0], If_Modified_Since=ahead)
            assert (status, "[a]" in text, modified) == (200, True, None)
