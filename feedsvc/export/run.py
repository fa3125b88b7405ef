"""An export: the whole site, then what changes. The guard on deletions."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from typing import NamedTuple

from feedsvc import clock
from feedsvc.edition import Edition
from feedsvc.errors import CatalogueUnavailable, ExportFailed
from feedsvc.export import addresses, listing
from feedsvc.export.listing import Listed, Place
from feedsvc.export.manifest import Manifest, Record
from feedsvc.export.site import Site
from feedsvc.export.target import OWN, Refused, Target, shortened
from feedsvc.export.writing import Outcome, Writing
from feedsvc.i18n import N_, Message
from feedsvc.model import Entry
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.change_rows import TouchedEntry
from feedsvc.storage.snapshot import Snapshot
from feedsvc.sync.removals import GUARDED

# More changed entries than that are not traced one by one: the whole site is gone through.
MOST_TOUCHED = 500
# So often what changed during an export is exported before it ends.
_MOST_ROUNDS = 20
_OWN = f"/{OWN}"


class _State(NamedTuple):
    """Up to where the catalogue has been exported, and what was public then.

    `gone` are the pages of what was public once; `is_degraded` if the catalogue held removals back.
    """

    identity: str
    sequence: int
    moment: int
    categories: list[tuple[str, str]]
    gone: list[str]
    is_degraded: bool


class Exporter:
    """Exports a site to a target that is locked; keeps what it needs to trace changes."""

    def __init__(self, settings: Settings, target: Target, *, accepts_removals: bool) -> None:
        self._settings = settings
        self._target = target
        self._accepts_removals = accepts_removals
        self._catalogue = Catalogue(settings.instance)
        self._owner = listing.owner(settings)
        self._manifest = Manifest(target, self._owner)
        self._manifest.load()
        self._site = Site(settings)
        self._writing = Writing(self._site, target, self._manifest)
        self._places: dict[str, Place] = {}
        self._held: set[str] = set()
        self._left: set[Listed] = set()
        self._state: _State | None = None

    def whole(self) -> Outcome:
        """Export the whole site, and mend what is not in the target as it was written.

        Raises ExportFailed or CatalogueUnavailable.
        """
        self._state, outcome = None, Outcome()
        with self._edition() as (edition, snapshot):
            state = _state(edition, snapshot)
            listed = listing.everything(edition, state.gone, self._settings)
            self._places = listing.places(edition, snapshot)
        found = self._target.listing()
        claimed = self._claimed()
        self._doubt(found)
        with self._writing.over(found):
            missing = self._writing.write(listed, outcome)
            self._write_own(outcome)
        known = {path for path in self._manifest.records if not path.startswith(_OWN)}
        going = (known - {each.path for each in listed}) | missing
        self._held = set()
        self._delete(going, state, outcome)
        outcome.foreign = self._sweep(found.keys() - claimed - self._claimed(), known)
        return self._finished(outcome, set(listed), state)

    def changes(self) -> Outcome | None:
        """Export what has changed since the last export; None if nothing has.

        Raises ExportFailed or CatalogueUnavailable.
        """
        before = self._state
        if before is None:
            return self.whole()
        with self._edition() as (edition, snapshot):
            state = _state(edition, snapshot)
            moments = sorted((before.moment, state.moment))
            rows = snapshot.touched(before.sequence, *moments)
            is_mended = bool(self._held) and before.is_degraded and not state.is_degraded
            is_other = state.identity != before.identity
            if is_other or is_mended or len(rows) > MOST_TOUCHED:
                return self.whole()
            if not rows:
                self._state = state
                return None
            touched = listing.touched_by(rows, self._places, edition, snapshot, self._owner)
            if state.categories != before.categories:
                # They stand on the page of each month.
                touched.months.update(month for month, _ in edition.months())
            listed, going = self._touched(touched, edition)
            self._move(rows, edition)
        return self._apply(listed, going, state)

    def lists(self) -> Outcome | None:
        """Export what only time changes, as feeds of the last days, and what was left out.

        Raises ExportFailed or CatalogueUnavailable.
        """
        state = self._state
        if state is None:
            return self.whole()
        with self._edition() as (edition, _):
            shared = listing.shared(edition, self._settings)
            listed = {each for each, values in shared if not values}
        outcome = self._apply(listed | self._left, set(), state)
        return outcome if outcome.files or outcome.deleted else None

    def until_quiet(self) -> Outcome:
        """Export the whole site, then what changed meanwhile."""
        outcome = self.whole()
        for _ in range(_MOST_ROUNDS):
            more = self.changes()
            if more is None:
                break
            outcome.add(more)
        return outcome

    def token(self) -> tuple[object, bool]:
        """Return what differs if there may be something new, and whether time has changed that."""
        version = self._catalogue.data_version()
        state = self._state
        if state is None:
            return version, True
        with self._catalogue.snapshot() as snapshot:
            due = snapshot.next_transition(state.moment)
        return version, due is not None and due <= clock.now()

    def _apply(self, listed: set[Listed], going: set[str], state: _State) -> Outcome:
        """Write and delete what has changed up to a state."""
        self._state, outcome = None, Outcome()
        missing = self._writing.write(listed, outcome)
        self._write_own(outcome)
        self._held -= {each.path for each in listed} - missing
        self._delete((going | missing) & self._manifest.records.keys(), state, outcome)
        return self._finished(outcome, listed, state)

    def _finished(self, outcome: Outcome, listed: set[Listed], state: _State) -> Outcome:
        left = {each for each in listed if each.path in outcome.left_out}
        self._left = (self._left - listed) | left
        self._state = state
        outcome.held = len(self._held)
        outcome.documents = sum(not path.startswith(_OWN) for path in self._manifest.records)
        return outcome

    def _touched(self, touched: listing.Touched, edition: Edition) -> tuple[set[Listed], set[str]]:
        """Return the documents that may have changed, and the paths that are to be deleted."""
        listed = {listing.page(path) for path in touched.pages}
        known = {path for path in self._manifest.shared if not path.startswith(_OWN)}
        for entry_id in touched.ids:
            known |= self._manifest.of_entry(entry_id)
            found = edition.find(entry_id)
            if isinstance(found, Entry):
                listed |= set(listing.entry_documents(found))

        def months_of(slug: str) -> list[str]:
            return [month for month, _ in edition.months_for_category(slug)]

        shared = list(listing.shared(edition, self._settings))
        changed = {
            each for each, values in shared if listing.is_touched(values, touched, months_of)
        }
        there = {each.path for each in listed} | {each.path for each, _ in shared}
        return listed | changed, known - there

    def _move(self, rows: Iterable[TouchedEntry], edition: Edition) -> None:
        """Remember where changed entries stand now."""
        for row in rows:
            place = listing.current_place(row, edition)
            if place is None:
                self._places.pop(row.id, None)
            else:
                self._places[row.id] = place

    def _write_own(self, outcome: Outcome) -> None:
        """Write what servers have to know."""
        with self._edition() as (edition, snapshot):
            found = addresses.redirects(edition, snapshot, self._settings)
            gone = snapshot.gone_pages(edition.now)
        own = addresses.documents(found, gone, self._site.not_found())
        for path, (media_type, content) in own.items():
            self._writing.write_own(path, media_type, content, outcome)
        self._manifest.commit()

    def _claimed(self) -> set[str]:
        return {key for each in self._manifest.records.values() for key in each.files}

    def _doubt(self, found: dict[str, str]) -> None:
        """Have written again what is not in the target as it was written."""
        for path, record in list(self._manifest.records.items()):
            if any(found.get(key) != version for key, version in record.files.items()):
                there = {key: found[key] for key in record.files if key in found}
                self._manifest.set(path, Record("", there))

    def _sweep(self, unclaimed: AbstractSet[str], known: set[str]) -> int:
        """Delete files that an exporter left that died; return how many are not ours at all."""
        bases = set()
        for path in known if unclaimed else ():
            with suppress(Refused):
                bases |= {self._target.key(path, "", is_gone=each) for each in (False, True)}
        residue = {key for key in unclaimed if any(each in bases for each in shortened(key))}
        for key in residue:
            self._target.delete(key)
        return len(unclaimed - residue)

    def _delete(self, going: set[str], state: _State, outcome: Outcome) -> None:
        """Delete documents, but hold back what looks like a mishap.

        What belongs to an entry that was withdrawn, or whose end has come, is none.
        """
        withdrawn = {self._owner(page) for page in state.gone} - {None}
        self._held -= {path for path in self._held | going if self._owner(path) in withdrawn}
        doubtful = {path for path in going if self._owner(path) not in withdrawn} - self._held
        count = len(self._manifest.records)
        is_much = count >= GUARDED and len(doubtful) * 3 > count
        if (is_much or state.is_degraded) and not self._accepts_removals:
            self._held |= doubtful
        self._writing.delete(going - self._held, outcome)

    @contextmanager
    def _edition(self) -> Iterator[tuple[Edition, Snapshot]]:
        with self._catalogue.snapshot() as snapshot:
            yield Edition(snapshot, clock.now()), snapshot


def _state(edition: Edition, snapshot: Snapshot) -> _State:
    return _State(
        edition.identity,
        edition.sequence,
        edition.now,
        edition.categories(),
        snapshot.gone_pages(edition.now),
        bool(snapshot.degraded),
    )


def open_target(name: str, settings: Settings) -> Target:
    """Return the target of a name: a folder, or like s3://bucket/folder. Raises ExportFailed."""
    scheme, separator, _ = name.partition("://")
    if not separator:
        from feedsvc.export.folder import Folder  # noqa: PLC0415 - one of the two

        return Folder(name, settings)
    if scheme != "s3":
        text = N_("{target}: only a folder, or s3://bucket/folder, can be exported to")
        raise ExportFailed(Message(text, {"target": name}))
    try:
        from feedsvc.export.bucket import Bucket  # noqa: PLC0415 - needs a library of its own
    except ImportError as error:
        text = N_("this needs more libraries ({name}): pip install 'feedsvc[export]'")
        raise ExportFailed(Message(text, {"name": error.name})) from error
    return Bucket(name)


def export(name: str, settings: Settings, *, accepts_removals: bool) -> Outcome:
    """Export the site once. Raises ExportFailed."""
    target = open_target(name, settings)
    try:
        with target.locked():
            exporter = Exporter(settings, target, accepts_removals=accepts_removals)
            return exporter.until_quiet()
    except CatalogueUnavailable as error:
        raise ExportFailed(Message(N_("the catalogue is not ready yet"))) from error
