"""The purging process: what the writer process starts if caches in front are to be told.

Each receiver has a thread of its own, since one that hangs must not keep the others waiting. The
process ends with its parent, at any moment: what was not confirmed is told again.
"""

import logging
import sys
import threading
import time
from dataclasses import replace
from hashlib import blake2b

from feedsvc.companions import alone, settings_from_parent
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message, reason
from feedsvc.purging.follower import Follower, follower_name
from feedsvc.purging.progress import Progress
from feedsvc.purging.receivers import NotTold, Receiver, receivers
from feedsvc.retrying import pause
from feedsvc.setting_tables import Desk, IndexNow, Log, Mail, Outgoing, Purge, Replica, Serve
from feedsvc.settings import Settings
from feedsvc.storage.catalogue import Catalogue
from feedsvc.storage.wakeup import POLLS, Sleeper

LOCK = "purging.lock"
# In seconds: until every worker of this machine serves a change that is in the catalogue
# (web.freshness.LATE, and a request that began before).
SETTLE = 0.85
# In seconds, before a receiver is tried again; doubled each time.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
_log = logging.getLogger("feedsvc")


def run() -> None:
    """Tell caches until the writer ends."""
    settings = settings_from_parent()
    try:
        with alone(settings, LOCK):
            _purge(settings)
    except OSError as error:
        _log.error("%s: %s", settings.instance, error)
        sys.exit(1)


def _purge(settings: Settings) -> None:
    told = receivers(settings)
    delays = (SETTLE, *settings.purge.again)
    names = frozenset(follower_name(each, delay) for each in told for delay in delays)
    progress, rendering = Progress(settings.instance, names), _rendering(settings)
    catalogue = Catalogue(settings.instance)
    for receiver in told:
        followers = [Follower(receiver, delay, catalogue, progress, rendering) for delay in delays]
        teller = Teller(receiver, followers, settings.language)
        sleeper = Sleeper(settings.instance)
        threading.Thread(target=_work, args=(teller, sleeper), daemon=True).start()
    threading.Event().wait()


def _work(teller: "Teller", sleeper: Sleeper) -> None:
    while True:
        sleeper.prepare()
        teller.step(time.monotonic())
        # Not as often as something changes: what comes together is told together.
        time.sleep(1 / POLLS)
        sleeper.sleep(teller.wait(time.monotonic()))


class Teller:
    """Has one receiver told, and told again what it could not be told."""

    def __init__(self, receiver: Receiver, followers: list[Follower], language: str) -> None:
        self._receiver = receiver
        self._followers = followers
        self._language = language
        self._fault_log = FaultLog(language)
        self._failures = 0
        self.is_away = False
        self._due = 0.0

    def step(self, now: float) -> None:
        """Tell what is due; `now` is on the monotonic clock."""
        if now < self._due:
            return
        for follower in self._followers:
            try:
                follower.step(now)
            except NotTold as error:
                self._failed(error, now)
                return
            except OSError as error:
                text = N_("what caches were told cannot be recorded: {reason}")
                self._fault_log.log(Message(text, {"reason": reason(error)}))
        if self.is_away and not any(follower.has_failed for follower in self._followers):
            self._recovered()

    def wait(self, now: float) -> float:
        """Return within how many seconds to call `step` though nothing has changed."""
        if now < self._due:
            return self._due - now
        return max(min(follower.due - now for follower in self._followers), 0)

    def _failed(self, error: NotTold, now: float) -> None:
        self.is_away = True
        self._failures += 1
        self._due = now + max(pause(self._failures, FIRST_PAUSE, LONGEST_PAUSE), error.wait)
        text = N_("{receiver} cannot be told what has changed, and may show old news: {fault}")
        values = {"receiver": self._receiver.name, "fault": error.message}
        self._fault_log.log(Message(text, values))

    def _recovered(self) -> None:
        self.is_away = False
        self._failures = 0
        self._fault_log.clear()
        message = Message(N_("{receiver} is told again"), {"receiver": self._receiver.name})
        _log.info("%s", message.text(self._language))


def _rendering(settings: Settings) -> str:
    """Return a digest of the settings that responses may depend on."""
    apart = replace(
        settings,
        serve=Serve(),
        desk=Desk(),
        log=Log(),
        mail=Mail(),
        purge=Purge(),
        outgoing=Outgoing(),
        indexnow=IndexNow(),
        replica=Replica(),
        problems_folder=None,
    )
    return blake2b(repr(apart).encode(), digest_size=8).hexdigest()
