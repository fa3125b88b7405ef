"""Outgoing requests: HTTP to hosts that somebody else may have named.

They go to public hosts only, follow no redirect, and are bounded in time and size. Every
connection is made to an address that was checked: a name is resolved once, all its addresses are
looked at, and the socket is opened for no other.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from feedsvc import __version__
from feedsvc.i18n import N_, Message, reason
from feedsvc.public_hosts import AllowedHosts

# In seconds, for a whole request: the name, the connection, TLS, and all of the answer.
TIMEOUT = 15.0
# How much of that may pass before there is a connection.
_CONNECTING = 0.6
# In bytes: how much of an answer is read; nobody needs the rest.
MOST = 64 * 1024
# How many requests may be under way, and how many of them to one host and port.
AT_ONCE = 100
AT_ONCE_TO_ONE = 10
# In seconds: for how long a connection is kept for the next request, and what a name stands for.
KEPT = 15.0
_NAMES_KEPT = 60
# getaddrinfo waits, so names are resolved in threads.
_RESOLVING = 16
_LONGEST_URL = 2048
# No user, no space, nothing that would end a line; which host it is, is looked at when it is known.
_ADDRESS = re.compile(r"https?://[^/?#@\\\s]+(?:[/?][!-~]*)?", re.ASCII)
_NO_ADDRESS = N_("this is no address that a request can be sent to")
_USER_AGENT = f"feedsvc/{__version__}"


class NotSent(Exception):
    """A request got no answer; the message says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


class NotConnected(NotSent):
    """There was no connection: nothing of the request has reached anybody."""


class NotAllowed(NotConnected):
    """A request is not made at all: its address is none, or not that of a public host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; `timeout` is in seconds, for all of it, and `most` how many bytes are read."""

    method: str = "POST"
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT
    most: int = MOST


class Answer(NamedTuple):
    """What was answered: names of headers in lower case, the first bytes, whether that is all."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


class NotPublic(OSError):
    """A host is not public, and not allowed by the settings."""


class Client:
    """Makes requests, many at once; to be used as a context, in one event loop.

    `allowed` are names, addresses and networks that need not be public (`outgoing.private`).
    With `kept` 0, each request has a connection of its own.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        at_once: int = AT_ONCE,
        at_once_to_one: int = AT_ONCE_TO_ONE,
        kept: float = KEPT,
    ) -> None:
        self._allowed = AllowedHosts(allowed)
        self._at_once, self._at_once_to_one, self._kept = at_once, at_once_to_one, kept
        self._resolver: _Resolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the client."""
        self._resolver = _Resolver(self._allowed)
        connector = aiohttp.TCPConnector(
            limit=self._at_once,
            limit_per_host=self._at_once_to_one,
            resolver=self._resolver,
            ttl_dns_cache=_NAMES_KEPT,
            ssl=ssl.create_default_context(),
            socket_factory=self._resolver.socket,
            **{"keepalive_timeout": self._kept} if self._kept else {"force_close": True},
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        assert self._session is not None
        assert self._resolver is not None
        await self._session.close()
        await self._resolver.close()

    async def send(self, request: Request) -> Answer:
        """Return the answer to a request, whatever its status is.

        Of an answer that is longer than asked for, the rest is left unread. Raises NotSent.
        """
        if len(request.url) > _LONGEST_URL or not _ADDRESS.fullmatch(request.url):
            raise NotAllowed(Message(_NO_ADDRESS))
        try:
            async with asyncio.timeout(request.timeout):
                return await self._send(request)
        except aiohttp.ConnectionTimeoutError as error:
            raise NotConnected(Message(N_("the host does not answer"))) from error
        except TimeoutError as error:
            text = N_("no answer within {seconds} seconds")
            raise NotSent(Message(text, {"seconds": f"{request.timeout:g}"})) from error
        except ValueError as error:
            raise NotAllowed(Message(_NO_ADDRESS)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _not_sent(error) from error

    async def _send(self, request: Request) -> Answer:
        assert self._session is not None
        async with self._session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECTING * request.timeout),
        ) as response:
            read = bytearray()
            async for piece in response.content.iter_any():
                read += piece
                if len(read) > request.most:
                    # What has not been read must not be waited for, nor the connection kept.
                    response.close()
                    break
            # Of a header that is there twice, the first: a mapping has room for one.
            headers = {name.lower(): value for name, value in reversed([*response.headers.items()])}
            is_whole = len(read) <= request.most
            return Answer(response.status, headers, bytes(read[: request.most]), is_whole)


class _Resolver(AbstractResolver):
    """Resolves names, and opens sockets, for addresses that requests may go to."""

    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed
        # What the names that the settings allow stand for.
        self._named: set[str] = set()
        self._threads = ThreadPoolExecutor(_RESOLVING, "resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name; one that is not allowed spoils them all."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, _addresses, host, port, family
        )
        if self._allowed.has_name(host):
            self._named.update(each["host"] for each in found)
        elif not all(self._allowed.has(each["host"]) for each in found):
            raise NotPublic(host)
        return found

    def socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Open a socket for an address, the last gate: here also addresses without a name pass."""
        family, kind, protocol, _, where = info
        address = str(where[0])
        if not self._allowed.has(address) and address not in self._named:
            raise NotPublic(address)
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """End the threads; those that wait for an answer end later."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    return [
        {
            "hostname": host,
            "host": str(where[0]),
            "port": port,
            "family": each,
            "proto": protocol,
            "flags": socket.AI_NUMERICHOST,
        }
        for each, _, protocol, _, where in found
    ]


def _not_sent(error: Exception) -> NotSent:
    """Return what an exception of the library means."""
    cause: BaseException = error
    kind = NotSent
    if isinstance(error, aiohttp.ClientConnectorError):
        cause, kind = error.os_error, NotConnected
    if isinstance(cause, NotPublic):
        text = N_("{host} is no public host; outgoing.private can allow it")
        return NotAllowed(Message(text, {"host": str(cause)}))
    if isinstance(cause, socket.gaierror):
        return kind(Message(N_("there is no host of that name")))
    if isinstance(cause, OSError) and cause.errno:
        return kind(reason(cause))
    fault = " ".join(str(cause).split())[:200] or type(cause).__name__
    return kind(Message("{fault}", {"fault": fault}))
