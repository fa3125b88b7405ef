"""Followers: each tells one receiver of all changes, some time after they were seen.

A receiver has one follower for each time that it is told of the same: at first once this machine
serves the change, later for what a cache got meanwhile from a machine that did not serve it yet.
"""

from collections import deque

from feedsvc import __version__, clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.purging.batch import Batch, of_events, of_everything
from feedsvc.purging.progress import Progress, Told
from feedsvc.purging.receivers import Receiver, Send
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.changes import Changes, Position
from feedsvc.storage.polling import Poll

# With more changes than that at once, a receiver is told that everything has changed.
MOST = 300
# In seconds: how often to see whether time alone has changed something.
LOOK_EVERY = 0.5


class Follower:
    """Follows the log of changes for a receiver; `delay` is in seconds.

    `rendering` is a digest of the settings: with others, every response is another.
    """

    def __init__(
        self,
        receiver: Receiver,
        delay: float,
        catalogue: Catalogue,
        progress: Progress,
        rendering: str,
    ) -> None:
        self._receiver = receiver
        self._delay = delay
        self._catalogue = catalogue
        self._progress = progress
        self._rendering = f"{rendering} {__version__}"
        self._name = follower_name(receiver, delay)
        self._told = progress.get(self._name)
        self._messages: deque[Send] = deque()
        self._next: Told | None = None
        self._poll = Poll(catalogue, LOOK_EVERY)
        # When to call `step` at the latest; whether the last attempt failed.
        self.due = 0.0
        self.has_failed = False

    def step(self, now: float) -> None:
        """See what is new, or tell what is due; `now` is on the monotonic clock.

        Raises NotTold, then the same is tried at the next call; OSError if what was told cannot be
        recorded.
        """
        if self._next is None:
            try:
                batch = self._collect() if self._poll.may_be_new(now) else None
            except CatalogueUnavailable:
                batch = None
            if batch is None:
                self.due = now + LOOK_EVERY
                return
            self._messages.extend(self._receiver.messages(batch))
            self.due = now + self._delay
        if now < self.due:
            return
        self.has_failed = True
        while self._messages:
            self._messages[0]()
            self._messages.popleft()
        self.has_failed = False
        self._told, self._next = self._next, None
        assert self._told is not None
        self._progress.store(self._name, self._told)

    def _collect(self) -> Batch | None:
        """Return what has changed since the receiver was told, None if nothing has."""
        with self._catalogue.snapshot() as snapshot:
            changes = Changes(snapshot, clock.now())
            told = self._told
            end = Told(snapshot.identity, self._rendering, Position(snapshot.sequence, changes.now))
            if told is None or (told.catalogue, told.rendering) != (end.catalogue, end.rendering):
                self._next = end
                return of_everything()
            events, position = changes.after(told.position, MOST)
            if not events:
                self._told = Told(told.catalogue, told.rendering, position)
                return None
            if len(events) == MOST and not self._receiver.is_by_path:
                self._next = end
                return of_everything()
            self._next = Told(told.catalogue, told.rendering, position)
            return of_events(events)


def follower_name(receiver: Receiver, delay: float) -> str:
    """Return the name of a follower in what is remembered."""
    return f"{receiver.identity} {delay:g}"
