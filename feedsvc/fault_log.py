"""Faults that last, in the log: each is told once, until it is over."""

import logging

from feedsvc.i18n import Message

# So many are remembered: what other programs say of a fault may differ each time.
_REMEMBERED = 100
_log = logging.getLogger("feedsvc")


class FaultLog:
    """Logs messages in the site's language, each once, until `clear` is called."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._told: set[str] = set()

    def log(self, message: Message, level: int = logging.ERROR) -> None:
        """Log a message, unless it was logged before."""
        text = message.text(self._language)
        if text in self._told:
            return
        if len(self._told) == _REMEMBERED:
            self._told.clear()
        self._told.add(text)
        _log.log(level, "%s", text)

    def clear(self) -> None:
        """Forget what was logged: all is well again."""
        self._told.clear()
