"""The access log: one line a response, of a bounded length, whatever was asked."""

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, create_environ

from feedsvc.edition import ValidityPeriod
from feedsvc.setting_tables import Log
from feedsvc.web.access_log import AccessLog, LineFile, LoggedCache, Proxies, target
from feedsvc.web.observed import observed
from feedsvc.web.response_cache import CACHE_POLICY, CachePolicy

PERIOD = ValidityPeriod(revision=1, since=0, until=None, newest=0)
COMBINED = re.compile(
    r'(\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(\S*) (\S+) (\S+)" (\d{3})'
    r' (\d+|-) "([^"]*)" "([^"]*)"'
)
# Pipes take so many bytes as a whole (pipe(7), PIPE_BUF).
PIPE_BUF = 4096
HERE = {"REMOTE_ADDR": "127.0.0.1"}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    environ[CACHE_POLICY] = CachePolicy(PERIOD, 0, None)
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"x" * 10
    start_response("200 OK", [("Content-Length", "10")])
    return [body]


def logged(log: AccessLog) -> Client:
    cache = LoggedCache(observed(application, [log.log]), lambda _: PERIOD, log)
    return Client(cache)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8").split("\n")[:-1]


def test_each_response_is_a_line_from_memory_or_not(path: Path) -> None:
    client = logged(AccessLog(Log(access=path), "en"))
    headers = {"User-Agent": "Reader/1.0", "Referer": "https://a.example/"}
    for method in ("GET", "GET", "HEAD"):
        client.open("/a?b=1", method=method, headers=headers, environ_base=HERE)
    read = [COMBINED.fullmatch(line) for line in lines(path)]
    assert [each and each.groups() for each in read] == [
        ("127.0.0.1", method, "/a?b=1", "HTTP/1.1", "200", size, *reversed(headers.values()))
        for method, size in (("GET", "10"), ("GET", "10"), ("HEAD", "0"))
    ]


def test_the_same_as_json(path: Path) -> None:
    client = logged(AccessLog(Log(access=path, access_format="json"), "en"))
    for _ in range(2):
        agent = "Читатель".encode().decode("latin-1")
        client.get("/a", environ_base={**HERE, "HTTP_USER_AGENT": agent})
    first, second = (json.loads(line) for line in lines(path))
    assert first["seconds"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    del first["time"], first["seconds"]
    assert first == {
        "address": "127.0.0.1",
        "method": "GET",
        "target": "/a",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 10,
        "referer": "",
        "user_agent": "Читатель",
        "from_memory": False,
    }
    assert (second["from_memory"], second["seconds"]) == (True, None)


def hostile(chance: random.Random) -> dict[str, Any]:
    def text() -> str:
        signs = ["\n", "\r", '"', "\\", "\0", "\x7f", "\xff", " ", "%", "?", "#", "\x85", "a", "é"]
        return "".join(chance.choices(signs, k=chance.choice([0, 1, 20, 16_384])))

    environ = create_environ("/")
    environ |= HERE | {
        "PATH_INFO": "/" + text(),
        "QUERY_STRING": text(),
        "REQUEST_METHOD": chance.choice(["GET", "X" * 16_000]),
        "HTTP_USER_AGENT": text(),
        "HTTP_REFERER": text(),
        "HTTP_X_FORWARDED_FOR": text(),
    }
    return environ


@pytest.mark.parametrize("form", ["combined", "json"])
def test_no_request_breaks_a_line_or_makes_it_long(path: Path, form: str) -> None:
    log = AccessLog(Log(access=path, access_format=form, proxies=("127.0.0.0/8",)), "en")
    chance = random.Random(7)
    for _ in range(300):
        log.log(hostile(chance), 404, [], 0.1)
    read = lines(path)
    assert len(read) == 300
    for line in read:
        assert len(line.encode()) < PIPE_BUF
        assert line.isprintable()
        if form == "json":
            assert json.loads(line)["address"] == "127.0.0.1"
        else:
            assert line.isascii()
            found = COMBINED.fullmatch(line)
            assert found, line
            assert found[1] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/a/b.html", "", "/a/b.html"),
        ("/новость".encode().decode("latin-1"), "", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
        ("/a%20?b#c d", "", "/a%2520%3Fb%23c%20d"),
        ("/s", "q=%D0%B0+b?c", "/s?q=%D0%B0+b?c"),
        ("/s", 'q="\n<', "/s?q=%22%0A%3C"),
    ],
)
def test_a_target_is_written_as_it_can_be_asked_for(path: str, query: str, expected: str) -> None:
    assert target(path, query) == expected


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        # Nobody but a proxy is believed.
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # What a client has written itself stands before what the proxy has added.
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("10.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("10.0.0.1", "x, 10.1.2.3", "10.1.2.3"),
        ("10.0.0.1", "forged\n", "10.0.0.1"),
        ("10.0.0.1", "fe80::1%\n", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1," * 100_000 + "198.51.100.1", "198.51.100.1"),
    ],
)
def test_only_proxies_are_believed_where_a_request_comes_from(
    remote: str, forwarded: str | None, expected: str
) -> None:
    assert Proxies(("10.0.0.0/8",)).client(remote, forwarded) == expected
    assert Proxies(()).client(remote, forwarded) == remote


def test_a_file_that_is_renamed_is_followed_by_a_new_one(path: Path) -> None:
    file = LineFile(path, "en")
    file.write(b"one\n", 10.0)
    path.rename(path.with_name("access.log.1"))
    file.write(b"two\n", 10.5)
    file.write(b"three\n", 11.0)
    assert path.with_name("access.log.1").read_bytes() == b"one\ntwo\n"
    assert path.read_bytes() == b"three\n"


def test_a_file_that_is_cut_goes_on_at_its_beginning(path: Path) -> None:
    file = LineFile(path, "en")
    file.write(b"one\n", 10.0)
    os.truncate(path, 0)
    file.write(b"two\n", 10.1)
    assert path.read_bytes() == b"two\n"


def test_a_file_that_cannot_be_written_is_told_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "logs" / "access.log"
    file = LineFile(path, "en")
    for now in range(5):
        file.write(b"lost\n", float(now))
    path.parent.mkdir()
    file.write(b"kept\n", 6.0)
    assert path.read_bytes() == b"kept\n"
    assert caplog.messages == [
        f"the access log {path} cannot be written: there is no such file or folder"
    ]
    path.parent.rename(tmp_path / "other")
    file.write(b"lost\n", 8.0)
    assert len(caplog.messages) == 2


def test_a_pipe_that_nobody_reads_holds_nobody_up(path: Path) -> None:
    os.mkfifo(path)
    file = LineFile(path, "en")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for _ in range(1000):
            file.write(b"x" * 1000 + b"\n", 1.0)
        # Nothing but whole lines.
        assert os.read(reader, 1_000_000).replace(b"x" * 1000 + b"\n", b"") == b""
    finally:
        os.close(reader)
    file.write(b"nobody is there\n", 9.0)


def test_a_line_that_was_written_in_part_is_ended(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = LineFile(path, "en")
    file.write(b"one\n", 1.0)
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[:3]))
    file.write(b"cut off\n", 1.0)
    monkeypatch.undo()
    file.write(b"two\n", 1.0)
    assert path.read_bytes() == b"one\ncut\ntwo\n"
    assert caplog.messages == [f"the access log {path} cannot be written: the disk is full"]
