"""Couriers: processes that follow the feeds and deliver, each to a part of the subscriptions.

The hub starts one for each core, and they end with it. Which part is a courier's is decided by
the lock that it gets, so one that is started anew has the part of the one that ended.
"""

import asyncio
import fcntl
import logging
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from feedsvc.companions import settings_from_parent
from feedsvc.errors import CatalogueUnavailable
from feedsvc.fault_log import FaultLog
from feedsvc.hub import delivering
from feedsvc.hub.delivering import Deliveries
from feedsvc.hub.store import FILE, Part, Store
from feedsvc.hub.topics import NotNow, Topics
from feedsvc.i18n import N_, Message
from feedsvc.outgoing import Client
from feedsvc.settings import Settings
from feedsvc.storage import wakeup

LOCK = "hub-courier-{number}.lock"
# In seconds: how often to see whether there are deliveries that are due again, or topics that were
# not subscribed to before, and whether there is something new that nobody has told of.
FILL_EVERY = 1.0
# How often to see whether a part has no courier.
LOOK_EVERY = 0.1
# How long deliveries have to end that are under way when the courier is to end.
FINISH = 2.0
# For how long a connection is kept: subscribers close theirs after a few seconds.
KEPT = 2.0
# Each takes as much memory as a worker.
MOST = 4
_log = logging.getLogger("feedsvc")


def couriers(settings: Settings) -> int:
    """Return how many couriers there are."""
    return settings.hub.workers or min(os.cpu_count() or 1, MOST)


def run() -> None:
    """Deliver until the hub ends, or asks this process to end."""
    settings = settings_from_parent()
    try:
        with _part(settings) as part:
            store = Store(settings.instance, mends=False)
            asyncio.run(_Courier(settings, store, part).run())
    except (OSError, sqlite3.Error) as error:
        _log.error("%s: %s", settings.instance / FILE, error)
        sys.exit(1)


@contextmanager
def _part(settings: Settings) -> Iterator[Part]:
    """Hold the lock of a part that no other courier has; wait until there is one."""
    total = couriers(settings)
    with ExitStack() as stack:
        locks = [LOCK.format(number=number) for number in range(total)]
        files = [stack.enter_context((settings.instance / each).open("wb")) for each in locks]
        while True:
            for number, file in enumerate(files):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield Part(number, total)
                return
            time.sleep(LOOK_EVERY)


class _Courier:
    def __init__(self, settings: Settings, store: Store, part: Part) -> None:
        self._settings, self._store, self._part = settings, store, part
        self._fault_log = FaultLog(settings.language)

    async def run(self) -> None:
        """Deliver what is new, and what is due again, until the process is told to end."""
        topics, due = Topics(self._settings), 0.0
        stop, wake, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

        def end() -> None:
            stop.set()
            wake.set()

        loop.add_signal_handler(signal.SIGTERM, end)
        ring = partial(loop.call_soon_threadsafe, wake.set)
        wakeup.listen(self._settings.instance, FILL_EVERY, ring)
        most = delivering.AT_ONCE + delivering.AT_ONCE_TO_FAILING
        private = self._settings.outgoing.private
        async with Client(private, at_once=most, at_once_to_one=most, kept=KEPT) as client:
            deliveries = Deliveries(self._store, topics, client, self._settings, self._part)
            while not stop.is_set():
                is_due = time.monotonic() >= due
                due = time.monotonic() + FILL_EVERY if is_due else due
                try:
                    await self._look(topics, deliveries, is_due=is_due)
                except sqlite3.Error as error:
                    text = N_("what subscribers were told cannot be recorded: {reason}")
                    self._fault_log.log(Message(text, {"reason": error}))
                await wake.wait()
                wake.clear()
            await deliveries.finish(FINISH)

    async def _look(self, topics: Topics, deliveries: Deliveries, *, is_due: bool) -> None:
        def deliver(*changed: str) -> None:
            for topic in changed:
                deliveries.fill(topic, time.time())
            deliveries.start()

        try:
            asked_for = self._store.topics() if is_due or topics.may_have_changed() else None
            if asked_for is not None and topics.is_behind(asked_for):
                await topics.look(asked_for, deliver)
            self._fault_log.clear()
        except (CatalogueUnavailable, NotNow):
            self._fault_log.log(Message(N_("the catalogue is not ready yet")), logging.INFO)
        if is_due:
            deliver(*topics.tags)
