"""The process of the hub: it answers and verifies; processes of its own deliver (`courier`)."""

import asyncio
import fcntl
import logging
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from feedsvc.companions import Companion
from feedsvc.errors import FeedsvcError
from feedsvc.fault_log import FaultLog
from feedsvc.hub import courier
from feedsvc.hub.courier import couriers
from feedsvc.hub.intake import Connections, Intake
from feedsvc.hub.store import FILE, NotUsable, Store
from feedsvc.hub.topics import Topics
from feedsvc.hub.verifying import Verifier
from feedsvc.i18n import N_, Message, reason
from feedsvc.outgoing import Client
from feedsvc.settings import Settings
from feedsvc.web.access_log import Proxies

LOCK = "hub.lock"
# In seconds: how often to see whether verifications are due, whether the couriers run, and whether
# leases have ended.
VERIFY_EVERY = 0.5
ENSURE_EVERY = 0.5
EXPIRE_EVERY = 30.0
# In seconds: how long the couriers have to end.
PATIENCE = courier.FINISH + 1.0
_log = logging.getLogger("feedsvc")


class HubFailed(FeedsvcError):
    """The hub cannot begin."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


def run(settings: Settings) -> None:
    """Be the hub until the process is ended. Raises HubFailed."""
    try:
        with _alone(settings):
            store = Store(settings.instance)
            try:
                asyncio.run(_Hub(settings, store).run())
            finally:
                store.close()
    except NotUsable as error:
        text = N_("{file} was written by a newer version of feedsvc: install that one")
        raise HubFailed(Message(text, {"file": error})) from error
    except (OSError, sqlite3.Error) as error:
        text = N_("{file} cannot be used: {reason}")
        why = reason(error) if isinstance(error, OSError) else error
        values = {"file": settings.instance / FILE, "reason": why}
        raise HubFailed(Message(text, values)) from error


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    settings.instance.mkdir(parents=True, exist_ok=True)
    with (settings.instance / LOCK).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            text = N_("another hub runs in {folder}")
            raise HubFailed(Message(text, {"folder": settings.instance})) from error
        yield


class _Hub:
    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._fault_log = FaultLog(settings.language)
        self._couriers = [Companion(courier.__name__, settings) for _ in range(couriers(settings))]

    async def run(self) -> None:
        """Serve until the process is told to end."""
        topics, stop, wake = Topics(self._settings), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            async with Client(self._settings.outgoing.private, kept=0) as client:
                verifier = Verifier(self._store, topics, client, self._settings)
                intake = Intake(self._store, topics, self._settings, wake.set)
                listening = await self._listen(intake)
                self._say()
                await self._deny_foreign(verifier)
                loops = (self._verify(verifier, wake), self._keep(), stop.wait())
                tasks = [asyncio.create_task(each) for each in loops]
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                listening.close()
                for task in tasks:
                    task.cancel()
                for task in done:
                    task.result()
        finally:
            topics.close()
            for each in self._couriers:
                each.ask_to_end()
            for each in self._couriers:
                each.close(PATIENCE)

    async def _listen(self, intake: Intake) -> asyncio.Server:
        hub = self._settings.hub
        server = web.Server(intake.handle)
        try:
            return await asyncio.get_running_loop().create_server(
                Connections(server, Proxies(self._settings.log.proxies)), hub.host, hub.port
            )
        except OSError as error:
            text = N_(
                "the hub cannot listen on {host}, port {port}: {reason}; see hub.host and hub.port"
            )
            values = {"host": hub.host, "port": hub.port, "reason": reason(error)}
            raise HubFailed(Message(text, values)) from error

    def _say(self) -> None:
        hub, language = self._settings.hub, self._settings.language
        if self._store.set_aside is not None:
            text = N_("the subscriptions were damaged, and are set aside in {file}: all are lost")
            _log.error("%s", Message(text, {"file": self._store.set_aside}).text(language))
        text = N_("the hub {url} listens on {host}, port {port}; {count} subscriptions")
        count = self._store.counts().subscriptions
        values = {"url": hub.url, "host": hub.host, "port": hub.port, "count": count}
        _log.info("%s", Message(text, values).text(language))

    async def _deny_foreign(self, verifier: Verifier) -> None:
        """End subscriptions to feeds of an address that the site had before."""
        for topic, callback in self._store.foreign(self._settings.site):
            await verifier.deny(callback, topic)

    async def _verify(self, verifier: Verifier, wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            verifier.step(time.time(), time.monotonic())
            with suppress(TimeoutError):
                async with asyncio.timeout(VERIFY_EVERY):
                    await wake.wait()

    async def _keep(self) -> None:
        """Keep the couriers running, and forget subscriptions whose leases have ended."""
        expire_at = 0.0
        while True:
            for each in self._couriers:
                each.ensure()
            if time.monotonic() >= expire_at:
                self._expire()
                expire_at = time.monotonic() + EXPIRE_EVERY
            await asyncio.sleep(ENSURE_EVERY)

    def _expire(self) -> None:
        try:
            self._store.expire(time.time())
            self._fault_log.clear()
        except sqlite3.Error as error:
            text = N_("the hub cannot store what subscribers ask for: {reason}")
            self._fault_log.log(Message(text, {"reason": error}))
