"""The exceptions of feedsvc: one tree, so that a caller can catch all of it.

What is wrong with an entry file is not an exception but a `Problem`
(see `feedsvc.model`): it is expected, listed, and stops nothing else.
"""

from dataclasses import dataclass

from feedsvc.i18n import Message


class FeedsvcError(Exception):
    """The root. Every message says what happened, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings: the key or file it stands in, and what."""

    where: str
    message: Message


class SettingsError(FeedsvcError):
    """The settings cannot be used; `faults` holds everything found, not the first.

    As text it is a line for each. `language` is the one the settings ask for, if
    they got as far as that.
    """

    def __init__(self, faults: tuple[Fault, ...], language: str = "en") -> None:
        super().__init__(
            "\n".join(f"{each.where}: {each.message.text(language)}" for each in faults)
        )
        self.faults = faults
        self.language = language


class EntriesUnavailable(FeedsvcError):
    """The entries directory, as a whole, cannot be looked at."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text())
        self.message = message


class CatalogueUnavailable(FeedsvcError):
    """The catalogue cannot be read now: not built yet, gone, or damaged."""


class SearchUnavailable(FeedsvcError):
    """The index of words cannot be used now; all that is not a search goes on without it."""
