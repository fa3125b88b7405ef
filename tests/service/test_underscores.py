"""Headers with underscores in their names are not taken for those with hyphens."""

import os
import re
import shutil
import socket
from pathlib import Path

import granian
import pytest

from feedsvc.server.header_names import TABLE
from tests.support.changed_granian import Change, copy_granian
from tests.support.connections import ATOM, TITLE, log, running
from tests.support.newsroom import ROOT
from tests.support.service import SERVE, SERVERS, Service, soon

FORGED = {
    "Accept_Encoding: br",
    "If_None_Match: *",
    "If_Modified_Since: Fri, 31 Dec 9999 23:59:59 GMT",
    "A_IM: feed",
    "Range: bytes=0-0\r\nIf_Range: x",
    "If_Match: x",
    "HOST_: evil.example",
}


def ask(port: int, *lines: str, path: str = ATOM) -> tuple[bytes, bytes]:
    """Return the head, without its date, and the body of the answer to these header lines."""
    head = "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *lines))
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        while data := connection.recv(65536):
            received += data
    answer, _, body = bytes(received).partition(b"\r\n\r\n")
    return re.sub(rb"(?i)\r\ndate: [^\r]*", b"", answer), body


def assert_none_is_heard(service: Service) -> None:
    for usual in ("Accept-Encoding: gzip", "Accept-Encoding: identity"):
        expected = ask(service.port, usual)
        for forged in FORGED:
            # The last of two wins, or the first; and an answer may come from memory.
            for lines in ((usual, forged), (forged, usual), (usual, forged)):
                assert ask(service.port, *lines) == expected, lines
    expected = ask(service.port)
    for forged in FORGED:
        assert ask(service.port, forged) == expected, forged


def test_no_header_with_an_underscore_is_heard(tmp_path: Path) -> None:
    with running(SERVE, tmp_path) as service:
        assert_none_is_heard(service)
    assert "granian" not in log(tmp_path)


def test_none_is_heard_on_the_public_interface(tmp_path: Path, change_granian: Change) -> None:
    change_granian("_wsgi_call_wrap")
    with running(SERVE, tmp_path) as service:
        assert_none_is_heard(service)


def test_none_is_heard_under_gunicorn(tmp_path: Path) -> None:
    with running(SERVERS["gunicorn"], tmp_path) as service:
        assert_none_is_heard(service)


def test_a_granian_that_reads_names_in_another_way_is_reported_and_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copy_granian(tmp_path / "changed")
    (library,) = copy.glob("_granian*.so")
    original = library.resolve()
    library.unlink()
    # A name never has a byte that is not ASCII: the table is another, and works the same.
    shutil.copy(original, library)
    content = library.read_bytes()
    assert content.count(TABLE) == 1
    library.write_bytes(content.replace(TABLE, TABLE[:-1] + b"~"))
    monkeypatch.setenv("PYTHONPATH", f"{copy.parent}{os.pathsep}{ROOT}")
    with running(SERVE, tmp_path) as service:
        soon(lambda: service.shows(TITLE))
    assert log(tmp_path).count(f"granian {granian.__version__}") == 1
