"""The telling process, seen from the writer that starts it: only if it is set up.

Nothing of `feedsvc.telling` is imported here, so that what is not set up loads nothing.
"""

import logging
import pickle
import subprocess
import time
from dataclasses import replace

from feedsvc.i18n import N_, Message, reason
from feedsvc.isolation import environment, python
from feedsvc.settings import Settings

# In seconds: the first and the longest pause before one that ended is started again, and how
# long it must have run for the first to apply again.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
_LONG = 300.0
_log = logging.getLogger("feedsvc")


def is_wanted(settings: Settings) -> bool:
    """Return whether anybody is to be told anything."""
    return bool(settings.mail.host or settings.problems_folder or settings.desk.port)


class TellingSupervisor:
    """Makes sure, from the writer process, that there is a telling process if it is wanted."""

    def __init__(self, settings: Settings) -> None:
        # Old addresses may be many; a pipe holds 64 KB, and the writer must not wait for it.
        self._settings = replace(settings, redirects=(), old_permalinks=())
        self._is_wanted = is_wanted(settings)
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE
        self._start_at = 0.0
        self._is_logged = False

    def ensure(self) -> None:
        """Start it if it is wanted and there is none; it ends when this process does."""
        now = time.monotonic()
        if not self._is_wanted or (self._child is not None and self._child.poll() is None):
            return
        if self._child is not None:
            self._note_end(self._child, now)
        if now < self._start_at:
            return
        try:
            self._child = _start(self._settings)
            self._started = now
        except OSError as error:
            self._start_at = now + LONGEST_PAUSE
            if not self._is_logged:
                text = reason(error).text(self._settings.language)
                _log.error("%s: %s", error.filename or python(), text)
            self._is_logged = True

    def _note_end(self, child: subprocess.Popen[bytes], now: float) -> None:
        assert child.stdin is not None
        child.stdin.close()
        if now - self._started > _LONG:
            self._pause = FIRST_PAUSE
            self._is_logged = False
        self._child = None
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if not self._is_logged:
            text = N_("the process that sends letters ended; another one is started")
            _log.warning("%s", Message(text).text(self._settings.language))
        self._is_logged = True


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [python(), "-c", "from feedsvc.telling.process import run; run()"],
        stdin=subprocess.PIPE,
        # Out of reach of Ctrl-C: it ends by its pipe.
        start_new_session=True,
        env=environment(),
    )
    assert child.stdin is not None
    child.stdin.write(pickle.dumps(settings))
    child.stdin.flush()
    return child
