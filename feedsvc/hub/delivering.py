"""Delivery: each subscriber gets the newest content of its topic, until it has confirmed it.

What is to be delivered follows from the store and the tags of topics alone, so it makes no
difference when the hub was killed, or how often a feed has changed meanwhile: what is sent is
what the feed is now, once.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterable

from feedsvc.fault_log import FaultLog
from feedsvc.hub.limits import Lane
from feedsvc.hub.protocol import headers
from feedsvc.hub.store import Due, Part, Store
from feedsvc.hub.topics import Content, NotNow, Topics
from feedsvc.i18n import N_, Message
from feedsvc.outgoing import Client, NotSent, Request
from feedsvc.settings import Settings

# In seconds, for a whole delivery; in bytes, what is read of an answer, which is ignored.
TIMEOUT = 10.0
_MOST = 4096
# How many deliveries of a courier are under way, to those that took the last one, to those that
# did not, and to one host.
AT_ONCE = 200
AT_ONCE_TO_FAILING = 40
AT_ONCE_TO_ONE = 20
# In seconds: before a delivery is tried again; doubled each time, until the lease ends.
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3600.0
# How long confirmations may wait to be recorded: who gives one in the last of these moments before
# the hub is killed, not ended, is told again.
RECORD_EVERY = 0.05
# In seconds, after one that could not be recorded.
UNRECORDED = 60.0
_GONE = 410


class Deliveries:
    """Delivers what is due; `fill` finds it, `start` begins with it, `finish` ends."""

    def __init__(
        self, store: Store, topics: Topics, client: Client, settings: Settings, part: Part
    ) -> None:
        self._store, self._topics, self._client = store, topics, client
        self._url, self._part = settings.hub.url, part
        self._fault_log = FaultLog(settings.language)
        self._lanes: tuple[Lane[Due], Lane[Due]] = (
            Lane(AT_ONCE, AT_ONCE_TO_ONE),
            Lane(AT_ONCE_TO_FAILING, AT_ONCE_TO_ONE),
        )
        # What waits or is under way.
        self._known: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # What subscribers have confirmed, and is not recorded yet: tags by subscription.
        self._confirmed: dict[int, str] = {}
        self._is_ending = False

    def fill(self, topic: str, now: float) -> None:
        """Find what is due of a topic; `now` is in seconds since the epoch."""
        for due in self._store.due(topic, self._topics.tags[topic], now, self._part):
            if due.id not in self._known:
                self._known.add(due.id)
                self._lanes[due.failures > 0].add(due.host, due)

    def start(self) -> None:
        """Begin what may be begun."""
        for lane in () if self._is_ending else self._lanes:
            while (due := lane.take()) is not None:
                task = asyncio.create_task(self._one(due, lane.done))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Begin no further delivery; wait so long for those under way, and record what is known."""
        self._is_ending = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        self._record()

    async def _one(self, due: Due, done: Callable[[str], None]) -> None:
        try:
            # Meanwhile it may have been renewed, given up, or at its end.
            current = self._store.current(due, time.time())
            if current is not None:
                await self.deliver(current)
            if due.id not in self._confirmed:
                self._known.discard(due.id)
        except sqlite3.Error as error:
            self._unrecorded(error, (due.id,))
        finally:
            done(due.host)
            self.start()

    async def deliver(self, due: Due) -> None:
        """Deliver, and record what became of it."""
        try:
            content = await self._topics.content(due.topic, due.told)
        except NotNow:
            return
        if content is None:
            return
        status = await self._send(due, content)
        if 200 <= status < 300:
            self._confirm(due, content.tag)
        elif status == _GONE:
            # "The hub MAY terminate the subscription if it receives that code."
            self._store.remove(due)
        else:
            # "The hub MUST consider all other subscriber response codes as failures."
            self._store.failed(due, time.time() + _pause(due.failures))

    def _confirm(self, due: Due, tag: str) -> None:
        """Record a confirmation in a moment, with others."""
        if not self._confirmed:
            asyncio.get_running_loop().call_later(RECORD_EVERY, self._record)
        self._confirmed[due.id] = tag

    def _record(self) -> None:
        confirmed, self._confirmed = self._confirmed, {}
        if not confirmed:
            return  # when all ended they were recorded
        try:
            self._store.delivered(confirmed)
        except sqlite3.Error as error:
            self._unrecorded(error, confirmed)
        else:
            self._known.difference_update(confirmed)

    def _unrecorded(self, error: sqlite3.Error, numbers: Iterable[int]) -> None:
        text = N_("what subscribers were told cannot be recorded: {reason}")
        self._fault_log.log(Message(text, {"reason": error}))
        # Or they would be told the same again and again.
        again = self._known.difference_update
        asyncio.get_running_loop().call_later(UNRECORDED, again, tuple(numbers))

    async def _send(self, due: Due, content: Content) -> int:
        """Return the status of the answer; 0 if there was none."""
        fields = headers(self._url, due.topic, content.media_type, due.secret, content.body)
        request = Request(
            url=due.callback, body=content.body, headers=fields, timeout=TIMEOUT, most=_MOST
        )
        try:
            answer = await self._client.send(request)
        except NotSent:
            return 0
        return answer.status


def _pause(failures: int) -> float:
    """Return how long to wait after so many failures in a row, in seconds."""
    pause = min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
