"""The mailer: delivers letters, in a thread of its own, for as long as it takes.

Each letter is handed over for each recipient by itself, and what became of it is recorded at
once: a recipient who is refused stops no other, and a process that is killed repeats at most the
one letter whose acceptance it could not record, under the same Message-ID.
"""

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass

from feedsvc import clock
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message
from feedsvc.retrying import pause
from feedsvc.settings import Settings
from feedsvc.storage.sqlite import is_damage
from feedsvc.telling.letters import domain
from feedsvc.telling.smtp import (
    Away,
    NotSent,
    Patience,
    Refused,
    RefusedForGood,
    Server,
    Unconfirmed,
    connected,
)
from feedsvc.telling.store import Store, Waiting

# How many letters are handed over in one connection.
_AT_ONCE = 20
_log = logging.getLogger("feedsvc")


@dataclass(frozen=True, slots=True)
class Retries:
    """When what failed is tried again, in seconds: first, at the longest, and for how long.

    What may have arrived already is tried again after up to `doubtful`.
    """

    first: float = 10.0
    longest: float = 300.0
    doubtful: float = 12 * 3600.0
    whole: float = 5 * 86400.0

    def pause(self, failures: int, *, doubts: int = 0) -> float:
        """Return how long to wait after so many failures, up to a fifth more or less."""
        longest = self.doubtful if doubts else self.longest
        return pause(max(failures, doubts), self.first, longest)


class _Failing:
    """Counts failures, and knows when the next attempt is due."""

    def __init__(self) -> None:
        self.failures = 0
        self.due = 0.0

    def failed(self, retries: Retries, *, doubts: int = 0) -> None:
        self.failures += 1
        self.due = time.monotonic() + retries.pause(self.failures, doubts=doubts)


class Mailer:
    """Delivers what waits in the store; `work` is for a thread of its own."""

    def __init__(self, settings: Settings, retries: Retries, patience: Patience) -> None:
        self._settings = settings
        self._retries = retries
        self._patience = patience
        self._wake = threading.Event()
        self._server = _Failing()
        self._each: dict[tuple[int, str], _Failing] = {}
        self._fault_log = FaultLog(settings.language)
        self._ended = False

    @property
    def is_away(self) -> bool:
        """Return whether the mail server could not be used when it was last tried."""
        return self._server.failures > 0

    def wake(self) -> None:
        """Have it look for new letters."""
        self._wake.set()

    def end(self) -> None:
        """Have `work` return."""
        self._ended = True
        self.wake()

    def work(self) -> None:
        """Deliver until `end` is called. Raises sqlite3.Error or OSError if there is no store."""
        store = Store(self._settings.instance)
        try:
            while not self._ended:
                self._wake.clear()
                self._wake.wait(self._delivered(store))
        finally:
            store.close()

    def _delivered(self, store: Store) -> float | None:
        try:
            return self.deliver(store)
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            self._fault_log.log(Message(N_("letters wait: {fault}"), {"fault": error}))
            return self._retries.first

    def deliver(self, store: Store) -> float | None:
        """Try what is due; return after how many seconds there is more to try, None if never."""
        waiting = self._unexpired(store)
        self._each = {each[:2]: self._each.get(each[:2]) or self._known(each) for each in waiting}
        if not waiting:
            return None
        now = time.monotonic()
        due = [each for each in waiting if self._each[each[:2]].due <= now]
        if due and self._server.due <= now:
            self._connect(store, due[:_AT_ONCE])
            return 0.0 if not self.is_away else self._server.due - now
        soonest = min(self._each[each[:2]].due for each in waiting)
        return max(0.0, max(soonest, self._server.due) - now)

    def _known(self, waiting: Waiting) -> _Failing:
        """Return what is known of a letter that an earlier process may have tried."""
        failing = _Failing()
        if waiting.doubts:
            failing.failed(self._retries, doubts=waiting.doubts)
        return failing

    def _connect(self, store: Store, due: list[Waiting]) -> None:
        mail = self._settings.mail
        try:
            with connected(mail, domain(self._settings), self._patience) as server:
                for each in due:
                    self._hand_over(store, server, each)
        except Unconfirmed as error:
            # The connection is lost, but the server is there: what is left is tried at once.
            text = N_("a letter waits: {fault}")
            self._fault_log.log(Message(text, {"fault": error.message}), logging.WARNING)
            self._server = _Failing()
        except Away as error:
            self._server.failed(self._retries)
            store.note_fault(self._text(error.message))
            text = N_("letters wait: {fault}")
            self._fault_log.log(Message(text, {"fault": error.message}))
            return
        if self.is_away:
            self._log(Message(N_("letters are delivered again")), logging.INFO)
            self._fault_log.clear()
        self._server = _Failing()

    def _hand_over(self, store: Store, server: Server, waiting: Waiting) -> None:
        """Hand over one letter for one recipient, and record how that ended."""
        try:
            server.send(waiting.recipient, store.data(waiting.letter))
        except RefusedForGood as error:
            store.note(waiting, "refused", self._text(error.message))
            self._refused(waiting, error)
        except Refused as error:
            store.note(waiting, "waiting", self._text(error.message))
            self._each[waiting[:2]].failed(self._retries)
            self._refused(waiting, error)
        except Unconfirmed as error:
            # Better twice than never, but less and less often.
            store.note(waiting, "waiting", self._text(error.message), doubts=1)
            self._each[waiting[:2]].failed(self._retries, doubts=waiting.doubts + 1)
            raise
        else:
            store.note(waiting, "sent")

    def _unexpired(self, store: Store) -> list[Waiting]:
        """Return what waits; give up what could not be delivered for days."""
        before = clock.now() - round(self._retries.whole * 1_000_000)
        left = []
        for each in store.waiting(self._settings.mail.recipients):
            if each.written >= before:
                left.append(each)
                continue
            text = N_("it could not be delivered for days")
            store.note(each, "expired", self._text(Message(text)))
            message = N_("a letter to {recipient} is given up: it could not be delivered")
            self._log(Message(message, {"recipient": each.recipient}), logging.ERROR)
        return left

    def _refused(self, waiting: Waiting, error: NotSent) -> None:
        text = N_("a letter to {recipient} is not delivered: {fault}")
        values = {"recipient": waiting.recipient, "fault": error.message}
        self._fault_log.log(Message(text, values), logging.WARNING)

    def _log(self, message: Message, level: int) -> None:
        _log.log(level, "%s", self._text(message))

    def _text(self, message: Message) -> str:
        return message.text(self._settings.language)
