"""Outgoing requests: to public hosts only, bounded in time and size, with names verified."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import trustme

from feedsvc.outgoing import Answer, Client, NotAllowed, NotConnected, NotSent, Request
from tests.support.listening import OK, always, listening

LOOPBACK = ("127.0.0.0/8",)


def ask(url: str, *allowed: str, **how: Any) -> Answer:
    async def once() -> Answer:
        async with Client(allowed) as client:
            return await client.send(Request(url=url, **how))

    return asyncio.run(once())


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let each resolution of a name give the next of these lists of addresses."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in each else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (each, port),
            )
            for each in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def text(error: pytest.ExceptionInfo[NotSent]) -> str:
    return error.value.message.text("en")


def test_a_request_has_its_method_body_and_headers_and_gets_the_answer() -> None:
    with listening(always(OK.replace(b"OK\r\n", b"OK\r\nX-A: 1\r\nx-a: 2\r\n"))) as server:
        answer = ask(
            f"{server.url}a%2Fb?c=%D0%B0",
            *LOOPBACK,
            body=b"{}",
            headers={"Content-Type": "application/json"},
        )
    assert (answer.status, answer.body, answer.is_whole) == (200, b"ok", True)
    assert answer.headers["x-a"] == "1"
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a%2Fb?c=%D0%B0 HTTP/1.1\r\n")
    assert b"Content-Type: application/json\r\n" in head
    assert body == b"{}"


@pytest.mark.parametrize(
    "host",
    "127.0.0.1 [::1] [::ffff:127.0.0.1] [64:ff9b::7f00:1] 0.0.0.0 10.0.0.1 169.254.169.254"
    " localhost".split(),
)
def test_private_hosts_are_never_asked(host: str) -> None:
    with pytest.raises(NotAllowed) as error:
        ask(f"http://{host}:1/")
    assert text(error).endswith("is no public host; outgoing.private can allow it")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://hub.example/",
        "http:///a",
        "//hub.example/",
        "http://user:word@8.8.8.8/",
        "http://8.8.8.8/\r\nX: y",
        "http://8.8.8.8/ a",
        "http://8.8.8.8\\@127.0.0.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://8.8.8.8:99999/",
        "http://8.8.8.8/" + "a" * 2048,
        "http://[::1/",
    ],
)
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with pytest.raises(NotAllowed) as error:
        ask(url)
    assert text(error) == "this is no address that a request can be sent to"


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:10.0.0.1"], ["2002:7f00:1::"]],
)
def test_a_name_with_a_private_address_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    with listening(always(OK)) as server:
        resolve_to(monkeypatch, answer)
        with pytest.raises(NotAllowed) as error:
            ask(f"http://hub.example:{server.port}/")
    assert text(error).startswith("hub.example is no public host")
    assert not server.connections


def test_a_name_is_resolved_once_so_a_second_answer_is_never_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(always(OK)) as server:
        asked = resolve_to(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
        assert ask(f"http://hub.example:{server.port}/", *LOOPBACK).status == 200
    assert asked == ["hub.example"]


def test_a_name_may_be_allowed_whatever_it_stands_for_and_no_other_name_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(always(OK)) as server:
        resolve_to(monkeypatch, ["127.0.0.1"])
        assert ask(f"http://hub.local:{server.port}/", "hub.local").status == 200
        with pytest.raises(NotAllowed):
            ask(f"http://other.local:{server.port}/", "hub.local")


def test_redirects_are_answers() -> None:
    moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.2:1/\r\nContent-Length: 0\r\n\r\n"
    with listening(always(moved)) as server:
        answer = ask(server.url, *LOOPBACK)
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.2:1/")
    assert server.connections == 1


def drip(connection: socket.socket, _request: bytes) -> None:
    while True:
        connection.sendall(b"H" if not _request else b"HTTP/1.1 200 OK\r\n")
        _request = b""
        time.sleep(0.01)


def drip_a_body(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"a")
        time.sleep(0.01)


def say_nothing(connection: socket.socket, _request: bytes) -> None:
    connection.recv(1)


@pytest.mark.parametrize("answer", [drip, drip_a_body, say_nothing])
def test_a_whole_request_has_its_time(answer: Callable[[socket.socket, bytes], None]) -> None:
    with listening(answer) as server, pytest.raises(NotSent) as error:
        ask(server.url, *LOOPBACK, timeout=0.3)
    assert text(error) == "no answer within 0.3 seconds"


def test_who_lets_nobody_in_has_got_nothing() -> None:
    # The handshake of TLS does not begin.
    with listening(say_nothing) as server, pytest.raises(NotConnected) as error:
        ask(server.url.replace("http:", "https:"), *LOOPBACK, timeout=0.5)
    assert text(error) == "the host does not answer"


def send_without_end(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"a" * 65536)


def send_headers_without_end(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"A: " + b"a" * 1000 + b"\r\n")


def test_of_an_endless_body_the_beginning_is_read() -> None:
    with listening(send_without_end) as server:
        answer = ask(server.url, *LOOPBACK, most=1000)
    assert (answer.body, answer.is_whole) == (b"a" * 1000, False)


@pytest.mark.parametrize(
    "answer",
    [
        send_headers_without_end,
        always(b"no HTTP\r\n\r\n"),
        always(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        lambda connection, _: connection.close(),
    ],
)
def test_what_is_no_http_is_a_fault(answer: Callable[[socket.socket, bytes], None]) -> None:
    with listening(answer) as server, pytest.raises(NotSent) as error:
        ask(server.url, *LOOPBACK)
    assert 0 < len(text(error)) <= 200


def test_nothing_is_unpacked() -> None:
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    with listening(always(packed)) as server:
        assert ask(server.url, *LOOPBACK).body == b"abc"
    assert b"Accept-Encoding: identity\r\n" in server.requests[0]


def test_who_is_not_there_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotSent) as error:
        ask(f"http://127.0.0.1:{port}/", *LOOPBACK)
    assert type(error.value) is NotConnected
    assert text(error) == "the connection is refused"


def test_a_name_that_nobody_has_is_a_fault() -> None:
    with pytest.raises(NotSent) as error:
        ask("http://nobody.invalid/")
    assert not isinstance(error.value, NotAllowed)
    assert text(error) == "there is no host of that name"


def test_certificates_are_verified_with_the_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hub.example").configure_cert(context)
    with listening(always(OK), context) as server:
        resolve_to(monkeypatch, ["127.0.0.1"])
        assert ask(f"https://hub.example:{server.port}/", *LOOPBACK).status == 200
        with pytest.raises(NotSent):
            ask(f"https://other.example:{server.port}/", *LOOPBACK)
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(NotSent):
            ask(f"https://hub.example:{server.port}/", *LOOPBACK)
    assert len(server.requests) == 1


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def test_connections_are_kept_or_not() -> None:
    for kept, expected in ((15.0, 1), (0.0, 3)):
        with listening(always(OK)) as server:

            async def thrice(kept: float = kept, url: str = server.url) -> None:
                async with Client(LOOPBACK, kept=kept) as client:
                    for _ in range(3):
                        await client.send(Request(method="GET", url=url))

            run(thrice)
        assert server.connections == expected


def test_so_many_requests_are_under_way_at_once_and_no_more() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def count(connection: socket.socket, _request: bytes) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        connection.sendall(OK)

    with listening(count) as server:

        async def many() -> None:
            async with Client(LOOPBACK, at_once=8, at_once_to_one=4) as client:
                await asyncio.gather(*(client.send(Request(url=server.url)) for _ in range(20)))

        run(many)
    assert most == 4
