"""The desk as a process: beside any server, started again, and gone with the service."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.support.connections import log
from tests.support.desk import KEY, running_desk
from tests.support.newsroom import item
from tests.support.service import SERVE, SERVERS, Service, soon


@pytest.mark.parametrize("server", SERVERS)
def test_there_is_one_desk_beside_any_server(tmp_path: Path, server: str) -> None:
    with running_desk(tmp_path, SERVERS[server]) as desk:
        (desk.service.entries / "draft.md").write_bytes(item("A draft", status="draft"))
        (desk.service.entries / "bad.txt").write_bytes("Заголовок\n\nбез даты".encode())
        # uWSGI lets no thread run before the first request.
        soon(lambda: desk.service.get("/")[0] == 200, 30)
        soon(lambda: desk.shows("A draft") and desk.shows("bad.txt"), 30)
        soon(lambda: "bad.txt" in desk.get(f"/desk/{KEY}/problems.xml")[1], 30)
        assert desk.get("/")[0] == 404
        assert desk.get("/desk/x/")[0] == 404
        assert desk.service.get(f"/desk/{KEY}/")[0] == 404
        assert desk.process()
        os.kill(desk.process(), signal.SIGKILL)
        soon(lambda: desk.shows("A draft"), 30)
        writers = desk.service.writers()
        for pid in writers:
            os.kill(pid, signal.SIGKILL)
        soon(lambda: desk.service.writers() not in ([], writers), 30)
        # The old one may still answer.
        soon(lambda: bool(desk.process()) and desk.shows("A draft"), 30)


def test_a_port_that_is_taken_is_told_and_harms_nothing(tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, running_desk(tmp_path, port=taken.getsockname()[1]) as desk:
        (desk.service.entries / "a.md").write_bytes(item("Public"))
        soon(lambda: desk.service.shows("Public"), 30)
        soon(lambda: "не удалось открыть" in log(tmp_path), 30)
        taken.close()
        soon(lambda: desk.shows("Public"), 60)
    assert "Traceback" not in log(tmp_path)


def test_connections_that_ask_nothing_hold_little(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        soon(lambda: desk.get(f"/desk/{KEY}/")[0] == 200, 30)
        silent = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(200)]
        status = Path(f"/proc/{desk.process()}/status").read_text()
        threads = int(status.partition("Threads:")[2].split()[0])
        assert threads < 12
        for connection in silent:
            connection.close()
        soon(lambda: desk.get(f"/desk/{KEY}/")[0] == 200, 60)


def test_without_a_port_there_is_no_desk(tmp_path: Path) -> None:
    service = Service(SERVE, tmp_path)
    try:
        (service.entries / "a.md").write_bytes(item("Public"))
        soon(lambda: service.shows("Public"), 30)
        assert not any("desk.process" in command for command in service.processes().values())
    finally:
        service.stop()
