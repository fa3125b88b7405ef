"""Recording: brings the incidents of the store up to date with what is wrong now."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from feedsvc.storage.snapshot import Snapshot
from feedsvc.telling import observation
from feedsvc.telling.incidents import Kind, digest
from feedsvc.telling.observation import NO_VERSION, Wrong

# How many incidents that are over are remembered.
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Recording:
    """One comparison, within a transaction; `now` is in microseconds since the epoch."""

    execute: Callable[..., sqlite3.Cursor]
    snapshot: Snapshot
    now: int

    def record(self) -> bool:
        """Record what is wrong; return whether that is not what it was before."""
        found = observation.observe(self.snapshot)
        rows = self.execute(
            "SELECT kind, path, number, current, problems FROM incident"
            " WHERE current <> x'' OR told <> x''"
        )
        live = {(kind, path): tuple(known) for kind, path, *known in rows}
        has_changed = False
        for place, wrong in found.items():
            if self._note(place, wrong, live.get(place)):
                has_changed = True
        over = [place for place, known in live.items() if known[1] and place not in found]
        for kind, path in over:
            self._mend(kind, path, is_kept_back=("kept-back", path) in found)
        if over:
            self.execute(
                "DELETE FROM incident WHERE current = x'' AND told = x'' AND number <="
                " (SELECT max(number) FROM incident) - ?",
                (_REMEMBERED,),
            )
        return has_changed or bool(over)

    def _note(
        self, place: tuple[Kind, str], wrong: Wrong, known: tuple[int, bytes, bytes] | None
    ) -> bool:
        """Record that something is wrong; return whether that is new."""
        problems = msgspec.json.encode(wrong.problems)
        current = digest(wrong.code, wrong.problems)
        if known is not None and known[1:] == (current, problems):
            return False
        kind, path = place
        version = observation.version(self.snapshot, path, self.now) if path else NO_VERSION
        values = (wrong.code, problems, self.now, *version, current)
        if known is None:
            self.execute(
                "INSERT INTO incident (kind, path, since, told, mended, code, problems, changed,"
                " outcome, page, published, current)"
                " VALUES (?, ?, ?, x'', 0, ?, ?, ?, ?, ?, ?, ?)",
                (kind, path, self.now, *values),
            )
        else:
            self.execute(
                "UPDATE incident SET mended = 0, code = ?, problems = ?, changed = ?, outcome = ?,"
                " page = ?, published = ?, current = ? WHERE number = ?",
                (*values, known[0]),
            )
        return known is None or known[1] != current

    def _mend(self, kind: Kind, path: str, *, is_kept_back: bool) -> None:
        """Record that something is wrong no longer."""
        version = observation.outcome(self.snapshot, path, self.now, is_kept_back=is_kept_back)
        self.execute(
            # Nobody waits to hear that there is no remark any more.
            "UPDATE incident SET current = x'', told = iif(kind = 'remarks', x'', told),"
            " mended = ?, changed = ?, outcome = ?, page = ?, published = ?"
            " WHERE kind = ? AND path = ? AND current <> x''",
            (self.now, self.now, *version, kind, path),
        )
