"""Polling: when to look for changes in the catalogue, for those who follow its log."""

from feedsvc.storage.catalogue import Catalogue


class Poll:
    """Says when there may be something new: the catalogue has changed, or time may have."""

    def __init__(self, catalogue: Catalogue, every: float) -> None:
        """Take how many seconds may pass before what time alone changes is seen."""
        self._catalogue = catalogue
        self._every = every
        self._version: tuple[int, ...] = ()
        self._look_at = 0.0

    def may_be_new(self, now: float) -> bool:
        """Return whether to look; `now` is on a monotonic clock. Costs no query.

        Raises CatalogueUnavailable.
        """
        version = self._catalogue.data_version()
        if version == self._version and now < self._look_at:
            return False
        self._version, self._look_at = version, now + self._every
        return True
