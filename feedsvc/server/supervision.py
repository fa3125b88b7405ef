"""Supervision of workers: one that ends is replaced, however often that happens.

granian ends the service if a worker dies within seconds of its start, although others answer.
Here the service ends only if no worker has ever begun to serve; later, a worker that ends is
replaced at once, and one that ends again and again is replaced after a pause.
"""

import logging
import mmap
import time
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

from feedsvc.i18n import N_, Message, reason

if TYPE_CHECKING:
    # `granian.Granian` is one of two classes, which no annotation can name.
    from granian.server.common import AbstractServer

# In seconds: a worker that has lived for so long is not one that ends again and again.
STABLE = 10.0
# In seconds, before a worker that has ended a second time is replaced; doubled each time.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
# In seconds: how often the workers are looked at, even if none is reported to have ended.
LOOK_EVERY = 2.0
# In seconds: how long a worker that is to end has before it is killed, and after which it ends by
# itself, whoever still reads.
FINISH = 10
LAST = 8
_log = logging.getLogger("feedsvc")


class Flag:
    """A flag that a process shares with those it forks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Set the flag, for good."""
        self._shared[0] = 1

    def is_set(self) -> bool:
        """Return whether some process has set it."""
        return bool(self._shared[0])


class Failures:
    """How often each worker has ended soon after its start, without a stable one between."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, worker: int, lived: float) -> int:
        """Count that a worker has ended after so many seconds; return how often it has."""
        self._counts[worker] = self._counts.get(worker, 0) + 1 if lived < STABLE else 1
        return self._counts[worker]


def pause(failures: int) -> float:
    """Return how long to wait before a worker that has failed so often is replaced."""
    # The exponent is bounded because a worker may fail any number of times.
    return min(FIRST_PAUSE * 2 ** min(failures - 2, 10), LONGEST_PAUSE) if failures > 1 else 0


class Respawns(dict[int, float]):
    """The times at which granian replaced workers, as its own loop keeps them.

    That loop ends the service if a worker dies soon after such a time. Once a worker has
    served there is none, and a worker that is replaced often is replaced after a pause.
    """

    def __init__(self, has_served: Flag) -> None:
        super().__init__()
        self._has_served = has_served
        self._failures = Failures()
        self._last: dict[int, float] = {}

    def get(self, worker: int, default: Any = None) -> Any:  # noqa: ANN401 - as in a dict
        """Return when a worker was replaced."""
        return -inf if self._has_served.is_set() else super().get(worker, default)

    def __setitem__(self, worker: int, now: float) -> None:
        """Wait if a worker is replaced often, and note that it is replaced."""
        failures = self._failures.add(worker, now - self._last.get(worker, -inf))
        self._last[worker] = now
        super().__setitem__(worker, now)
        time.sleep(pause(failures))


class _Unheeded(list[int]):
    """The numbers of workers that granian reports to have ended, of which it keeps none.

    The supervisor sees by itself which have. A number that is left makes granian exit with a
    status of 1, even if the worker ended while the service was being stopped.
    """

    def append(self, number: int) -> None:
        """Do nothing."""


class Supervisor:
    """Replaces the workers of a server, in place of granian's own loop.

    `respawn` replaces the workers of some numbers, `reload` all of them, as granian does.
    """

    def __init__(
        self,
        server: "AbstractServer[Any]",
        has_served: Flag,
        language: str,
        *,
        respawn: Callable[[list[int]], None],
        reload: Callable[[], None],
    ) -> None:
        self._server = server
        self._has_served = has_served
        self._language = language
        self._respawn = respawn
        self._reload = reload
        self._failures = Failures()
        # When each worker that has ended is to be replaced.
        self._due: dict[int, float] = {}

    def run(self, turn: Callable[[], None] = lambda: None) -> None:
        """Replace workers until a signal ends the service, or none can start.

        `turn` is called each time they are looked at.
        """
        server = self._server
        server.interrupt_children = _Unheeded()
        while True:
            server.main_loop_interrupt.wait(self._until_next())
            server.main_loop_interrupt.clear()
            turn()
            if server.interrupt_signal:
                return
            if server.reload_signal:
                self._due.clear()
                self._reload()
            if not self._note_ended():
                self._log(N_("the workers end before they have served: the service ends"))
                server.interrupt_children.extend(self._due)
                return
            self._replace()

    def _until_next(self) -> float:
        now = time.monotonic()
        return max(0, min([LOOK_EVERY, *(due - now for due in self._due.values())]))

    def _note_ended(self) -> bool:
        """Note which workers have ended; return whether it is of use to replace them."""
        now = time.monotonic()
        for number, worker in enumerate(self._server.wrks):
            if worker.is_alive() or number in self._due:
                continue
            failures = self._failures.add(number, now - worker.birth)
            self._due[number] = now + pause(failures)
            if failures > 1 and not self._has_served.is_set():
                return False
        return True

    def _replace(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            ended = self._server.wrks[number]
            try:
                self._respawn([number])
            except OSError as error:
                # There is no memory, or no process number, for another process now.
                if len(self._server.wrks) < self._server.workers:
                    self._server.wrks.insert(number, ended)
                self._due[number] = now + LONGEST_PAUSE
                self._log(N_("no worker can be started: {reason}"), reason=reason(error))
            else:
                del self._due[number]

    def _log(self, template: str, **values: object) -> None:
        _log.error("%s", Message(template, values).text(self._language))
