"""Subscribers: what the sync loop calls when there may be news."""

from typing import Protocol

from feedsvc.storage.changes import Changes


class Subscriber(Protocol):
    """Acts when entries become public, change or are withdrawn.

    The sync loop calls it after each batch, and every two seconds at least, so that it also hears
    of scheduled entries whose moment has come. It stores its position in the log itself, so
    that a restart repeats and loses nothing, and handles its own failures.
    """

    def advance(self, changes: Changes) -> bool:
        """Do some milliseconds of work; return whether there is more to do.

        Raises sqlite3.Error if the catalogue itself cannot be read.
        """

    def close(self) -> None:
        """Release its resources."""
