"""Collecting: follow the catalogue's log of changes, and queue what differs from what is known.

What is known of each public entry is kept, so that only real differences count: neither a file
that was written again nor a catalogue that was made anew changes anything, and of a page that
moved both addresses are told.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from feedsvc import clock, urls
from feedsvc.feeds import FOR_READERS
from feedsvc.feeds.common import media
from feedsvc.model import Entry
from feedsvc.outbox.receivers import Changed, Receiver
from feedsvc.outbox.store import Known, Reading, Store, Update
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.changes import Changes, EntryEvent, Position
from feedsvc.storage.snapshot import Snapshot

# How many changes are recorded at once.
AT_ONCE = 500


class _Read(NamedTuple):
    """Changes, and where in the log they end."""

    events: list[EntryEvent]
    position: Position


class Collector:
    """Follows the catalogue for all receivers."""

    def __init__(self, catalogue: Catalogue, store: Store, receivers: Iterable[Receiver]) -> None:
        self._catalogue = catalogue
        self._store = store
        self._receivers = tuple(receivers)
        self._reading = store.reading()

    def step(self) -> bool:
        """Record some of what is new; return whether there may be more.

        The first catalogue is only learned: nobody is told what was public before. Raises
        CatalogueUnavailable.
        """
        with self._catalogue.snapshot() as snapshot:
            reading = self._reading
            if reading.catalogue != snapshot.identity:
                self._store.begin_walk(snapshot.identity, snapshot.sequence, clock.now())
                reading = self._reading = self._store.reading()
            if reading.walk_end >= 0:
                return self._walk(snapshot, reading)
            read = _Read(*Changes(snapshot, clock.now()).after(reading.position, AT_ONCE))
            if read.events:
                self._record(read, is_told=True)
            else:
                # Not written: who begins there again finds that nothing has changed.
                self._reading = reading._replace(position=read.position)
            return bool(read.events)

    def _walk(self, snapshot: Snapshot, reading: Reading) -> bool:
        changes = Changes(snapshot, reading.walk_moment)
        events, position = changes.after(reading.position, AT_ONCE)
        # What was written since is read once this is done, at the moment that it is then.
        within = [each for each in events if each.row.sequence <= reading.walk_end]
        if len(within) < len(events) or not events or position.sequence >= reading.walk_end:
            self._record(
                _Read(within, position._replace(sequence=reading.walk_end)),
                is_told=not reading.is_first,
            )
            self._forget_unseen(reading)
            self._store.end_walk()
            self._reading = self._store.reading()
        else:
            self._record(_Read(within, position), is_told=not reading.is_first)
        return True

    def _forget_unseen(self, reading: Reading) -> None:
        while unseen := self._store.unseen(reading.walk, AT_ONCE):
            updates = [Update(entry_id, None) for entry_id, _ in unseen]
            changed = [Changed((known.page,), _lines(known.topics)) for _, known in unseen]
            self._store.record(updates, self._items(changed), clock.now())

    def _record(self, read: _Read, *, is_told: bool) -> None:
        updates, changed = [], []
        for event in read.events:
            before, after = self._store.known(event.row.id), _seen(event)
            if after is not None or before is not None:
                updates.append(Update(event.row.id, after))
            if is_told and before != after:
                found = [each for each in (before, after) if each is not None]
                pages = dict.fromkeys(each.page for each in found)
                topics = dict.fromkeys(line for each in found for line in _lines(each.topics))
                changed.append(Changed(tuple(pages), tuple(topics)))
        self._store.record(updates, self._items(changed), clock.now(), read.position)
        self._reading = self._reading._replace(position=read.position)

    def _items(self, changed: Iterable[Changed]) -> Mapping[str, Iterable[str]]:
        found: dict[str, dict[str, None]] = {each.name: {} for each in self._receivers}
        for change in changed:
            for receiver in self._receivers:
                found[receiver.name].update(dict.fromkeys(receiver.addresses(change)))
        return found


def _seen(event: EntryEvent) -> Known | None:
    """Return what is to be known of an entry; None if it is not public."""
    entry = event.entry if event.is_public else None
    return None if entry is None else Known(entry.page, _digest(entry), "\n".join(_topics(entry)))


def _digest(entry: Entry) -> bytes:
    """Return a digest of what readers see of an entry.

    Not the catalogue's: that is another after an update that gives entries one more field, and
    would have everything told.
    """
    shown = (
        (entry.title, entry.html, entry.summary, entry.published, entry.updated, entry.expires),
        (entry.reason, entry.correction, entry.author, entry.publisher, entry.lang, entry.address),
        [(each.label, each.slug) for each in entry.categories],
        [(each.name, each.length, each.alt, each.caption) for each in media(entry)],
    )
    return blake2b(msgspec.json.encode(shown), digest_size=12).digest()


def _topics(entry: Entry) -> list[str]:
    """Return the paths of the feeds that have an entry beside the main ones."""
    slugs = [each.slug for each in entry.categories]
    found = [urls.feed_path(name, slug) for slug in slugs for name in FOR_READERS]
    if entry.lang:
        found += [urls.language_feed_path(name, entry.lang.lower()) for name in FOR_READERS]
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()
