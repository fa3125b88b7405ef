"""`feedsvc serve` under load: reloads, restarts, slow clients and failures lose no request."""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from feedsvc.server import FINISH
from feedsvc.server.granian_worker import DRAIN
from tests.support.connections import ATOM, TITLE, Connection, Load, log, reload, running
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon

# As a service manager starts it: the socket is descriptor 3, and outlives the service.
PASSED = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"', *SERVE]


@pytest.mark.parametrize(
    "times", [pytest.param(2, marks=pytest.mark.short), pytest.param(40, marks=pytest.mark.long)]
)
def test_reloads_under_load_fail_no_request(tmp_path: Path, times: int) -> None:
    with running(SERVE, tmp_path) as service, Load(service.port) as load:
        for _ in range(times):
            reload(service)
    assert set(load.met) - {"closed"} == {"200"}


@pytest.mark.parametrize(
    "times", [pytest.param(2, marks=pytest.mark.short), pytest.param(10, marks=pytest.mark.long)]
)
def test_restarts_under_load_fail_no_request(tmp_path: Path, times: int) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        port = listening.getsockname()[1]
        passed = {"pass_fds": (3,), "preexec_fn": lambda: os.dup2(listening.fileno(), 3)}
        with Load(port) as load:
            for number in range(times + 1):
                service = Service(PASSED, tmp_path, **passed)
                service.port = port
                (service.entries / f"{number}.md").write_bytes(item(f"Новость {number}"))
                soon(lambda: service.shows(f"Новость {number}"), 60)  # noqa: B023 - called at once
                # The last one answers those who still wait.
                if number < times:
                    service.stop()
        service.stop()
    assert set(load.met) - {"closed", "503"} == {"200"}


def test_a_service_that_is_stopped_while_it_starts_ends_at_once(tmp_path: Path) -> None:
    for pause in (0.2, 0.4, 0.6, 0.8, 1.0):
        service = Service(SERVE, tmp_path)
        # No event is waited for: the signal may come at any point of the start.
        threading.Event().wait(pause)
        start = time.monotonic()
        service.stop()
        assert time.monotonic() - start < FINISH / 2


def test_a_reload_takes_new_settings_and_refuses_invalid_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "feedsvc.toml"
    settings.write_text('title = "Первое название"\n')
    monkeypatch.setenv("FEEDSVC_CONFIG", str(settings))
    with running(SERVE, tmp_path) as service:
        assert "Первое название" in service.get(ATOM)[1]
        before = service.workers()
        settings.write_text('title = ""\nfeed_size = "много"\n')
        service.process.send_signal(signal.SIGHUP)
        soon(lambda: "feed_size" in log(tmp_path))
        assert "Traceback" not in log(tmp_path)
        assert service.workers() == before
        settings.write_text('title = "Второе название"\n')
        reload(service)
        assert "Второе название" in service.get(ATOM)[1]
    # What granian advises, and what is not wrong with it, is no news for the operator.
    assert "threads" not in log(tmp_path)
    assert "granian" not in log(tmp_path)


def test_a_cached_response_is_the_same_as_the_first(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, closing(Connection(service.port)) as connection:
        tag = connection.ask(Accept_Encoding="gzip")[1]["etag"]
        for headers in ({}, {"Accept_Encoding": "br"}, {"If_None_Match": tag}, {"A_IM": "feed"}):
            first, *others = [connection.ask(**headers) for _ in range(4)]
            for reply in (first, *others):
                reply[1].pop("date")
            assert others == [first] * 3, headers


def test_slow_clients_keep_nobody_waiting(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service, ExitStack() as slow:
        for number in range(1000):
            one = slow.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # Half a head, a body that does not come, a response that is not read.
            one.sendall(
                (
                    b"GET /feeds/atom.xml HTTP/1.1\r\nHost: ",
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
                    b"GET /feeds/atom.xml HTTP/1.1\r\nHost: x\r\n\r\n",
                )[number % 3]
            )
        for _ in range(20):
            assert service.shows(TITLE)


# The application with two more paths: one that waits for a file, and one that fails where
# Flask does not learn of it.
STRANGE = """
import pathlib, sys, time
from feedsvc.__main__ import main
from feedsvc.web.response_cache import ResponseCache
usual = ResponseCache.__call__
def call(cache, environ, start):
    if environ["PATH_INFO"] == "/failing":
        raise ZeroDivisionError
    while environ["PATH_INFO"] == "/waiting" and not pathlib.Path(environ["QUERY_STRING"]).exists():
        time.sleep(0.01)
    return usual(cache, environ, start)
ResponseCache.__call__ = call
sys.argv[0] = "feedsvc"
main()
"""
STRANGE_SERVE = [sys.executable, "-c", STRANGE, "serve", "--workers", "1", "--port", "{port}"]


def test_a_client_that_waits_for_a_page_delays_nobody_and_receives_it(tmp_path: Path) -> None:
    there = tmp_path / "there"
    with running(STRANGE_SERVE, tmp_path) as service, ExitStack() as stack:
        waiting, asking = (stack.enter_context(closing(Connection(service.port))) for _ in range(2))
        waiting.send(f"/waiting?{there}")
        tag = asking.ask()[1]["etag"]
        assert [asking.ask(If_None_Match=tag)[0] for _ in range(3)] == [304] * 3
        assert asking.ask("/archive/")[0] == 200
        # Even if the service is to end meanwhile.
        service.process.send_signal(signal.SIGTERM)
        with pytest.raises(TimeoutExpired):
            service.process.wait(2 * DRAIN)
        there.touch()
        assert waiting.receive()[0] == 404


def test_a_failure_that_flask_does_not_learn_of_is_logged(tmp_path: Path) -> None:
    with running(STRANGE_SERVE, tmp_path) as service, closing(Connection(service.port)) as asking:
        assert asking.ask("/failing")[0] == 500
        assert asking.ask()[0] == 200
    assert "/failing" in log(tmp_path)
    assert "ZeroDivisionError" in log(tmp_path)


@pytest.mark.parametrize("free", [0, 1])
def test_workers_share_out_the_cores_if_they_are_enough_and_the_writer_goes_anywhere(
    tmp_path: Path, free: int
) -> None:
    cores = os.sched_getaffinity(0)
    if len(cores) == free:
        pytest.skip("there is one core")
    command = [*SERVE, "--workers", str(len(cores) - free)]
    with running(command, tmp_path) as service:
        workers, (writer,) = service.workers(), service.writers()
        # One that answers may be ahead of the others.
        soon(lambda: {os.sched_getscheduler(pid) for pid in workers} == {os.SCHED_BATCH})
        bound_to = [os.sched_getaffinity(pid) for pid in workers]
        if free:
            assert bound_to == [cores] * len(workers)
        else:
            assert sorted(map(list, bound_to)) == [[core] for core in sorted(cores)]
        assert os.sched_getscheduler(writer) == os.SCHED_OTHER
        assert os.sched_getaffinity(writer) == cores
