"""The logs of a running service: every process writes the same way, and every request is there."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.connections import log, reload
from tests.support.desk import KEY, running_desk
from tests.support.newsroom import item
from tests.support.service import QUICK, SERVE, SERVERS, Service, soon

LINE = re.compile(
    r'(\S+) - - \[[^\]]+\] "([A-Z]+) (\S+) HTTP/1\.[01]" (\d{3}) (\d+|-) "[^"]*" "([^"]*)"'
)


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the records of a log in JSON, every line of which must be one."""
    return [json.loads(line) for line in log(folder).splitlines()]


@contextmanager
def logging_service(
    folder: Path, command: list[str], settings: dict[str, str]
) -> Iterator[Service]:
    named = [f"FEEDSVC_LOG__{name}={value}" for name, value in settings.items()]
    service = Service(["env", *named, *command], folder)
    try:
        (service.entries / "a.md").write_bytes(item("Public"))
        soon(lambda: service.get("/")[0] == 200, 60)
        soon(lambda: service.shows("Public"), 60)
        yield service
    finally:
        service.stop()


def test_every_process_writes_json_from_its_start_to_its_end(tmp_path: Path) -> None:
    command = ["env", "FEEDSVC_LOG__FORMAT=json", *QUICK, *SERVE]
    with running_desk(tmp_path, command) as desk:
        service = desk.service
        (service.entries / "bad\n\x1b.txt").write_bytes("Заголовок\n\nбез даты".encode())
        soon(lambda: "bad" in log(tmp_path) and desk.get(f"/desk/{KEY}/")[0] == 200, 60)
        os.kill(desk.process(), signal.SIGKILL)
        soon(lambda: "feedsvc.desk.process" in log(tmp_path), 60)
        soon(lambda: desk.get(f"/desk/{KEY}/")[0] == 200, 60)
        os.kill(min(service.workers()), signal.SIGKILL)
        soon(lambda: len(service.workers()) == 2, 60)
        reload(service)
    found = records(tmp_path)
    assert {"info", "warning", "error"} <= {each["level"] for each in found}
    # The master, the writer and two desks at least.
    assert len({each["process"] for each in found}) >= 4
    said = " ".join(each["message"] for each in found)
    assert "127.0.0.1" in said
    for each in found:
        assert set(each) <= {"time", "level", "process", "message", "exception"}


@pytest.mark.parametrize("server", ["granian", "gunicorn, preloaded", "uwsgi"])
def test_a_service_has_the_same_access_log_under_any_server(tmp_path: Path, server: str) -> None:
    path = tmp_path / "access.log"
    settings = {"ACCESS": str(path), "PROXIES": "127.0.0.1"}
    with logging_service(tmp_path, SERVERS[server], settings) as service:
        before = len(path.read_text().splitlines())
        for number in range(20):
            ask(service.port, "/feeds/atom.xml", f"X-Forwarded-For: 9.9.9.9, 198.51.100.{number}")
        ask(service.port, "/nothing?x=%0A%22", 'User-Agent: a"b\\c')
        ask(service.port, "/presscenter/news/detail/a.html", "Host: x", method="HEAD")
        lines = path.read_text().splitlines()[before:]
        found = [LINE.fullmatch(line) for line in lines]
        assert all(found), lines
        rows = [each.groups() for each in found if each]
    assert [row[0] for row in rows[:20]] == [f"198.51.100.{number}" for number in range(20)]
    assert {row[1:4] for row in rows[:20]} == {("GET", "/feeds/atom.xml", "200")}
    assert len({row[4] for row in rows[:20]}) == 1
    assert int(rows[0][4]) > 500
    assert rows[20] == (
        "127.0.0.1",
        "GET",
        "/nothing?x=%0A%22",
        "404",
        rows[20][4],
        "a\\x22b\\x5cc",
    )
    assert rows[21][1:5] == ("HEAD", "/presscenter/news/detail/a.html", "200", "0")


def ask(port: int, target: str, header: str, method: str = "GET") -> bytes:
    """Send a request as it is, and return the answer."""
    head = f"{method} {target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        if not header.startswith("Host"):
            head += f"{header}\r\n"
        connection.sendall(f"{head}\r\n".encode("latin-1"))
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_hostile_requests_leave_whole_lines_of_a_bounded_length(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    settings = {"ACCESS": str(path), "ACCESS_FORMAT": "json", "PROXIES": "127.0.0.1"}
    with logging_service(tmp_path, SERVE, settings) as service:
        before = len(path.read_text().splitlines())
        for target, header in (
            ("/" + "a" * 15_000, "X: y"),
            ("/%0a%0d%00%1b%22", "User-Agent: \xff\xfe\x85" + "x" * 8000),
            ("/x", "X-Forwarded-For: " + "1.1.1.1, " * 1500 + '"}\t{'),
            ("/y", "Referer: " + '"\\' * 4000),
        ):
            ask(service.port, target, header)
        soon(lambda: len(path.read_text().splitlines()) >= before + 4)
        lines = path.read_bytes().splitlines()[before:]
    assert max(map(len, lines)) < 4096
    rows = [json.loads(line) for line in lines]
    assert [row["status"] for row in rows] == [404] * 4
    assert {row["address"] for row in rows} == {"127.0.0.1"}


def test_logrotate_loses_no_line(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    path = folder / "access.log"
    rotation = tmp_path / "rotation.conf"
    rotation.write_text(f"{path} {{\n  rotate 9\n  missingok\n  nocreate\n}}\n")
    rotation.chmod(0o644)
    with logging_service(tmp_path, SERVE, {"ACCESS": str(path)}) as service:
        for number in range(60):
            ask(service.port, f"/{number}", "X: y")
            if number in (20, 40):
                state = str(tmp_path / "state")
                subprocess.run(["logrotate", "-f", "-s", state, str(rotation)], check=True)
            if number in (30, 50):
                # By then every worker writes to the new file at its next request.
                soon(lambda: ask(service.port, "/z", "X: y") != b"" and path.exists())
        text = "".join(each.read_text() for each in folder.iterdir())
    assert len(list(folder.iterdir())) == 3
    assert all(text.count(f'"GET /{number} HTTP/1.1" 404') == 1 for number in range(60))


def test_requests_are_logged_to_standard_output(tmp_path: Path) -> None:
    with logging_service(tmp_path, SERVE, {"ACCESS": "-"}) as service:
        ask(service.port, "/nothing", "X: y")
        soon(lambda: '"GET /nothing HTTP/1.1" 404' in log(tmp_path))
