"""Verification: the hub asks subscribers whether they meant it, or tells them that it denies.

It comes after the answer to the request, and is paced: nobody can have the hub flood a third host
with it.
"""

import asyncio
import secrets
import sqlite3
import time
from contextlib import suppress

from feedsvc.fault_log import FaultLog
from feedsvc.hub.limits import Lane, Rate
from feedsvc.hub.protocol import canonical, denial, granted, verification
from feedsvc.hub.store import Pending, Store
from feedsvc.hub.topics import NotNow, Topics
from feedsvc.i18n import N_, Message
from feedsvc.outgoing import Answer, Client, NotAllowed, NotSent, Request
from feedsvc.settings import Settings

# In seconds, and in bytes: for an answer, and of an answer.
TIMEOUT = 8.0
_MOST = 1024
AT_ONCE = 50
AT_ONCE_TO_ONE = 2
# How many requests a second go to one host, and how many of them without a pause.
PER_SECOND = 2
BURST = 10
# In seconds: when to try again a callback that does not answer. Any answer is final.
AGAIN = (10.0, 120.0)
# In seconds, while there is no catalogue.
_NOT_NOW = 5.0
# And after what could not be recorded.
UNRECORDED = 60.0
_NO_TOPIC = "there is no such feed: subscribe to the address that its link rel=self has"
_NOT_HERE = "this hub does not serve that feed any more"


class Verifier:
    """Verifies requests; `step` starts what is due."""

    def __init__(self, store: Store, topics: Topics, client: Client, settings: Settings) -> None:
        self._store, self._topics, self._client = store, topics, client
        self._hub = settings.hub
        self._fault_log = FaultLog(settings.language)
        self._rate = Rate(PER_SECOND, 1.0, BURST)
        self._lane: Lane[Pending] = Lane(AT_ONCE, AT_ONCE_TO_ONE)
        self._known: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def step(self, now: float, tick: float) -> None:
        """Start what is due; `now` is in seconds since the epoch, `tick` on the monotonic clock."""
        for pending in self._store.pending(now):
            host = pending.asked.host
            if pending.id not in self._known and self._rate.take(host, tick):
                self._known.add(pending.id)
                self._lane.add(host, pending)
        while (taken := self._lane.take()) is not None:
            task = asyncio.create_task(self._one(taken))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _one(self, pending: Pending) -> None:
        try:
            await self.verify(pending)
            self._known.discard(pending.id)
        except sqlite3.Error as error:
            text = N_("the hub cannot store what subscribers ask for: {reason}")
            self._fault_log.log(Message(text, {"reason": error}))
            # Or they would be asked the same again and again.
            asyncio.get_running_loop().call_later(UNRECORDED, self._known.discard, pending.id)
        finally:
            self._lane.done(pending.asked.host)

    async def verify(self, pending: Pending) -> None:
        """Verify a request, or deny it."""
        asked, topic = pending.asked, canonical(pending.asked.topic)
        told = ""
        if asked.mode == "subscribe":
            try:
                content = await self._topics.find(topic)
            except NotNow:
                due = time.time() + _NOT_NOW
                self._store.postpone(pending, due, attempts=pending.attempts)
                return
            if content is None:
                # Once: whether it is heard or not.
                self._store.drop(pending)
                await self.deny(asked.callback, asked.topic, _NO_TOPIC)
                return
            told = content.tag
        hub, challenge, asked_at = self._hub, secrets.token_urlsafe(32), time.time()
        lease = granted(asked.lease, least=hub.lease_least, most=hub.lease_most, default=hub.lease)
        answer = await self._ask(pending, verification(asked, challenge, lease))
        if answer is None:
            return
        if not _confirms(answer, challenge):
            # "If verification fails, the subscription state MUST be left unchanged."
            self._store.drop(pending)
        elif asked.mode == "subscribe":
            self._store.subscribe(pending, topic, asked_at + lease, told)
        else:
            self._store.unsubscribe(pending, topic)

    async def deny(self, callback: str, topic: str, why: str = _NOT_HERE) -> None:
        """Tell a subscriber that it is denied, if it can be told."""
        with suppress(NotSent):
            await self._client.send(_get(denial(callback, topic, why)))

    async def _ask(self, pending: Pending, url: str) -> Answer | None:
        """Return the answer of a callback; None if there is none, which is seen to."""
        try:
            return await self._client.send(_get(url))
        except NotAllowed:
            self._store.drop(pending)
        except NotSent:
            if pending.attempts < len(AGAIN):
                due = time.time() + AGAIN[pending.attempts]
                self._store.postpone(pending, due, attempts=pending.attempts + 1)
            else:
                self._store.drop(pending)
        return None


def _get(url: str) -> Request:
    return Request(method="GET", url=url, timeout=TIMEOUT, most=_MOST)


def _confirms(answer: Answer, challenge: str) -> bool:
    is_success = 200 <= answer.status < 300
    return is_success and answer.is_whole and answer.body == challenge.encode()
