import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import create_environ

from feedsvc.audience.access import Request, moment, parse
from feedsvc.setting_tables import Log
from feedsvc.web.access_log import AccessLog

AT = int(datetime(2026, 11, 29, 18, 36, tzinfo=UTC).timestamp())
STAMP = "29/Nov/2026:21:36:00 +0300"
FEED = "/feeds/atom.xml"
EXPECTED = Request(b"192.0.2.7", b"", b"GET", FEED.encode(), 200, b"Newsboat/2.13")
TEXTS = {
    "nginx, combined": f'192.0.2.7 - - [{STAMP}] "GET {FEED} HTTP/2.0" 200 512 "-" "Newsboat/2.13"',
    "nginx, more fields": (
        f'192.0.2.7 - - [{STAMP}] "GET {FEED} HTTP/2.0" 200 512 "-" "Newsboat/2.13" "-" rt=0.001'
    ),
    "Apache, a user with a space": (
        f'192.0.2.7 - Ivan Petrov [{STAMP}] "GET {FEED} HTTP/1.1" 200 - "-" "Newsboat/2.13"'
    ),
    "Apache, with the host": (
        f'news.example:443 192.0.2.7 - - [{STAMP}] "GET {FEED} HTTP/1.1" 200 5 "-" "Newsboat/2.13"'
    ),
    "Apache, a referer with marks": (
        f'192.0.2.7 - - [{STAMP}] "GET {FEED} HTTP/1.1" 200 5 "a \\" b" "Newsboat/2.13"'
    ),
}
CADDY: dict[str, object] = {
    "level": "info",
    "ts": AT + 0.52,
    "logger": "http.log.access.log0",
    "msg": "handled request",
    "request": {
        "remote_ip": "198.51.100.1",
        "remote_port": "41342",
        "client_ip": "192.0.2.7",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "news.example",
        "uri": FEED,
        "headers": {"Accept": ["*/*"], "User-Agent": ["Newsboat/2.13"]},
        "tls": {"resumed": False, "version": 772},
    },
    "bytes_read": 0,
    "user_id": "",
    "duration": 0.000929675,
    "size": 10900,
    "status": 200,
    "resp_headers": {"Server": ["Caddy"]},
}
OBJECTS: dict[str, dict[str, object]] = {
    "Caddy": CADDY,
    "Caddy, times in words": CADDY | {"ts": "2026-11-29T21:36:00.123+03:00"},
    "this service": {
        "time": "2026-11-29T18:36:00.123Z",
        "address": "192.0.2.7",
        "method": "GET",
        "target": FEED,
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 123,
        "referer": "",
        "user_agent": "Newsboat/2.13",
        "seconds": None,
        "from_memory": True,
    },
    "nginx, escape=json": {
        "time_iso8601": "2026-11-29T18:36:00+00:00",
        "remote_addr": "192.0.2.7",
        "request": f"GET {FEED} HTTP/1.1",
        "status": "200",
        "http_user_agent": "Newsboat/2.13",
    },
    "milliseconds": {
        "timestamp": AT * 1000,
        "remote_ip": "192.0.2.7",
        "request_method": "GET",
        "request_uri": FEED,
        "status": 200,
        "user_agent": "Newsboat/2.13",
    },
}


def told(line: bytes) -> tuple[Request, int | None] | None:
    """Return what a line tells, and when that was."""
    found = parse(line)
    return found and (found._replace(when=b""), moment(found.when))


@pytest.mark.parametrize("kind", TEXTS)
def test_text_formats_are_read(kind: str) -> None:
    assert told(TEXTS[kind].encode()) == (EXPECTED, AT)


@pytest.mark.parametrize("kind", OBJECTS)
def test_json_is_read(kind: str) -> None:
    assert told(json.dumps(OBJECTS[kind]).encode()) == (EXPECTED, AT)


def test_a_format_without_agents_is_read() -> None:
    line = f'2001:db8::1 - - [{STAMP}] "GET {FEED} HTTP/1.1" 304 -'
    assert parse(line.encode()) == Request(
        b"2001:db8::1", STAMP.encode(), b"GET", FEED.encode(), 304, None
    )


def test_json_without_an_agent_is_that_of_a_client_that_sent_none() -> None:
    found = parse(json.dumps(OBJECTS["this service"] | {"user_agent": None}).encode())
    assert found is not None
    assert found.agent == b""


def test_bytes_that_are_not_utf_8_are_read() -> None:
    assert parse(TEXTS["nginx, combined"].encode()[:-1] + b'\xff\xc0"') is not None
    assert parse(json.dumps(CADDY).encode().replace(b"2.13", b"\xff\xc0")) is not None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b'{"status": []}',
        b'{"request": {"headers": 5}}',
        json.dumps(CADDY | {"status": "none"}).encode(),
        json.dumps(CADDY).encode()[:-200],
        b"{" * 50_000,
        b'{"a":' * 10_000,
        b"\x00" * 60_000,
        TEXTS["nginx, combined"].encode()[:60],
        b'192.0.2.7 - - [29/Nov/2026:21:36:00 +0300] "" 400 0 "-" "-"',
        b"192.0.2.7 - - " + b"[29/Nov/2026:21:36:00 +0300]" * 2000,
        b"192.0.2.7 - - " + b"[" * 60_000,
        b'192.0.2.7 - - [29/Nov/2026:21:36:00 +0300] "GET / ' + b"\\" * 60_000,
    ],
)
def test_what_is_torn_or_unknown_is_not_understood(line: bytes) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    "when",
    [
        *("", "yesterday", "0000-00-00T00:00:00Z", 1e300, 1e15, -1e300),
        *(b"29/Foo/2026:21:36:00 +0300", b"99/Nov/2026:21:36:00 +0300", b"", b"\xff" * 26),
        b"29/Nov/2026:21:36:00 +9999",
    ],
)
def test_what_is_no_time_is_none(when: bytes | str | float) -> None:
    assert moment(when) is None


@pytest.mark.parametrize("quote", [b'\\"', b"\\x22"])
def test_no_client_can_write_fields_of_its_own(quote: bytes) -> None:
    """Apache and nginx escape the quotation marks that it sends."""
    forged = b' HTTP/1.1" 200 5 "-" "Feedly/1.0 (900 subscribers)'.replace(b'"', quote)
    line = (
        b'192.0.2.7 - - [29/Nov/2026:21:36:00 +0300] "GET /feeds/atom.xml%s HTTP/1.1" 404 9 "-" "x"'
    )
    found = parse(line % forged)
    assert found is not None
    assert (found.status, found.agent) == (404, b"x")
    user = b'x [01/Jan/2020:00:00:00 +0000] "GET /feeds/rss.xml HTTP/1.1" 200 5'.replace(
        b'"', quote
    )
    line = b'192.0.2.7 - %s [29/Nov/2026:21:36:00 +0300] "GET / HTTP/1.1" 401 9 "-" "x"'
    found = parse(line % user)
    assert found is None or (found.status, found.path) == (401, b"/")


@pytest.mark.parametrize("form", ["combined", "json"])
@pytest.mark.parametrize("agent", ["Newsboat/2.13", 'A "b" \\ c; 35 subscribers', ""])
def test_the_log_of_this_service_is_understood(tmp_path: Path, form: str, agent: str) -> None:
    path = tmp_path / "access.log"
    environ = create_environ(FEED, "https://news.example", headers={"User-Agent": agent})
    environ["REMOTE_ADDR"] = "192.0.2.7"
    before = int(datetime.now(UTC).timestamp())
    AccessLog(Log(access=path, access_format=form), "en").log(environ, 226, [], 0.1)
    found = parse(path.read_bytes().rstrip(b"\n"))
    assert found is not None
    assert (found.address, found.path, found.status) == (b"192.0.2.7", FEED.encode(), 226)
    assert (found.agent or b"").startswith(agent[:2].encode())
    when = moment(found.when)
    assert when is not None
    assert before <= when <= datetime.now(UTC).timestamp()
