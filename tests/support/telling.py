"""What tests of telling share: settings with mail, the letters that were written, an office."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from feedsvc.setting_tables import Mail
from feedsvc.settings import Settings
from feedsvc.telling.incidents import FILE
from feedsvc.telling.rhythm import Timing
from feedsvc.telling.teller import Teller
from tests.support.newsroom import NOW, SECOND, Newsroom, SetClock

RECIPIENTS = ("press@news.example", "chief@news.example")
# No waiting.
AT_ONCE = Timing(quiet=0, longest=0, poll=0, rest=0)
BAD = "Заголовок\nзавтра\nТекст".encode()
GOOD = "Заголовок\n\n01.06.2026 15:30\n\nТекст".encode()
HOUR = 3600 * SECOND


def with_mail(settings: Settings, port: int = 25) -> Settings:
    """Return settings that have letters sent to two recipients."""
    mail = Mail(
        host="localhost",
        port=port,
        security="none",
        sender="feed@news.example",
        recipients=RECIPIENTS,
    )
    return replace(settings, mail=mail)


def letters(settings: Settings) -> list[EmailMessage]:
    """Return the letters that were written, as a mail program reads them."""
    with closing(sqlite3.connect(settings.instance / FILE)) as connection:
        rows = connection.execute("SELECT data FROM letter ORDER BY number").fetchall()
    messages = [message_from_bytes(data, policy=default) for (data,) in rows]
    assert all(isinstance(message, EmailMessage) for message in messages)
    return messages


def text(message: EmailMessage) -> str:
    """Return the text of a letter."""
    return str(message.get_content()).replace("\r\n", "\n")


class Office:
    """A newsroom and the teller that follows it; time passes only when it is told to."""

    def __init__(
        self, newsroom: Newsroom, set_clock: SetClock, settings: Settings, timing: Timing = AT_ONCE
    ) -> None:
        self.newsroom = newsroom
        self.settings = settings
        self.now = NOW
        self.is_away = False
        self.woken = 0
        self._timing = timing
        self._set_clock = set_clock
        self._gone: list[str] = []
        self.teller = self._begin()

    def _begin(self) -> Teller:
        self._set_clock(self.now)
        return Teller(self.settings, self._timing, is_away=lambda: self.is_away, wake=self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def restart(self) -> None:
        """Have another process go on."""
        self.teller.close()
        self.teller = self._begin()

    def put(self, path: str, data: bytes) -> None:
        """Put a file, and let the teller see it."""
        self.newsroom.publish({path: data}, now=self.now)
        self.step()

    def remove(self, path: str) -> None:
        """Remove a file, and let the teller see it."""
        self.newsroom.apply({}, gone=[path], now=self.now)
        self.step()

    def step(self, later: int = SECOND) -> None:
        """Let time pass, in microseconds, and the teller work."""
        self.now += later
        self._set_clock(self.now)
        self.teller.step()

    def subjects(self) -> list[str]:
        """Return the subjects of all letters."""
        return [str(message["Subject"]) for message in letters(self.settings)]
