"""The work of the outbox process: collect what has changed, and tell all receivers at once.

One thread does everything; it waits for answers together.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from feedsvc import clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.outbox import sending
from feedsvc.outbox.collecting import Collector
from feedsvc.outbox.receivers import receivers
from feedsvc.outbox.sending import Sender
from feedsvc.outbox.store import Store
from feedsvc.outgoing import Client
from feedsvc.settings import Settings
from feedsvc.storage import wakeup
from feedsvc.storage.catalogue import Catalogue

# In seconds: how often to look for what time alone has changed, and for what is due.
LOOK_EVERY = 1.0


async def tell(settings: Settings) -> None:
    """Tell until this is cancelled. Raises sqlite3.Error or OSError."""
    told, store = receivers(settings), Store(settings.instance)
    store.begin({each.name: each.secret for each in told}, clock.now())
    catalogue = Catalogue(settings.instance)
    async with Client(settings.outgoing.private, kept=0.0) as client:
        senders = [Sender(each, store, client, settings.language) for each in told]
        queued = [asyncio.Event() for _ in senders]
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        wakeup.listen(
            settings.instance, LOOK_EVERY, partial(loop.call_soon_threadsafe, changed.set)
        )
        await asyncio.gather(
            _collect(Collector(catalogue, store, told), changed, queued),
            *map(_send, senders, queued),
        )


async def _send(sender: Sender, queued: asyncio.Event) -> None:
    while True:
        await sender.step()
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await queued.wait()
        except TimeoutError:
            continue
        queued.clear()
        # What has just been queued is told once all workers serve it.
        await asyncio.sleep(sending.SETTLE)


async def _collect(
    collector: Collector, changed: asyncio.Event, queued: Iterable[asyncio.Event]
) -> None:
    while True:
        await changed.wait()
        changed.clear()
        with suppress(CatalogueUnavailable):
            while collector.step():
                for each in queued:
                    each.set()
                await asyncio.sleep(0)  # a chance for senders
