"""The work of the outbox process: collect what has changed, and tell all receivers at once.

One thread does everything; it waits for answers together.
"""

import asyncio
import time
from contextlib import suppress

from feedsvc import clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.outbox.collecting import Collector
from feedsvc.outbox.receivers import receivers
from feedsvc.outbox.sending import Sender
from feedsvc.outbox.store import Store
from feedsvc.outgoing import Client
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.polling import Poll

# In seconds: how often to look whether the catalogue has changed and what is due, and how often
# for what time alone has changed.
POLL = 0.2
LOOK_EVERY = 1.0


async def tell(settings: Settings) -> None:
    """Tell until this is cancelled. Raises sqlite3.Error or OSError."""
    told, store = receivers(settings), Store(settings.instance)
    store.begin({each.name: each.secret for each in told}, clock.now())
    catalogue = Catalogue(settings.instance)
    async with Client(settings.outgoing.private, kept=0.0) as client:
        senders = [Sender(each, store, client, settings.language) for each in told]
        await asyncio.gather(
            _collect(Collector(catalogue, store, told), catalogue), *map(_send, senders)
        )


async def _send(sender: Sender) -> None:
    while True:
        await sender.step()
        await asyncio.sleep(POLL)


async def _collect(collector: Collector, catalogue: Catalogue) -> None:
    poll = Poll(catalogue, LOOK_EVERY)
    while True:
        with suppress(CatalogueUnavailable):
            if poll.may_be_new(time.monotonic()):
                while collector.step():  # noqa: ASYNC110 - no waiting, but a chance for senders
                    await asyncio.sleep(0)
        await asyncio.sleep(POLL)
