"""The exceptions of feedsvc, with one base class, so that a caller can catch them all.

What is wrong with an entry file is not an exception but a `Problem` (see `feedsvc.model`): it
is expected, it is listed, and it stops nothing else.
"""

from dataclasses import dataclass

from feedsvc.i18n import Message


class FeedsvcError(Exception):
    """The base class. Every message says what happened, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings: the key or file where it is, and a message."""

    where: str
    message: Message


class SettingsError(FeedsvcError):
    """The settings cannot be used; `faults` holds all that is wrong with them.

    The exception's text has a line for each. `language` is the one that the settings ask for,
    if that much of them could be read.
    """

    def __init__(self, faults: tuple[Fault, ...], language: str = "en") -> None:
        super().__init__(
            "\n".join(f"{each.where}: {each.message.text(language)}" for each in faults)
        )
        self.faults = faults
        self.language = language


class EntriesUnavailable(FeedsvcError):
    """The entries folder as a whole cannot be read."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


class ReadersUnavailable(FeedsvcError):
    """No process can be started to read entry files."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


class CatalogueUnavailable(FeedsvcError):
    """The catalogue cannot be used now: it is not complete yet, gone, locked or damaged."""


class SearchUnavailable(FeedsvcError):
    """The search index cannot be used now; everything but searching works without it."""


class ImportFailed(FeedsvcError):
    """A source cannot be imported at all."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


class ExportFailed(FeedsvcError):
    """Nothing, or nothing more, can be exported to a target."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message
