"""Sending: tell one receiver what is in its queue, and record what it answers."""

import logging

from feedsvc import clock
from feedsvc.fault_log import FaultLog
from feedsvc.i18n import N_, Message
from feedsvc.outbox.receivers import Outcome, Receiver
from feedsvc.outbox.state import label
from feedsvc.outbox.store import Store
from feedsvc.outgoing import Answer, Client, NotConnected, NotSent
from feedsvc.retrying import LONGEST_WAIT, pause, retry_after

_SECOND = 1_000_000
# In seconds: until all workers of this machine serve a change, and between two requests.
SETTLE = 1.0
APART = 5.0
# In seconds, before a receiver is tried again, and at least if it says that this was too much.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 1800.0
LIMITED_PAUSE = 60.0
_log = logging.getLogger("feedsvc")


class Sender:
    """Tells one receiver."""

    def __init__(self, receiver: Receiver, store: Store, client: Client, language: str) -> None:
        self._receiver = receiver
        self._store = store
        self._client = client
        self._language = language
        self._fault_log = FaultLog(language)
        self._is_away = False

    async def step(self) -> None:
        """Send what is due, in one request."""
        now, name = clock.now(), self._receiver.name
        due = self._store.due(name)
        # A moment that is too far away was written before the clock was set back.
        if due is None or now < due <= now + LONGEST_WAIT * _SECOND:
            return
        taken = self._store.take(
            name,
            self._receiver.at_once,
            before=now - int(SETTLE * _SECOND),
            rest=self._receiver.rest,
            now=now,
        )
        if not taken:
            return
        try:
            answer = await self._client.send(self._receiver.request(taken))
        except NotSent as error:
            self._not_sent(error)
        else:
            self._answered(answer)

    def _answered(self, answer: Answer) -> None:
        outcome, now = self._receiver.outcome(answer), clock.now()
        text = N_("the answer was {status}")
        fault = Message(text, {"status": answer.status})
        if outcome.name in ("accepted", "refused"):
            due = now + int(APART * _SECOND)
            self._store.close_sent(self._receiver.name, outcome.name, due=due, now=now)
            if outcome.name == "refused":
                self._log(N_("{receiver} refuses what it is told, for good: {fault}"), fault)
            else:
                self._recovered()
            return
        asked = retry_after(answer.headers.get("retry-after", ""))
        least = LIMITED_PAUSE if outcome.name == "limited" and not asked else outcome.wait
        due = self._next(max(asked, least))
        fault_text = fault.text(self._language)
        if outcome.name == "unconfirmed":
            self._store.note_doubt(self._receiver.name, outcome.name, fault_text, due=due, now=now)
        else:
            self._store.note_failure(self._receiver.name, outcome.name, fault_text, due=due)
        self._failed(fault, outcome)

    def _not_sent(self, error: NotSent) -> None:
        fault, name = error.message.text(self._language), self._receiver.name
        if isinstance(error, NotConnected):
            self._store.note_failure(name, "unreachable", fault, due=self._next())
        else:
            due, now = self._next(), clock.now()
            self._store.note_doubt(name, "unconfirmed", fault, due=due, now=now)
        self._failed(error.message)

    def _next(self, least: float = 0.0) -> int:
        """Return the moment of the next attempt, at least so many seconds from now."""
        failures = self._store.failures(self._receiver.name) + 1
        seconds = max(pause(failures, FIRST_PAUSE, LONGEST_PAUSE), least)
        return clock.now() + int(seconds * _SECOND)

    def _failed(self, fault: Message, outcome: Outcome | None = None) -> None:
        self._is_away = True
        if outcome is not None and outcome.name == "forbidden":
            text = N_("{receiver} does not take the key; can everybody read its file? ({fault})")
            self._log(text, fault)
        else:
            self._log(N_("{receiver} cannot be told what has changed: {fault}"), fault)

    def _log(self, text: str, fault: Message) -> None:
        values = {"receiver": label(self._receiver.name), "fault": fault}
        self._fault_log.log(Message(text, values))

    def _recovered(self) -> None:
        if self._is_away:
            message = Message(
                N_("{receiver} is told again"), {"receiver": label(self._receiver.name)}
            )
            _log.info("%s", message.text(self._language))
        self._is_away = False
        self._fault_log.clear()
