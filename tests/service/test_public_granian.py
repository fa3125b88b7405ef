"""`feedsvc serve` on a granian that has changed inside: it warns, and serves all the same."""

import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import granian
import pytest

from tests.support.changed_granian import RENAMED, Change
from tests.support.connections import ATOM, TITLE, Connection, log, reload, running
from tests.support.newsroom import item
from tests.support.service import SERVE, Service, soon

WARNING = f"granian {granian.__version__}"


def ask_for_delta(connection: Connection, tag: str) -> tuple[int, str]:
    """Return status and text of what is new since a tag."""
    status, _, body = connection.ask(Accept_Encoding="identity", A_IM="feed", If_None_Match=tag)
    return status, body.decode()


@pytest.mark.parametrize("name", RENAMED)
def test_without_a_private_part_the_service_works_on_the_public_interface(
    tmp_path: Path, change_granian: Change, name: str
) -> None:
    change_granian(name)
    with running(SERVE, tmp_path) as service:
        with closing(Connection(service.port)) as connection:
            status, headers, _ = connection.ask(Accept_Encoding="gzip")
            assert status == 200
            unchanged = connection.ask(Accept_Encoding="gzip", If_None_Match=headers["etag"])
            assert unchanged[0] == 304
            for path in ("/", "/archive/", "/feeds/rss.xml", "/feeds/feed.json", "/search"):
                assert connection.ask(path)[0] == 200, path
            (service.entries / "b.md").write_bytes(item("Ещё одна"))
            soon(lambda: service.shows("Ещё одна"))
            # A worker that has just noticed the change may answer with the whole feed.
            soon(lambda: ask_for_delta(connection, headers["etag"])[0] == 226)
            assert TITLE not in ask_for_delta(connection, headers["etag"])[1]
        reload(service)
        assert service.shows("Ещё одна")
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    assert log(tmp_path).count(WARNING) == 1
    # An attribute is named by the part whose code refers to it.
    assert {"_sso": "_spawn_worker"}.get(name, name) in log(tmp_path)
    assert "Traceback" not in log(tmp_path)


def test_a_reload_refuses_invalid_settings_on_the_public_interface_too(
    tmp_path: Path, change_granian: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_granian("_wsgi_call_wrap")
    settings = tmp_path / "feedsvc.toml"
    settings.write_text('title = "Название"\n')
    monkeypatch.setenv("FEEDSVC_CONFIG", str(settings))
    with running(SERVE, tmp_path) as service:
        before = service.workers()
        settings.write_text('feed_size = "many"\n')
        service.process.send_signal(signal.SIGHUP)
        soon(lambda: "feed_size" in log(tmp_path))
        assert service.workers() == before
        assert "Название" in service.get(ATOM)[1]


def test_a_socket_that_is_passed_cannot_be_used_and_the_log_says_what_to_do(
    tmp_path: Path, change_granian: Change
) -> None:
    change_granian("_init_shared_socket")
    command = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"', *SERVE]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        passed = {"pass_fds": (3,), "preexec_fn": lambda: os.dup2(listening.fileno(), 3)}
        service = Service(command, tmp_path, **passed)
        assert service.process.wait(30) == 2
        service.stop()
    assert "requirements/run.txt" in log(tmp_path)
    assert ATOM not in log(tmp_path)
