"""One line of an access log: the common and combined formats, and JSON.

The two formats are those of Apache's mod_log_config and of nginx's `log_format combined`; servers
escape quotation marks and control characters in them, so no client can end a field early. JSON is
that of Caddy, of this service, and of nginx set to write the usual names of its variables.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

_QUOTED = rb'[^"\\]*(?:\\.[^"\\]*)*'
_text = re.compile(
    # Some logs begin with the name and port of the virtual host.
    rb"(?:[\w.-]+:\d{1,5} )?([^ \"]{1,100}) [^ \"]+ [^\"]*?"
    rb"\[(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]"
    rb' "([A-Z]+) ([^ "\\]*)' + _QUOTED + rb'" (\d{3}) [^ ]+'
    rb'(?: "' + _QUOTED + rb'" "(' + _QUOTED + rb')")?'
)
# The end of the year 9999, in seconds since the epoch.
_NEVER = 253_402_300_800
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Request(NamedTuple):
    """A request as a log tells it. `moment` takes `when`, which most requests are not asked for.

    `agent` is what the client calls itself: None if the log does not have it at all.
    """

    address: bytes
    when: bytes | str | float
    method: bytes
    path: bytes
    status: int
    agent: bytes | None


def parse(line: bytes) -> Request | None:
    """Return the request that a line is about; None if the line is of no known form."""
    if line.startswith(b"{"):
        return _from_json(line)
    match = _text.match(line)
    if match is None:
        return None
    address, stamp, method, path, status, agent = match.groups()
    return Request(address, stamp, method, path, int(status), agent)


def moment(when: bytes | str | float) -> int | None:
    """Return the seconds since the epoch of what a log has as time; None if it is none."""
    try:
        if isinstance(when, bytes):
            return _minute(when[:17] + when[20:]) + int(when[18:20])
        if isinstance(when, str):
            read = datetime.fromisoformat(when)
            return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
    # Some write milliseconds.
    seconds = when / 1000 if when > 1e11 else when
    return int(seconds) if 0 <= seconds < _NEVER else None


@lru_cache(maxsize=4096)
def _minute(stamp: bytes) -> int:
    """Return the seconds since the epoch of a minute like `29/Nov/2026:21:36 +0300`."""
    text = stamp.decode("ascii")
    month = _MONTHS.index(text[3:6]) + 1
    iso = f"{text[7:11]}-{month:02}-{text[:2]}T{text[12:17]}{text[18:]}"
    return int(datetime.fromisoformat(iso).timestamp())


class _Inner(msgspec.Struct):
    """The object `request` of Caddy's log."""

    client_ip: str = ""
    remote_ip: str = ""
    method: str = ""
    uri: str = ""
    headers: dict[str, list[str]] = {}


class _Line(msgspec.Struct):
    """What a line in JSON may call what is wanted of it."""

    ts: float | str | None = None
    time: float | str | None = None
    timestamp: float | str | None = None
    time_iso8601: str | None = None
    request: _Inner | str | None = None
    address: str = ""
    client_ip: str = ""
    remote_addr: str = ""
    remote_ip: str = ""
    method: str = ""
    request_method: str = ""
    path: str = ""
    target: str = ""
    uri: str = ""
    request_uri: str = ""
    status: int | str = 0
    agent: str | None = None
    user_agent: str | None = None
    http_user_agent: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def _decoded(line: bytes) -> _Line | None:
    try:
        return _decode(line)
    except UnicodeDecodeError:
        # msgspec refuses what is not UTF-8, which clients may send. The second time it is.
        return _decoded(line.decode("utf-8", "replace").encode())
    except (msgspec.DecodeError, RecursionError):
        return None


def _from_json(line: bytes) -> Request | None:
    read = _decoded(line)
    if read is None:
        return None
    when = read.ts or read.time or read.timestamp or read.time_iso8601
    inner = read.request if isinstance(read.request, _Inner) else _Inner()
    if isinstance(read.request, str):
        words = [*read.request.split(" "), "", ""]
        inner = _Inner(method=words[0], uri=words[1])
    address = read.client_ip or inner.client_ip or read.address or read.remote_addr
    address = address or read.remote_ip or inner.remote_ip
    method = read.method or read.request_method or inner.method
    path = read.path or read.target or read.uri or read.request_uri or inner.uri
    try:
        status = int(read.status)
    except ValueError:
        return None
    if not (when and address and method and path and status):
        return None
    # A client that sends none has an empty one, or none in the object.
    agent = read.agent or read.user_agent or read.http_user_agent or _sent_agent(inner)
    return Request(_bytes(address), when, _bytes(method), _bytes(path), status, _bytes(agent))


def _sent_agent(request: _Inner) -> str:
    """Return the header of the client among those that Caddy logs."""
    for name, values in request.headers.items():
        if name.lower() == "user-agent" and values:
            return values[0]
    return ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
