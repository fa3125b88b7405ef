"""The access log: one line a response, those from memory included.

Each line is one write of less than 4,096 bytes, so that lines of several processes never mix
(pipe(7), PIPE_BUF), and nothing is lost when a process is killed. The file may be renamed or cut
by logrotate at any time.
"""

import errno
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from feedsvc.edition import ValidityPeriod
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message, reason
from feedsvc.setting_tables import Log
from feedsvc.setting_values import STANDARD_OUTPUT
from feedsvc.web.observed import Headers
from feedsvc.web.response_cache import CachedResponse, ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# In characters of a line: what is longer is cut.
_TARGET, _METHOD, _REFERER, _AGENT, _ADDRESS = 1_500, 20, 200, 400, 50
# In seconds: how often it is looked whether the file was renamed.
_LOOK_EVERY = 1.0
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
# What stands in a line as it is; of a path, no sign that would end it or be decoded.
_PATH = re.compile(r"[!$&-;=@-\[\]-~]*")
_QUERY = re.compile(r"[!#-;=?-\[\]-~]*")
_SAFE = "!$&'()*+,/:;=@[]~"
_TEXT = re.compile(r"[ !#-\[\]-~]*")
_NOT_TEXT = re.compile(r"[^ !#-\[\]-~]")
_CUT_ESCAPE = re.compile(r"\\(?:x[0-9a-f]?)?\Z")
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " ")


class Line(NamedTuple):
    """What a line says; texts are as they came, numbers of bytes and seconds may be unknown."""

    moment: float
    address: str
    method: str
    target: str
    protocol: str
    code: int
    size: int | None
    referer: str
    agent: str
    seconds: float | None


class AccessLog:
    """Logs requests."""

    def __init__(self, log: Log, language: str) -> None:
        self._format = _FORMATS[log.access_format]
        self._proxies = Proxies(log.proxies)
        self._file = LineFile(log.access, language)

    def log_replay(self, environ: "WSGIEnvironment", response: CachedResponse) -> None:
        """Log a request that is answered from memory."""
        self._write(environ, response.code, len(response.body), None)

    def log(self, environ: "WSGIEnvironment", code: int, headers: Headers, seconds: float) -> None:
        """Log a request that the application has answered."""
        has_body = environ["REQUEST_METHOD"] != "HEAD" and code != 304
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        size = int(lengths[0]) if lengths else None
        self._write(environ, code, size if has_body else 0, seconds)

    def _write(
        self, environ: "WSGIEnvironment", code: int, size: int | None, seconds: float | None
    ) -> None:
        get = environ.get
        line = Line(
            time.time(),
            self._proxies.client(get("REMOTE_ADDR") or "", get("HTTP_X_FORWARDED_FOR")),
            environ["REQUEST_METHOD"][:_METHOD],
            target(environ["PATH_INFO"][:_TARGET], (get("QUERY_STRING") or "")[:_TARGET]),
            get("SERVER_PROTOCOL") or "HTTP/1.1",
            code,
            size,
            (get("HTTP_REFERER") or "")[:_REFERER],
            (get("HTTP_USER_AGENT") or "")[:_AGENT],
            seconds,
        )
        self._file.write(self._format(line), line.moment)


class LoggedCache(ResponseCache):
    """The response cache, which logs what it answers."""

    def __init__(
        self,
        app: "WSGIApplication",
        validity: Callable[[int], ValidityPeriod],
        log: AccessLog,
    ) -> None:
        super().__init__(app, validity)
        self._log_replay = log.log_replay

    def lookup(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the valid response to an equivalent request, to be sent now, or None."""
        found = super().lookup(environ)
        if found is not None:
            self._log_replay(environ, found)
        return found


class Proxies:
    """The servers in front whose word is taken for where a request comes from."""

    def __init__(self, networks: tuple[str, ...]) -> None:
        self._networks = [ip_network(each) for each in networks]
        self._is_trusted = lru_cache(1024)(self._is_proxy)

    def client(self, remote: str, forwarded: str | None) -> str:
        """Return the address of the client: the last in `X-Forwarded-For` that is no proxy's.

        Only a proxy's word is taken for the address before its own.
        """
        if not self._networks or not forwarded or not self._is_trusted(remote[:_ADDRESS]):
            return remote[:_ADDRESS]
        client = remote
        for each in reversed(forwarded[-_TARGET:].split(",")):
            address = each.strip()[:_ADDRESS]
            if not _is_address(address):
                break
            client = address
            if not self._is_trusted(address):
                break
        return client

    def _is_proxy(self, address: str) -> bool:
        if not address:  # a socket in the file system
            return True
        with suppress(ValueError):
            parsed = ip_address(address)
            mapped = getattr(parsed, "ipv4_mapped", None) or parsed
            return any(mapped in each for each in self._networks)
        return False


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        # With a zone it may contain any characters.
        return "%" not in text and bool(ip_address(text))
    return False


@lru_cache(1024)
def target(path: str, query: str) -> str:
    """Return the target of a request (RFC 9112 section 3.2) in printable ASCII, cut if long."""
    found = path if _PATH.fullmatch(path) else _quoted(path, _SAFE)
    if query:
        found += "?" + (query if _QUERY.fullmatch(query) else _quoted(query, _SAFE + "?%"))
    return found[:_TARGET]


def _quoted(text: str, safe: str) -> str:
    return quote(text.encode("latin-1", "replace"), safe)


@lru_cache(1024)
def _escaped(text: str, most: int) -> str:
    r"""Return a text in printable ASCII; the rest is written \xNN, as nginx does."""
    if _TEXT.fullmatch(text):
        return text
    escaped = _NOT_TEXT.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)
    return _CUT_ESCAPE.sub("", escaped[:most]) if len(escaped) > most else escaped


@lru_cache(2)
def _stamp(second: int) -> str:
    # Not strftime, whose months are in the language of the process.
    found = time.gmtime(second)
    day = f"{found.tm_mday:02}/{_MONTHS[found.tm_mon - 1]}/{found.tm_year}"
    return f"{day}:{found.tm_hour:02}:{found.tm_min:02}:{found.tm_sec:02} +0000"


def _combined(line: Line) -> bytes:
    """Return a line as Apache and nginx write it by the name of "combined"; times are in UTC."""
    size = "-" if line.size is None else line.size
    return (
        f"{line.address or '-'} - - [{_stamp(int(line.moment))}]"
        f' "{_escaped(line.method, _METHOD)} {line.target} {line.protocol}" {line.code} {size}'
        f' "{_escaped(line.referer or "-", _REFERER)}" "{_escaped(line.agent or "-", _AGENT)}"\n'
    ).encode("ascii", "replace")


@lru_cache(1024)
def _decoded(text: str) -> str:
    """Return a text of a header, which servers hand over byte by byte (PEP 3333)."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace").translate(_CONTROLS)


def _json(line: Line) -> bytes:
    second, fraction = divmod(line.moment, 1)
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    row = {
        "time": f"{day}.{int(fraction * 1000):03}Z",
        "address": line.address,
        "method": _decoded(line.method),
        "target": line.target,
        "protocol": line.protocol,
        "status": line.code,
        "bytes": line.size,
        "referer": _decoded(line.referer),
        "user_agent": _decoded(line.agent),
        "seconds": None if line.seconds is None else round(line.seconds, 6),
        "from_memory": line.seconds is None,
    }
    return msgspec.json.encode(row) + b"\n"


_FORMATS: dict[str, Callable[[Line], bytes]] = {"combined": _combined, "json": _json}


class LineFile:
    """A file that lines are appended to, or standard output. Safe to share among threads."""

    def __init__(self, path: Path | str, language: str) -> None:
        self._path = path
        self._is_file = path != STANDARD_OUTPUT
        self._descriptor: int | None = None if self._is_file else 1
        self._looked = 0.0
        self._lock = threading.Lock()
        self._fault_log = FaultLog(language)
        self._is_faulty = False
        self._is_torn = False

    def write(self, line: bytes, now: float) -> None:
        """Append a line; log a failure once. `now` is in seconds, by any one clock."""
        try:
            with self._lock:
                if self._is_file and not 0 <= now - self._looked < _LOOK_EVERY:
                    self._looked = now
                    self._follow()
                if self._descriptor is not None:
                    self._append(self._descriptor, line)
        except OSError as error:
            self._is_faulty = True
            text = N_("the access log {file} cannot be written: {reason}")
            self._fault_log.log(Message(text, {"file": self._path, "reason": reason(error)}))
        else:
            if self._is_faulty and self._descriptor is not None:
                self._is_faulty = False
                self._fault_log.clear()

    def _append(self, descriptor: int, line: bytes) -> None:
        whole = b"\n" + line if self._is_torn else line
        written = os.write(descriptor, whole)
        self._is_torn = written < len(whole)
        if self._is_torn:  # the next line must not continue this one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _follow(self) -> None:
        """Open the file, or the one that stands in its place by now."""
        if self._descriptor is not None:
            with suppress(OSError):
                if os.path.samestat(os.fstat(self._descriptor), os.stat(self._path)):
                    return
            os.close(self._descriptor)
            self._descriptor = None
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        # A pipe that nobody reads must not hold up those who ask.
        self._descriptor = os.open(self._path, flags | os.O_NONBLOCK, 0o640)
