"""The intake: what subscribers, and all others who find the address, send to the hub."""

import asyncio
import logging
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from feedsvc.fault_log import FaultLog
from feedsvc.hub.limits import Rate, asker
from feedsvc.hub.protocol import MOST_FORM, Asked, Refused, canonical, is_notice, parse
from feedsvc.hub.store import Store
from feedsvc.hub.topics import Topics
from feedsvc.i18n import N_, Message
from feedsvc.settings import Settings
from feedsvc.web.access_log import Proxies

# How many connections may be open, of one client that is no proxy, and for how many seconds each.
MOST_CONNECTIONS = 200
MOST_OF_ONE = 50
DEADLINE = 20.0
# How many requests may wait for verification, in all and for callbacks at one host.
MOST_WAITING = 5000
MOST_WAITING_FOR_ONE = 100
_MINUTE = 60
_DAY = 86_400
_HEADERS = {"X-Content-Type-Options": "nosniff", "Server": "feedsvc"}
_HELP = (
    "This is a WebSub hub (https://www.w3.org/TR/websub/) for the feeds of {site}.\n"
    "POST hub.mode, hub.topic and hub.callback as a form to subscribe.\n"
)
# What a proxy may say, and nobody else.
_SOMEBODY = "192.0.2.1"
_log = logging.getLogger("feedsvc.hub.http")


class Intake:
    """Answers requests; `wake` is called when one is to be verified."""

    def __init__(
        self, store: Store, topics: Topics, settings: Settings, wake: Callable[[], None]
    ) -> None:
        self._store, self._topics, self._settings = store, topics, settings
        self._wake = wake
        self._proxies = Proxies(settings.log.proxies)
        self._rate = Rate(settings.hub.rate, _MINUTE, settings.hub.rate)
        # Who has a domain has any number of hosts.
        self._new = Rate(settings.hub.per_host, _DAY, settings.hub.per_host)
        self._fault_log = FaultLog(settings.language)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; its connection is closed then."""
        try:
            if request.method in ("GET", "HEAD"):
                response = _text(200, _HELP.format(site=self._settings.site))
            elif request.method == "POST":
                client = self._take_turn(request)
                response = self._posted(request, await _body(request), client)
            else:
                response = _text(405, "The methods of a hub are GET and POST.\n")
                response.headers["Allow"] = "GET, HEAD, POST"
        except Refused as refused:
            response = _text(refused.status, f"{refused.text}\n")
            if refused.status in (429, 503):
                response.headers["Retry-After"] = str(_MINUTE)
        response.force_close()
        return response

    def _posted(self, request: web.BaseRequest, body: bytes, client: str) -> web.Response:
        if is_notice(body):
            return _text(202, "This hub follows its feeds by itself.\n")
        self._accept(parse(request.headers.get("Content-Type", ""), body), client)
        # "Accepted": verified and validated by the hub after the response.
        return _text(202, "The hub will ask the callback whether this was meant.\n")

    def _take_turn(self, request: web.BaseRequest) -> str:
        """Return what stands for the client, unless it asks too often."""
        address = self._proxies.client(request.remote or "", request.headers.get("X-Forwarded-For"))
        client = asker(address)
        if not self._rate.take(client, time.monotonic()):
            raise Refused(429, "too many requests come from your address")
        return client

    def _accept(self, asked: Asked, client: str) -> None:
        """Keep a request to be verified. Raises Refused."""
        topic = canonical(asked.topic)
        if not self._topics.is_ours(topic):
            raise Refused(
                403, f"this hub has no other topics than the feeds of {self._settings.site}"
            )
        try:
            self._require_room(asked, topic, client)
            self._store.ask(asked)
        except sqlite3.Error as error:
            text = N_("the hub cannot store what subscribers ask for: {reason}")
            self._fault_log.log(Message(text, {"reason": error}))
            raise Refused(503, "the request cannot be stored now") from error
        self._fault_log.clear()
        self._wake()

    def _require_room(self, asked: Asked, topic: str, client: str) -> None:
        store, hub = self._store, self._settings.hub
        if store.waiting() >= MOST_WAITING:
            raise Refused(503, "too many requests wait to be verified")
        if store.waiting(asked.host) >= MOST_WAITING_FOR_ONE:
            raise Refused(429, "too many requests for this host wait to be verified")
        if asked.mode == "unsubscribe" or store.is_subscribed(topic, asked.callback):
            return
        if store.subscribed() >= hub.subscriptions:
            raise Refused(503, "this hub has as many subscriptions as it can serve")
        if store.subscribed(asked.host) >= hub.per_host:
            raise Refused(429, "this host has as many subscriptions as one may have here")
        if not self._new.take(client, time.monotonic()):
            raise Refused(429, "too many new subscriptions come from your address today")


async def _body(request: web.BaseRequest) -> bytes:
    read = bytearray()
    async for piece in request.content.iter_any():
        read += piece
        if len(read) > MOST_FORM:
            raise Refused(413, f"the form must be at most {MOST_FORM} bytes long")
    return bytes(read)


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, headers=_HEADERS)


class Connections:
    """Makes the protocol of each connection, and closes those that are too many or too slow."""

    def __init__(self, server: web.Server, proxies: Proxies) -> None:
        self._server, self._proxies = server, proxies
        self._open: Counter[str] = Counter()

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return _Connection(self, self._server)

    def take(self, address: str) -> bool:
        """Return whether there is room for one more, which is taken."""
        self._open[asker(address)] += 1
        is_one_client = self._proxies.client(address, _SOMEBODY) != _SOMEBODY
        most = MOST_OF_ONE if is_one_client else MOST_CONNECTIONS
        return self._open[asker(address)] <= most and self._open.total() <= MOST_CONNECTIONS

    def leave(self, address: str) -> None:
        """Make room again."""
        client = asker(address)
        self._open[client] -= 1
        if not self._open[client]:
            del self._open[client]


class _Connection(web.RequestHandler):
    __slots__ = ("_address", "_connections", "_deadline")

    def __init__(self, connections: Connections, server: web.Server) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # there is none
            logger=_log,
            lingering_time=0,
            # What is compressed may be very long.
            auto_decompress=False,
        )
        self._connections = connections
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self._address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._connections.take(self._address):
            transport.abort()
        loop = asyncio.get_running_loop()
        # However many bytes trickle in: the whole request, and the response.
        self._deadline = loop.call_later(DEADLINE, transport.abort)

    def log_exception(self, *arguments: object, **more: object) -> None:
        """Log what is wrong here, but not what clients do: it has no end."""
        if not isinstance(sys.exception(), ConnectionError):
            super().log_exception(*arguments, **more)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.leave(self._address)
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)
