"""How caches stand, for other processes: whether each was told of the last change."""

from typing import NamedTuple

from feedsvc.purging.follower import follower_name
from feedsvc.purging.process import SETTLE
from feedsvc.purging.progress import Progress
from feedsvc.purging.receivers import receivers
from feedsvc.settings import Settings
from feedsvc.storage.snapshot import Snapshot


class CacheState(NamedTuple):
    """A receiver of purges, and whether it was told of everything there is."""

    name: str
    is_told: bool


def cache_states(settings: Settings, snapshot: Snapshot) -> list[CacheState]:
    """Return how each receiver of purges stands."""
    names = {follower_name(each, SETTLE): each.name for each in receivers(settings)}
    progress = Progress(settings.instance, frozenset(names))
    found = []
    for identity, name in names.items():
        told = progress.get(identity)
        here = (snapshot.identity, snapshot.sequence)
        is_told = told is not None and (told.catalogue, told.position.sequence) == here
        found.append(CacheState(name, is_told))
    return found
