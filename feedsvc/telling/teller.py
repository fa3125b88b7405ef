"""The teller: follows the catalogue, records what is wrong, and has it told."""

import sqlite3
import time
from collections.abc import Callable

from feedsvc import clock
from feedsvc.errors import CatalogueUnavailable
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message, reason
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.sqlite import is_damage
from feedsvc.telling import letters, problems_file
from feedsvc.telling.recording import AT_ONCE, compare
from feedsvc.telling.rhythm import Timing, after_letter, daily_moment, is_due, may_write
from feedsvc.telling.store import Composed, Part, Store, Untold

_HOUR = 3600 * 1_000_000
# In seconds, before the store is tried again that could not be written.
_AFTER_FAULT = 10.0
_NOTHING = Part((), 0)


class Teller:
    """Records incidents and writes letters; `step` is to be called again and again.

    `is_away` says whether the mail server cannot be reached: no letter is written then, so that
    what happens meanwhile is told in one. `wake` is called when a letter is written.
    """

    def __init__(
        self,
        settings: Settings,
        timing: Timing,
        *,
        is_away: Callable[[], bool],
        wake: Callable[[], None],
    ) -> None:
        """Open the store. Raises sqlite3.Error or OSError."""
        self._settings = settings
        self._timing = timing
        self._is_away = is_away
        self._wake = wake
        self._catalogue = Catalogue(settings.instance)
        self._store = Store(settings.instance)
        self._seen: tuple[int, ...] = ()
        # When the last change was seen, and the first that is not told yet.
        self._changed = time.monotonic()
        self._first = self._changed
        self._look_at = 0.0
        self._fault_log = FaultLog(settings.language)
        self.content = b""

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def step(self) -> None:
        """Do what is due. Raises Replaced, or sqlite3.Error if the store is damaged.

        If the store cannot be written now, that is logged once, and tried again later.
        """
        self._store.require_in_place()
        try:
            self._look()
            if self._settings.mail.host and self._seen and not self._is_away():
                self._write_if_due()
            self._fault_log.clear()
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            self._look_at = time.monotonic() + _AFTER_FAULT
            text = N_("what is wrong cannot be recorded: {fault}")
            self._fault_log.log(Message(text, {"fault": error}))

    def _look(self) -> None:
        """Record what is wrong now, if the catalogue has changed."""
        if time.monotonic() < self._look_at:
            return
        start = time.monotonic()
        try:
            version = self._catalogue.data_version()
            if version == self._seen:
                return
            live = self._store.live()
            # Within it, a fault of the store would be taken for one of the catalogue.
            with self._catalogue.snapshot() as snapshot:
                changes = compare(snapshot, live, clock.now())
        except CatalogueUnavailable:
            return  # there is none yet
        if any(change.is_news for change in changes):
            before = self._store.untold()
            if not before.kept.total and not before.mended.total:
                self._first = start
            self._changed = start
        if changes:
            self._store.record(changes, clock.now())
        if self._settings.problems_folder is not None:
            self.content = problems_file.render(self._store.lasting(), self._settings)
        if len(changes) < AT_ONCE:
            self._seen = version
            # While thousands of files come in, do not spend more than a fifth of a core.
            self._look_at = time.monotonic() + self._timing.rest * (time.monotonic() - start)

    def _write_if_due(self) -> None:
        now = time.monotonic()
        untold = self._store.untold()
        if not is_due(
            self._timing,
            total=untold.kept.total + untold.mended.total,
            since_change=now - self._changed,
            since_first=now - self._first,
        ):
            return
        moment = clock.now()
        rhythm = self._store.rhythm()
        if not rhythm.is_new:
            daily = daily_moment(moment, self._settings.timezone, self._timing.daily_hour)
            if not self._store.remarks_before(daily):
                untold = untold._replace(remarks=_NOTHING)
        if not _is_anything(untold):
            if rhythm.is_new:
                self._store.begin()
        elif may_write(rhythm, moment):
            self._write(untold, moment)

    def _write(self, untold: Untold, now: int) -> None:
        settings = self._settings

        def compose(message_id: str, earlier: tuple[str, ...]) -> Composed:
            return letters.compose(untold, settings, message_id, earlier, now)

        rhythm = after_letter(
            self._store.rhythm(),
            self._timing,
            recent=self._store.letters_since(now - _HOUR),
            last=self._store.last_letter(),
            now=now,
        )
        self._store.write(compose, untold, settings.mail.recipients, rhythm, now)
        self._first = time.monotonic()
        self._wake()


class FileKeeper:
    """Keeps the text file of problems as it should be, and tries again if it cannot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fault_log = FaultLog(settings.language)

    def keep(self, content: bytes) -> bool:
        """Write what the file is to hold; return whether that was possible."""
        folder = self._settings.problems_folder
        if folder is None or not content:
            return True
        try:
            problems_file.write(folder, problems_file.file_name(self._settings.language), content)
        except OSError as error:
            text = N_("{folder}: the text file of problems cannot be written: {reason}")
            self._fault_log.log(Message(text, {"folder": folder, "reason": reason(error)}))
            return False
        self._fault_log.clear()
        return True


def _is_anything(untold: Untold) -> bool:
    return any(part.total for part in untold)
