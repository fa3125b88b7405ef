"""Subscribers: what follows the news from within the sync loop."""

from typing import Protocol

from feedsvc.storage.changes import Changes


class Subscriber(Protocol):
    """Something that acts when entries become public, change or go.

    The sync loop calls it after each batch, and twice a second, so that it also hears of
    scheduled entries whose moment has come. It keeps its own position in the log, durably,
    and a failure of its own must not reach the loop.
    """

    def advance(self, changes: Changes) -> bool:
        """Do some milliseconds of work; return whether there is more to do.

        Raises sqlite3.Error if the catalogue itself cannot be read.
        """

    def close(self) -> None:
        """Release what it holds."""
